#include "client/cli/app.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/structured_text.hpp"
#include "client/cli/text.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"

namespace autocusto::cli {

result<std::unique_ptr<replica::replica_store>> app::open() const {
  if (!replica::replica_store::exists(home)) {
    return autocusto::fail(errc::not_enrolled,
                           "This laptop is not enrolled yet; run `autocusto enroll LINK` with the "
                           "link from your administrator.");
  }
  passphrase_source source;
  source.file = passphrase_file;
  source.prompt = tr("Passphrase: ");
  auto passphrase = read_passphrase(source);
  if (!passphrase) return passphrase.error();
  return open_with(passphrase->view());
}

result<std::unique_ptr<replica::replica_store>> app::open_with(std::string_view passphrase) const {
  const replica::environment env{system_clock_source(), crypto::system_random()};
  return replica::replica_store::open(home, passphrase, env);
}

result<std::unique_ptr<replica::replica_store>> app::open_enrolled() const {
  auto replica = open();
  if (replica && !(*replica)->identity().enrolled()) {
    return autocusto::fail(errc::not_enrolled,
                           "The enrollment of this laptop was not finished; run `autocusto enroll "
                           "LINK` again with the same link.");
  }
  return replica;
}

int app::fail(const error& e, std::string_view kind, const replica::edit_problems* problems) const {
  error translated = e;
  translated.message = translate(e, kind);
  if (!json) {
    const int code = print_error(translated, false);
    for (std::size_t i = 1; problems != nullptr && i < problems->problems.size(); ++i) {
      print_note(printable(translate(problems->problems[i], kind)) + '\n');
    }
    if (problems != nullptr && problems->wrong_lines > replica::k_lines_told) {
      print_note(fmt::format(fmt::runtime(tr("… and {} more lines are wrong.\n")),
                             problems->wrong_lines - replica::k_lines_told));
    }
    return code;
  }
  if (problems == nullptr || problems->problems.empty()) return print_error(translated, true);
  nlohmann::json body = {{"code", code_name(e.code)}, {"message", translated.message}};
  if (!e.field.empty()) body["field"] = e.field;
  if (e.limit) body["limit"] = *e.limit;
  if (problems->wrong_lines > 0) body["wrong_lines"] = problems->wrong_lines;
  auto& list = body["problems"] = nlohmann::json::array();
  for (const error& problem : problems->problems) {
    list.push_back({{"field", problem.field}, {"message", translate(problem, kind)}});
  }
  const nlohmann::json whole = {{"error", std::move(body)}};
  print_json(whole);
  return exit_code(e.code);
}

int app::done(const nlohmann::json& object, const std::string& text) const {
  if (json) {
    print_json(object);
  } else {
    print(text);
  }
  return 0;
}

result<std::string> resolve_key(const std::string& given) {
  if (given != "-") return given;
  return read_line(tr("CPF or CNES: "));
}

std::string short_id(const version_id& id) {
  return id.text().substr(0, 10);
}

nlohmann::json fields_json(const domain::field_map& fields) {
  return domain::json_of(fields);
}

nlohmann::json saved_json(const replica::saved& s) {
  return {{"kind", s.kind},     {"key", s.key},         {"version_id", s.version.text()},
          {"number", s.number}, {"created", s.created}, {"changed", s.changed}};
}

nlohmann::json changes_json(const std::vector<domain::field_change>& changes) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& change : changes) {
    list.push_back({{"field", change.field},
                    {"from", domain::json_of(change.from)},
                    {"to", domain::json_of(change.to)}});
  }
  return list;
}

std::string changes_text(std::string_view kind, const std::vector<domain::field_change>& changes) {
  const auto* known = domain::find_record_kind(kind);
  std::vector<std::vector<std::string>> rows;
  for (const auto& change : changes) {
    const auto* spec = known == nullptr ? nullptr : known->find(change.field);
    for (auto& line : change_lines(spec, field_label(kind, change.field), change.from, change.to)) {
      auto sides = domain::told_apart({std::move(line.from), std::move(line.to)});
      rows.push_back({std::move(line.what), std::move(sides[0]), "→", std::move(sides[1])});
    }
  }
  return table({}, rows);
}

std::string reason_of(const replica::refused_item& item) {
  const error e{code_from_name(item.code).value_or(errc::internal), item.reason, item.field,
                item.limit};
  return translate(e, item.kind);
}

nlohmann::json notice_json(const replica::notice& n) {
  return {{"what", replica::notice_name(n.what)},
          {"kind", n.kind},
          {"key", n.key},
          {"initials", n.initials},
          {"edits", n.edits},
          {"at", format_time(n.at)}};
}

std::string notice_text(const replica::notice& n) {
  const char* pattern = tr("{0} {1} was changed elsewhere while your edit waited; look at it.\n");
  switch (n.what) {
    case replica::notice_kind::merged:
      pattern = tr("{0} {1}: your edit was merged with another one; look at it.\n");
      break;
    case replica::notice_kind::assigned:
      pattern =
          tr("{0} {1}: the administrator assigned a version while your edit waited; look at it.\n");
      break;
    case replica::notice_kind::moved:
      break;
    case replica::notice_kind::taken:
      pattern =
          tr("{0} {1} was taken away by the administrator; edits of yours that the server keeps in "
             "quarantine: {2}.\n");
      return fmt::format(fmt::runtime(pattern), kind_label(n.kind), printable(n.initials), n.edits);
  }
  return fmt::format(fmt::runtime(pattern), kind_label(n.kind), printable(n.key));
}

std::string saved_text(const replica::saved& s) {
  if (!s.changed)
    return fmt::format(fmt::runtime(tr("Nothing to change; {} stays as it is.\n")), s.key);
  const char* pattern = s.created ? tr("Registered {0} {1} as version {2} ({3}).\n")
                                  : tr("Saved {0} {1} as version {2} ({3}).\n");
  return fmt::format(fmt::runtime(pattern), kind_label(s.kind), s.key, s.number,
                     short_id(s.version));
}

}  // namespace autocusto::cli
