// Showing and editing records.

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/change_summary.hpp"
#include "client/web/views.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_text = 1024;     ///< bytes of a key, a selector, a search term
constexpr std::size_t k_summary = 4096;  ///< bytes; the rule counts code points
constexpr std::size_t k_slot = 128;      ///< bytes of the name of a form
/// Several times what the longest form holds.
constexpr std::size_t k_most_unsaved_request = std::size_t{64} * 1024;

/// What most calls name: a record, and perhaps a version of it.
struct named {
  std::string kind;
  std::string key;
  std::optional<std::string> version;
  std::optional<std::string> summary;
};

named read_named(autocusto::json::reader& in) {
  named out;
  out.kind = in.string("kind", 64);
  out.key = in.string("key", k_text);
  out.version = in.optional_string("version", k_text);
  out.summary = in.optional_string("summary", k_summary);
  return out;
}

call_result kinds_of(call& /*c*/) {
  json kinds = json::array();
  for (const auto& each : domain::record_kinds()) kinds.push_back(to_json(each));
  return json({{"kinds", std::move(kinds)}}).dump();
}

call_result show(call& c) {
  autocusto::json::reader in(c.sent);
  const auto what = read_named(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto shown = at->reader().show(what.kind, what.key, what.version);
  if (!shown) return shown.error();
  const auto history = at->reader().history(what.kind, what.key);
  if (!history) return history.error();
  json versions = json::array();
  for (const auto& v : *history) versions.push_back(to_json(v));
  at->visited(shown->kind, shown->key);
  return json({{"kind", shown->kind},
               {"key", shown->key},
               {"version", to_json(shown->version)},
               {"fields", to_json(shown->fields)},
               {"conflict", shown->conflict},
               {"heads", to_json(shown->heads)},
               {"drafts", to_json(shown->drafts)},
               {"synced", shown->synced},
               {"history", std::move(versions)}})
      .dump();
}

/// Ends an act: tells others, and answers what was saved.
call_result saved(const unlocked_replica::lease& at, const result<replica::saved>& done) {
  if (!done) return done.error();
  if (done->changed) at.changed(done->kind, done->key);
  return to_json(*done).dump();
}

/// What the edit changes of what it began from, where its author gave no reason.
std::optional<std::string> summary_of(const replica::reader& reader, const replica::edit& edit) {
  std::optional<std::string> from;
  if (edit.expect && edit.expect->version) from = edit.expect->version->text();
  const auto shown = reader.show(edit.kind, edit.key, from);
  const auto* kind = domain::find_record_kind(edit.kind);
  if (!shown || kind == nullptr) return std::nullopt;
  auto text = change_summary(*kind, shown->fields, as_kept(edit.kind, edit.fields));
  if (text.empty()) return std::nullopt;
  return text;
}

call_result save(call& c) {
  autocusto::json::reader in(c.sent);
  auto what = read_named(in);
  replica::edit edit;
  edit.draft = in.boolean_or("draft", false);
  const bool fresh = in.boolean_or("new", false);
  const auto from = in.optional_id<version_id>("expect");
  const auto& fields = in.value("fields");
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  auto read = read_fields(what.kind, fields);
  if (!read) return read.error();
  if (fresh || from) edit.expect = replica::edit::start{from};
  edit.kind = std::move(what.kind);
  edit.key = std::move(what.key);
  edit.fields = *std::move(read);
  edit.summary = std::move(what.summary);
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (!edit.summary && !fresh) edit.summary = summary_of(at->reader(), edit);
  return saved(*at, at->editor().save(edit, &c.problems));
}

call_result publish(call& c) {
  autocusto::json::reader in(c.sent);
  const auto what = read_named(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  return saved(*at,
               at->editor().publish(what.kind, what.key, what.version, what.summary, &c.problems));
}

call_result revert(call& c) {
  autocusto::json::reader in(c.sent);
  const auto what = read_named(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  if (!what.version) return fail(errc::malformed, "The request names no version.", "version");
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  return saved(*at,
               at->editor().revert(what.kind, what.key, *what.version, what.summary, &c.problems));
}

call_result discard(call& c) {
  autocusto::json::reader in(c.sent);
  const auto what = read_named(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto gone = at->editor().discard_draft(what.kind, what.key, what.version);
  if (!gone) return gone.error();
  at->changed(what.kind, what.key);
  return json({{"discarded", gone->text()}}).dump();
}

call_result diff(call& c) {
  autocusto::json::reader in(c.sent);
  const auto what = read_named(in);
  const auto from = in.string("from", k_text);
  const auto to = in.string("to", k_text);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = what.kind;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto before = at->reader().show(what.kind, what.key, from);
  if (!before) return before.error();
  const auto after = at->reader().show(what.kind, what.key, to);
  if (!after) return after.error();
  const auto changes = at->reader().diff(what.kind, what.key, from, to);
  if (!changes) return changes.error();
  return json({{"from",
                {{"version", to_json(before->version)}, {"fields", to_json(before->fields)}}},
               {"to", {{"version", to_json(after->version)}, {"fields", to_json(after->fields)}}},
               {"changes", to_json(*changes)}})
      .dump();
}

std::string text_at(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// What is being typed is kept, so that a lock or the end of the program does not lose it.
call_result keep_unsaved(call& c) {
  autocusto::json::reader in(c.sent);
  unsaved_edit one;
  one.slot = in.string("slot", k_slot);
  json edit = in.has("edit") ? in.value("edit") : json();
  if (auto wrong = in.finish()) return *wrong;
  if (edit.is_object()) {
    edit["slot"] = one.slot;
    one.what.value = edit.dump();
    // What is typed for a record that is not here yet is about none.
    if (edit.value("fresh", json()) != true) {
      one.what.kind = text_at(edit, "kind");
      one.what.key = text_at(edit, "key");
    }
    if (one.what.key.empty()) one.what.kind.clear();
  }
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (const auto kept = at->set_unsaved(std::move(one)); !kept) return kept.error();
  return std::string("{}");
}

call_result unsaved(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  std::string edits;
  for (const auto& each : at->unsaved()) edits += (edits.empty() ? "" : ",") + each.what.value;
  return R"({"edits":[)" + edits + "]}";
}

}  // namespace

std::vector<call_entry> record_calls() {
  return {{"GET", "/api/kinds", access::linked, kinds_of, false},
          {"GET", "/api/unsaved", access::open, unsaved},
          {"POST", "/api/unsaved", access::open, keep_unsaved, true, k_most_unsaved_request},
          {"POST", "/api/record/show", access::open, show},
          {"POST", "/api/record/save", access::open, save},
          {"POST", "/api/record/publish", access::open, publish},
          {"POST", "/api/record/revert", access::open, revert},
          {"POST", "/api/record/discard-draft", access::open, discard},
          {"POST", "/api/record/diff", access::open, diff}};
}

}  // namespace autocusto::web
