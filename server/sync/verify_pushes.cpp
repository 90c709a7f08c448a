// Pushes and their receipts: signatures, and whether both speak of the same versions.
#include <algorithm>

#include "server/store/pushes.hpp"
#include "server/sync/verify_parts.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::sync::detail {
namespace {

// A push of 1,000 versions has an object and a receipt of some 500 KB together.
constexpr std::int64_t k_pushes = 20;

bool stores_version(wire::push_outcome outcome) {
  return outcome != wire::push_outcome::refused;
}

/// Whether the lines are for exactly the versions and discards of the push, in their order.
bool same_lines(const wire::push_object& object, const std::vector<wire::push_result>& lines) {
  auto expected = object.versions;
  expected.insert(expected.end(), object.discards.begin(), object.discards.end());
  return std::equal(lines.begin(), lines.end(), expected.begin(), expected.end(),
                    [](const auto& line, const auto& id) { return line.version == id; });
}

}  // namespace

void verifier::walk_pushes() {
  std::optional<push_id> after;
  for (;;) {
    const auto pushes = store::pushes::reads(snapshot_).pushes_after(after, k_pushes);
    if (pushes.empty()) break;
    after = pushes.back().id;
    for (const auto& push : pushes) check_push(push);
    report_.counts.pushes += static_cast<std::int64_t>(pushes.size());
    tell("pushes", report_.counts.pushes);
  }
}

void verifier::check_push(const store::push_row& push) {
  // A push's id is random and its own; its place among the others is what names it here.
  const std::string where =
      "push of device " + std::to_string(push.device) + " at " + std::to_string(push.received_at);
  const auto object = wire::decode_push_object(push.object);
  if (!object) return find("push_form", where);
  const auto device = devices_.find(push.device);
  const auto key = device == devices_.end()
                       ? std::nullopt
                       : crypto::public_key::from_raw(device->second.public_key);
  if (!key || object->device != device->second.id || object->id != push.id) {
    find("push_row", where);
  }
  if (key && !wire::is_signed(key->raw(), "push", {push.object, push.signature})) {
    find("push_signature", where);
  }
  check_receipt(push, *object, where);
}

void verifier::check_receipt(const store::push_row& push, const wire::push_object& object,
                             const std::string& where) {
  const auto answer = wire::decode_push_answer(push.answer);
  if (!answer) return find("receipt_form", where);
  const auto& keys = options_.server_keys;
  const bool ours = std::any_of(keys.begin(), keys.end(), [&answer](const auto& key) {
    return wire::is_signed(key.raw(), "receipt", *answer);
  });
  if (!ours) find("receipt_signature", where);
  const auto receipt = wire::decode_receipt_object(answer->object);
  if (!receipt) return find("receipt_form", where);
  if (receipt->id != push.id || receipt->server != object.server ||
      !same_lines(object, receipt->results)) {
    return find("receipt_lines", where);
  }
  std::vector<version_id> stored;
  for (const auto& line : receipt->results) {
    if (stores_version(line.outcome)) stored.push_back(line.version);
  }
  // A draft and its discard in one push are two lines for one version.
  std::sort(stored.begin(), stored.end());
  stored.erase(std::unique(stored.begin(), stored.end()), stored.end());
  if (!stored.empty() && versions_.version_keys(stored).size() != stored.size()) {
    find("receipt_version_missing", where);
  }
}

}  // namespace autocusto::sync::detail
