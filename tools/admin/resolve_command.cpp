// conflict resolve: builds the version that joins the heads and pushes it for its owner.
//
// The signed push is kept, sealed, before it is first sent. When its answer is lost, the next
// `conflict resolve` sends the same bytes again (the server answers a known push with its stored
// receipt) before it does anything else.

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/sign.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/resolution.hpp"
#include "tools/admin/side_by_side.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

constexpr std::string_view k_pending = "pending_resolution";

/// A resolution under way, as the profile keeps it.
struct pending {
  std::int64_t conflict = 0;
  std::string kind;
  std::string key;
  record_id record;
  std::string request;  ///< the encoded push
};

void keep(replica::identity_store profile, const pending& p) {
  const auto text = autocusto::json::canonical({{"conflict", p.conflict},
                                                {"kind", p.kind},
                                                {"key", p.key},
                                                {"record", p.record.text()},
                                                {"request", p.request}});
  profile.set_setting(k_pending, text).value();
}

std::optional<pending> kept(const replica::identity_store& profile) {
  const auto text = profile.setting(k_pending);
  if (!text) return std::nullopt;
  const auto object = autocusto::json::parse(*text).value();
  pending p;
  p.conflict = object.at("conflict").get<std::int64_t>();
  p.kind = object.at("kind").get<std::string>();
  p.key = object.at("key").get<std::string>();
  p.record = record_id::parse(object.at("record").get<std::string>()).value();
  p.request = object.at("request").get<std::string>();
  return p;
}

void forget(replica::identity_store profile) {
  profile.set_setting(k_pending, {}).value();
}

/// Whether the server has certainly not taken the push. After anything else it may have, so the
/// same push is sent again.
bool certainly_refused(errc code) {
  switch (code) {
    case errc::malformed:
    case errc::not_canonical:
    case errc::body_too_large:
    case errc::push_id_reused:
    case errc::prev_push_unknown:
    case errc::prev_push_old:
    case errc::view_moved:
    case errc::not_found:
    case errc::forbidden:
    case errc::device_unknown:
    case errc::device_revoked:
    case errc::user_disabled:
      return true;
    default:
      return false;
  }
}

struct sent {
  version_id version;
  std::optional<push_id> server_last;  ///< with prev_push_unknown
  std::optional<error> refused;        ///< the push as a whole, or its version
};

/// Sends the kept push; throws when its outcome stays unknown.
sent send(session& s, const pending& p) {
  const auto request = wire::decode_push_request(p.request).value();
  const auto object = wire::decode_push_object(request.object.object).value();
  sent out;
  out.version = object.versions.at(0);
  const auto receipt = s.remote().push(transport::pack(request));
  if (!receipt) {
    const auto& failure = receipt.error();
    if (!certainly_refused(failure.what.code)) {
      error e = failure.what;
      e.message += " The resolution is kept here; run `conflict resolve " +
                   std::to_string(p.conflict) + "` again to send the same one.";
      throw error_exception(e);
    }
    forget(s.profile());
    out.refused = failure.what;
    out.server_last = failure.last_push;
    return out;
  }
  // First the server's word, then the push is forgotten: in between it is only sent again.
  s.profile().set_last_push(object.id).value();
  forget(s.profile());
  for (const auto& line : receipt->results) {
    if (line.version != out.version || line.outcome != wire::push_outcome::refused) continue;
    const auto code = code_from_name(line.code).value_or(errc::internal);
    out.refused = fail(code, line.message, line.field, line.limit);
  }
  return out;
}

int print_done(const app& a, session& s, const pending& p, const version_id& version) {
  nlohmann::json number = nullptr;
  try {
    msg::record_request query;
    query.record = p.record;
    query.version = version.text();
    number = s.ask<msg::record_shown>("/v1/admin/records/show", query).version.info.number;
  } catch (const error_exception&) {
    // The resolution is stored; only its number is not known here.
  }
  const auto shown = number.is_null() ? std::string("?") : number.dump();
  return a.done({{"conflict", p.conflict},
                 {"kind", p.kind},
                 {"key", p.key},
                 {"version_id", version.text()},
                 {"number", number},
                 {"created", false},
                 {"changed", true}},
                fmt::format("Conflict {} is resolved: version {} ({}) of {} {} joins its heads.\n",
                            p.conflict, shown, short_id(version), p.kind, cli::printable(p.key)));
}

