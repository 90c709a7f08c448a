// What a form asks while somebody types: whether the number is there already, and how what was
// typed stands against what came meanwhile.

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/views.hpp"
#include "shared/domain/conflict.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_text = 1024;  ///< bytes of a key or a selector

/// Error: invalid_key while the number is not whole.
call_result lookup(call& c) {
  autocusto::json::reader in(c.sent);
  c.kind = in.string("kind", 64);
  const auto typed = in.string("key", k_text);
  if (auto wrong = in.finish()) return *wrong;
  const auto key = domain::lookup_key(c.kind, typed);
  if (!key) return key.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto* item = at->index().find(c.kind, *key);
  return json({{"key", *key}, {"item", item == nullptr ? json(nullptr) : to_json(*item)}}).dump();
}

struct typing {
  std::string kind;
  std::string key;
  std::string from;                    ///< the version that the form began from
  std::optional<std::string> version;  ///< a draft; else what is in use
  domain::field_map fields;            ///< those that were typed
};

result<typing> read_typing(call& c) {
  autocusto::json::reader in(c.sent);
  typing out;
  out.kind = in.string("kind", 64);
  out.key = in.string("key", k_text);
  out.from = in.string("from", k_text);
  out.version = in.optional_string("version", k_text);
  const auto& fields = in.value("fields");
  if (auto wrong = in.finish()) return *wrong;
  c.kind = out.kind;
  auto read = read_fields(out.kind, fields);
  if (!read) return read.error();
  out.fields = as_kept(out.kind, *std::move(read));
  return out;
}

/// The rule that lays two heads side by side (shared/domain/conflict.hpp): what only one side has
/// changed is taken over; what both have is for a person.
domain::starting_fields laid_together(const domain::record_kind& kind,
                                      const domain::field_map& mine,
                                      const domain::field_map& theirs,
                                      const domain::field_map& base) {
  const auto all = domain::with_unknown_fields(kind, {&mine, &theirs, &base});
  return domain::start_of(all, {&mine, &theirs}, &base);
}

call_result meanwhile(call& c) {
  const auto typed = read_typing(c);
  if (!typed) return typed.error();
  const auto* kind = domain::find_record_kind(typed->kind);
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto base = at->reader().show(typed->kind, typed->key, typed->from);
  if (!base) return base.error();
  const auto now = at->reader().show(typed->kind, typed->key, typed->version);
  if (!now) return now.error();
  auto mine = base->fields;
  for (const auto& [name, value] : typed->fields) mine[name] = value;
  const auto together = laid_together(*kind, mine, now->fields, base->fields);
  json both = json::array();
  for (const auto& field : together.undecided) {
    both.push_back({{"field", field},
                    {"theirs", domain::json_of(now->fields.at(field))},
                    {"mine", domain::json_of(mine.at(field))}});
  }
  return json({{"version", to_json(now->version)},
               {"theirs", to_json(now->fields)},
               {"fields", to_json(together.fields)},
               {"both", std::move(both)}})
      .dump();
}

}  // namespace

std::vector<call_entry> editing_calls() {
  return {{"POST", "/api/record/lookup", access::open, lookup},
          {"POST", "/api/record/meanwhile", access::open, meanwhile}};
}

}  // namespace autocusto::web
