#include "server/sync/verify.hpp"

#include <utility>

#include "server/sync/verify_parts.hpp"

namespace autocusto::sync {
namespace detail {

verify_report verifier::run() {
  load_people();
  walk_audit();
  walk_records();
  walk_feeds();
  walk_views();
  walk_pushes();
  return std::move(report_);
}

void verifier::load_people() {
  for (const auto& user : people_.all_users()) users_.emplace(user.key, user.id);
  for (auto& device : people_.all_devices()) {
    const auto key = device.key;
    devices_.emplace(key, std::move(device));
  }
  // The devices and users of the server itself may be left out of the lists for people.
  for (const auto& id : {merge_device(), import_device()}) {
    if (const auto device = people_.device_by_id(id)) devices_.emplace(device->key, *device);
  }
  const user_id system[] = {system_user()};
  for (const auto& user : people_.users_by_ids(system)) users_.emplace(user.key, user.id);
}

void verifier::find(std::string what, std::string where) {
  ++report_.total_findings;
  if (report_.findings.size() < options_.max_findings) {
    report_.findings.push_back({std::move(what), std::move(where)});
  }
}

void verifier::await_parents(std::string where) {
  ++report_.total_awaiting_parents;
  if (report_.awaiting_parents.size() < options_.max_findings) {
    report_.awaiting_parents.push_back(std::move(where));
  }
}

void verifier::tell(std::string_view what, std::int64_t done) const {
  if (options_.progress) options_.progress(what, done);
}

}  // namespace detail

verify_report verify(store::snapshot& snapshot, const verify_options& options) {
  return detail::verifier(snapshot, options).run();
}

}  // namespace autocusto::sync