std::pair<std::string, std::string> pair_of(const std::string& text, const char* option) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) {
    refuse(errc::usage, fmt::format("{} takes NAME=…, with a field's name in front.", option));
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

choice choice_of(const resolve_options& o, const std::string& kind) {
  choice how;
  how.take = o.take;
  how.merge = o.merge;
  for (const auto& text : o.from) how.from.push_back(pair_of(text, "--field"));
  for (const auto& text : o.set) {
    const auto [name, typed] = pair_of(text, "--set");
    auto value = domain::entered_value(kind, name, typed).value();
    const auto* spec = domain::find_record_kind(kind)->find(name);
    if (auto* entered = std::get_if<std::string>(&value)) {
      *entered = domain::entered_text(*spec, *entered).value();
    }
    how.set[name] = std::move(value);
  }
  return how;
}

msg::conflict_shown open_conflict(session& s, std::int64_t id) {
  msg::conflict_request query;
  query.id = id;
  query.visible = true;
  auto c = s.ask<msg::conflict_shown>("/v1/admin/conflicts/show", query);
  complete_fields(c);
  if (c.conflict.state != "open") {
    refuse(errc::not_found,
           fmt::format("This conflict is over ({}); see `conflict list`.", c.conflict.state), "id");
  }
  return c;
}

domain::version build(session& s, const msg::conflict_shown& c, const resolve_options& o) {
  const auto fields = chosen_fields(c, choice_of(o, c.conflict.kind)).value();
  const auto problems = problems_of(c, fields);
  if (!problems.empty()) throw error_exception(problems.front());
  const auto& kind = *domain::find_record_kind(c.conflict.kind);
  auto summary =
      domain::entered_lines(o.summary.value_or(kind.update_summary(s.who().email))).value();
  domain::validate_summary(summary).value();
  const resolver who{s.who().user, s.who().device};
  return resolving_version(c, fields, std::move(summary), who, crypto::system_random(),
                           system_clock_source().now())
      .value();
}

pending sign(session& s, const msg::conflict_shown& c, const domain::version& version) {
  wire::push_object object;
  object.server = s.who().server;
  object.device = s.who().device;
  object.actor = s.who().user;
  object.owner = c.owner;
  object.id = crypto::system_random().make<push_id>();
  object.prev_push = s.profile().last_push();
  object.versions = {version.id};
  object.expect_heads = version.header.parents;
  wire::push_request request;
  request.object = wire::sign_canonical(s.key(), "push", wire::encode_object(object));
  request.versions.push_back({version.raw, std::nullopt, std::nullopt});
  return {c.conflict.id, c.conflict.kind, c.conflict.key, c.record, wire::encode(request)};
}

/// What would come out, against the version that the owner sees now.
int print_preview(const app& a, const msg::conflict_shown& c, const domain::version& version) {
  const auto* seen = &c.heads.front();
  for (const auto& head : c.heads) {
    if (head.info.version == c.active) seen = &head;
  }
  const auto& fields = version.payload.fields;
  const auto changes = domain::diff_fields(c.conflict.kind, seen->fields, fields);
  std::vector<std::vector<std::string>> rows;
  auto values = nlohmann::json::object();
  for (const auto& spec : domain::find_record_kind(c.conflict.kind)->fields) {
    const auto& value = fields.at(spec.name);
    values[spec.name] = domain::json_of(value);
    rows.push_back({spec.name, domain::value_text(value)});
  }
  std::string text = "This would come out; nothing was sent.\n\n" + cli::table({}, rows);
  rows.clear();
  for (const auto& change : changes) {
    const auto sides =
        domain::told_apart({domain::value_text(change.from), domain::value_text(change.to)});
    rows.push_back({change.field, sides[0], "→", sides[1]});
  }
  text += rows.empty() ? "\nNothing changes for what the user sees now.\n"
                       : "\nChanges against what the user sees now:\n" + cli::table({}, rows);
  return a.done({{"dry_run", true},
                 {"conflict", c.conflict.id},
                 {"kind", c.conflict.kind},
                 {"key", c.conflict.key},
                 {"parents", ids_json(version.header.parents)},
                 {"summary", version.payload.summary},
                 {"fields", std::move(values)},
                 {"changes", changes_json(changes)}},
                text);
}

}  // namespace

int resolve(const app& a, const resolve_options& o) {
  if (!o.take && !o.merge && o.from.empty() && o.set.empty()) {
    refuse(
        errc::usage,
        "Say how to resolve: --take VERSION, --merge, --field NAME=VERSION or --set NAME=VALUE.");
  }
  session s(a);
  const auto earlier = kept(s.profile());
  if (earlier && o.dry_run) {
    const auto note = fmt::format(
        "A resolution of conflict {} is under way without an answer; the next one without "
        "--dry-run "
        "settles it first.\n",
        earlier->conflict);
    cli::print_note(note);
  } else if (earlier) {
    const auto done = send(s, *earlier);
    if (!done.refused && earlier->conflict == o.id) return print_done(a, s, *earlier, done.version);
    const auto note = fmt::format("The resolution of conflict {} that was under way is {}.\n",
                                  earlier->conflict, done.refused ? "refused" : "done");
    cli::print_note(note);
  }
  const auto c = open_conflict(s, o.id);
  const auto version = build(s, c, o);
  if (o.dry_run) return print_preview(a, c, version);
  for (const bool first : {true, false}) {
    const auto p = sign(s, c, version);
    keep(s.profile(), p);
    const auto done = send(s, p);
    if (!done.refused) return print_done(a, s, p, done.version);
    // A server that was restored has forgotten this device's last push. This profile holds no
    // versions that the server could lack, so it goes on from where the server is.
    const bool went_back = done.refused->code == errc::prev_push_unknown && first;
    if (!went_back) throw error_exception(*done.refused);
    s.profile().set_last_push(done.server_last).value();
  }
  refuse(errc::prev_push_unknown, "The server does not accept this device's pushes; enroll again.");
}

}  // namespace autocusto::admin
