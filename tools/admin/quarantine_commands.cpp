// quarantine accept, reject: what becomes of a refused version.

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/version.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/refused_beside.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

/// How often --force looks again when the view moved under it.
constexpr int k_attempts = 5;

struct quarantine_options {
  std::int64_t id = 0;
  std::string user;
  bool force = false;
  bool dry_run = false;
};

msg::quarantine_shown look(session& s, std::int64_t id) {
  msg::quarantine_request query;
  query.id = id;
  return s.ask<msg::quarantine_shown>("/v1/admin/quarantine/show", query);
}

/// The heads of the user's view as they are now; none where the server does not know the record.
std::vector<version_id> heads_of(session& s, const record_id& record, const user_id& user) {
  msg::record_request query;
  query.record = record;
  try {
    const auto history = s.ask<msg::history>("/v1/admin/records/versions", query);
    for (const auto& view : history.views) {
      if (view.id == user) return view.heads;
    }
  } catch (const error_exception& e) {
    if (e.get().code != errc::not_found) throw;
  }
  return {};
}

int accept(const app& a, const quarantine_options& o) {
  session s(a);
  const auto item = look(s, o.id);
  const auto header = domain::decode_header(item.header);
  if (!header) {
    refuse(errc::malformed, "This version cannot be read; it can only be rejected.", "id");
  }
  const auto user = o.user.empty() ? item.item.user : o.user;
  const auto account = s.user(user).id;
  const auto payload = domain::decode_payload(item.payload, header->record.kind);
  if (!payload) {
    refuse(errc::malformed, "This version cannot be read; it can only be rejected.", "id");
  }
  const auto beside = look_beside(s, *header, *payload, account.text());
  if (o.dry_run) {
    nlohmann::json object{{"id", o.id}, {"user", user}, {"dry_run", true}};
    object.update(beside_json(beside));
    return a.done(object, beside_text(beside) + "Nothing was done.\n");
  }
  for (int attempt = 1;; ++attempt) {
    const auto heads = heads_of(s, header->record.id, account);
    try {
      const nlohmann::json args{{"quarantine", std::to_string(o.id)}, {"user", account.text()}};
      const auto done = s.act("quarantine.accept", args, heads);
      nlohmann::json object{
          {"id", o.id},
          {"user", user},
          {"version_id",
           item.item.version ? nlohmann::json(item.item.version->text()) : nlohmann::json(nullptr)},
          {"heads_before", ids_json(heads)},
          {"at", done.at}};
      object.update(beside_json(beside));
      return a.done(object, beside_text(beside) +
                                fmt::format("{} now sees the refused version; what was seen before "
                                            "stays in the history.\n",
                                            cli::printable(user)));
    } catch (const error_exception& e) {
      const bool again = o.force && e.get().code == errc::view_moved && attempt < k_attempts;
      if (!again) throw;
    }
  }
}

int reject(const app& a, const quarantine_options& o) {
  session s(a);
  const auto done = s.act("quarantine.reject", {{"quarantine", std::to_string(o.id)}});
  return a.done({{"id", o.id}, {"at", done.at}},
                "It is out of quarantine. The laptop that sent it keeps its copy until it is "
                "discarded there.\n");
}

}  // namespace

void add_quarantine_decisions(CLI::App& quarantine, app& a) {
  const auto o = std::make_shared<quarantine_options>();
  auto* take = quarantine.add_subcommand("accept", "Stores a refused version and shows it");
  take->add_option("ID", o->id)->required();
  take->add_option("--user", o->user,
                   "E-mail or id of the account; without it the user who sent it");
  take->add_flag("--dry-run", o->dry_run, "Only show it beside what the user sees now");
  take->add_flag("--force", o->force, "Look again when the user's view moves meanwhile");
  take->final_callback([&a, o] { a.action = [&a, o] { return accept(a, *o); }; });
  auto* drop = quarantine.add_subcommand("reject", "Takes a refused version out of quarantine");
  drop->add_option("ID", o->id)->required();
  drop->final_callback([&a, o] { a.action = [&a, o] { return reject(a, *o); }; });
}

}  // namespace autocusto::admin
