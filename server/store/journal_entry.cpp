#include "server/store/journal_entry.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::store {
namespace {

constexpr std::array<std::string_view, 9> k_names{
    "user.added",   "user.enabled",       "user.disabled",   "device.added",    "device.revoked",
    "view.removed", "enrollment.revoked", "device.approved", "reenrollment.set"};
constexpr std::size_t k_text = 512;
constexpr std::size_t k_key_size = 32;
constexpr std::size_t k_subject_size = 16;

journaled_act act_named(json::reader& in) {
  const auto name = in.string("act", 32);
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (k_names[i] == name) return static_cast<journaled_act>(i);
  }
  in.refuse("act", "is not an act of the journal");
  return journaled_act::user_added;
}

void read_device(json::reader& in, journal_entry& entry) {
  entry.device = in.id<device_id>("device");
  if (entry.what == journaled_act::device_revoked) {
    entry.lost = in.boolean("lost");
    return;
  }
  if (in.has("code_hash")) {
    entry.code_hash = from_hex(in.string("code_hash", 2 * k_key_size)).value_or("");
  }
  if (entry.what == journaled_act::device_approved) return;
  entry.pending = in.boolean_or("pending", false);
  entry.device_name = in.string("name", k_text);
  const auto key = from_hex(in.string("public_key", 2 * k_key_size));
  if (!key || key->size() != k_key_size) {
    return in.refuse("public_key", "is not a key of 32 bytes in hex");
  }
  entry.public_key = *key;
  entry.replaces = in.optional_id<device_id>("replaces");
}

}  // namespace

std::string journal_subject(const journal_entry& of) {
  switch (of.what) {
    case journaled_act::user_added:
    case journaled_act::user_enabled:
    case journaled_act::user_disabled:
      return std::string(of.user.raw());
    case journaled_act::device_added:
    case journaled_act::device_approved:
    case journaled_act::device_revoked:
      return std::string(of.device.raw());
    case journaled_act::view_removed:
      return std::string(of.incarnation.raw());
    case journaled_act::enrollment_revoked:
      return of.code_hash.substr(0, k_subject_size);
    case journaled_act::reenrollment_set:
      return std::string(k_subject_size, '\0');
  }
  return {};
}

act_id revoked_along(const act_id& act, const device_id& device) {
  const std::string label = "revoked along with another device";
  const auto hash = crypto::sha256(label + std::string(act.raw()) + std::string(device.raw()));
  return *act_id::from_raw(hash.raw().substr(0, act_id::size));
}

journaled_row journaled(const journal_entry& of) {
  return {of.id, of.what, journal_subject(of), of.at, encode_entry(of)};
}

std::string encode_entry(const journal_entry& of) {
  nlohmann::json out{{"act", k_names.at(static_cast<std::size_t>(of.what))},
                     {"at", format_time(of.at)},
                     {"id", of.id.text()},
                     {"user", of.user.text()}};
  switch (of.what) {
    case journaled_act::user_added:
      out["email"] = of.email;
      out["role"] = of.role == user_role::admin ? "admin" : "doctor";
      break;
    case journaled_act::user_enabled:
    case journaled_act::user_disabled:
      break;
    case journaled_act::device_added:
      out["device"] = of.device.text();
      out["name"] = of.device_name;
      out["public_key"] = to_hex(of.public_key);
      if (!of.code_hash.empty()) out["code_hash"] = to_hex(of.code_hash);
      if (of.replaces) out["replaces"] = of.replaces->text();
      if (of.pending) out["pending"] = true;
      break;
    case journaled_act::device_approved:
      out["device"] = of.device.text();
      if (!of.code_hash.empty()) out["code_hash"] = to_hex(of.code_hash);
      break;
    case journaled_act::device_revoked:
      out["device"] = of.device.text();
      out["lost"] = of.lost;
      break;
    case journaled_act::view_removed:
      out["record"] = of.record.text();
      out["incarnation"] = of.incarnation.text();
      break;
    case journaled_act::enrollment_revoked:
      out["code_hash"] = to_hex(of.code_hash);
      break;
    case journaled_act::reenrollment_set:
      out["policy"] = of.policy;
      break;
  }
  return json::canonical(out);
}

result<journal_entry> decode_entry(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) return document.error();
  json::reader in(*document);
  journal_entry entry;
  entry.what = act_named(in);
  const auto at = parse_time(in.string("at", 32));
  if (!at) in.refuse("at", "is not a time");
  entry.at = at.value_or(0);
  entry.id = in.id<act_id>("id");
  entry.user = in.id<user_id>("user");
  switch (entry.what) {
    case journaled_act::user_added:
      entry.email = in.string("email", k_text);
      entry.role = in.string("role", 16) == "admin" ? user_role::admin : user_role::doctor;
      break;
    case journaled_act::user_enabled:
    case journaled_act::user_disabled:
      break;
    case journaled_act::device_added:
    case journaled_act::device_approved:
    case journaled_act::device_revoked:
      read_device(in, entry);
      break;
    case journaled_act::view_removed:
      entry.record = in.id<record_id>("record");
      entry.incarnation = in.id<incarnation_id>("incarnation");
      break;
    case journaled_act::enrollment_revoked:
      entry.code_hash = from_hex(in.string("code_hash", 2 * k_key_size)).value_or("");
      if (entry.code_hash.size() != k_key_size) in.refuse("code_hash", "is not a hash in hex");
      break;
    case journaled_act::reenrollment_set:
      entry.policy = in.string("policy", 16);
      if (entry.policy != "approve" && entry.policy != "allow") {
        in.refuse("policy", "is neither approve nor allow");
      }
      break;
  }
  if (auto problem = in.finish()) return *std::move(problem);
  return entry;
}

}  // namespace autocusto::store
