// What processes name of the catalogue, so that an administrator sees whom a change touches.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "server/admin/handlers.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::admin::detail {
namespace {

using use = std::tuple<std::string, std::string, std::string>;  // user, of, code

std::string text_of(const domain::field_map& fields, const char* name) {
  const auto at = fields.find(name);
  const auto* text = at == fields.end() ? nullptr : std::get_if<std::string>(&at->second);
  return text == nullptr ? std::string() : *text;
}

/// Each once, however often the process names it; none of a closed process.
std::set<std::pair<std::string, std::string>> named_by(const std::string& key,
                                                       const domain::field_map& fields) {
  std::set<std::pair<std::string, std::string>> out;
  if (text_of(fields, "situacao") == "encerrado") return out;
  out.emplace("disease", domain::cid_of_key(key));
  if (auto protocol = text_of(fields, "protocolo"); !protocol.empty()) {
    out.emplace("protocol", std::move(protocol));
  }
  const auto at = fields.find("prescricao");
  const auto* value = at == fields.end() ? nullptr : std::get_if<domain::structured>(&at->second);
  const auto rows = value == nullptr ? domain::row_list() : domain::rows_of(*value).value();
  for (const auto& row : rows) {
    if (auto code = domain::cell(row, "codigo"); !code.empty()) {
      out.emplace("medicine", std::move(code));
    }
  }
  return out;
}

/// Key and e-mail of the processes among what is seen by these views.
class seen_processes {
 public:
  explicit seen_processes(store::snapshot& at) : at_(at) {}

  std::map<use, std::int64_t> count(const std::vector<store::view_row>& views) {
    read(views);
    std::map<use, std::int64_t> out;
    for (const auto& view : shown_) {
      const auto version = contents_.find(*view.active);
      if (version == contents_.end()) continue;  // erased
      const auto& email = emails_.at(view.user);
      for (const auto& [of, code] : named_by(keys_.at(view.record), version->second)) {
        ++out[{email, of, code}];
      }
    }
    return out;
  }

 private:
  void read(const std::vector<store::view_row>& views) {
    std::set<store::pk> records;
    for (const auto& view : views) {
      if (view.open && view.active) records.insert(view.record);
    }
    const std::vector<store::pk> asked(records.begin(), records.end());
    for (auto& row : store::records::reads(at_).records_by_pk(asked)) {
      if (row.kind == "process") keys_.emplace(row.key, std::move(row.natural_key));
    }
    std::vector<version_id> ids;
    std::set<store::pk> users;
    for (const auto& view : views) {
      if (!view.open || !view.active || !keys_.contains(view.record)) continue;
      shown_.push_back(view);
      ids.push_back(*view.active);
      users.insert(view.user);
    }
    const std::vector<store::pk> people(users.begin(), users.end());
    for (auto& user : store::people::reads(at_).users_by_pk(people)) {
      emails_.emplace(user.key, std::move(user.email));
    }
    store::versions::reads versions(at_);
    std::vector<store::pk> keys;
    for (const auto& [id, key] : versions.version_keys(ids)) keys.push_back(key);
    for (const auto& version : versions.versions(keys)) {
      if (!version.payload) continue;
      auto payload = domain::decode_payload(*version.payload, "process");
      if (!payload) throw std::runtime_error("a stored payload cannot be read");
      contents_.emplace(version.id, std::move(payload->fields));
    }
  }

  store::snapshot& at_;
  std::vector<store::view_row> shown_;
  std::unordered_map<store::pk, std::string> keys_;
  std::unordered_map<store::pk, std::string> emails_;
  std::unordered_map<version_id, domain::field_map> contents_;
};

}  // namespace

http::response catalogue_uses(context& in, const http::request& asked,
                              const session_owner& caller) {
  const auto query = question<msg::catalogue_uses_query>(asked);
  const std::int64_t limit = std::clamp<std::int64_t>(query.limit, 1, k_page);
  const nlohmann::json args{{"after", query.after}};
  return audited(in, caller, "catalogue.uses", args, [&](store::snapshot& snapshot, auto&) {
    const auto views = store::views::reads(snapshot).views_after(query.after, limit);
    msg::catalogue_uses out;
    for (const auto& [what, processes] : seen_processes(snapshot).count(views)) {
      auto& item = out.items.emplace_back();
      std::tie(item.user, item.of, item.code) = what;
      item.processes = processes;
    }
    if (static_cast<std::int64_t>(views.size()) == limit) out.next = views.back().key;
    return out;
  });
}

}  // namespace autocusto::admin::detail
