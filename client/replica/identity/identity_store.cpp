#include "client/replica/identity/identity_store.hpp"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/replica_file.hpp"
#include "client/replica/file/rows.hpp"

namespace autocusto::replica {
namespace {

constexpr std::size_t k_setting_name_bytes = 64;
constexpr std::string_view k_server_time = "server_time";
constexpr std::string_view k_clock_ahead = "clock_ahead";
constexpr std::int64_t k_clock_tolerance_seconds = 5 * 60;

error not_enrolled_yet() {
  return fail(errc::not_enrolled,
              "This laptop is not enrolled; enroll it with the link from your administrator.");
}

std::string setting_name(std::string_view name) {
  return std::string(k_user_setting) + std::string(name);
}

/// Keeps the identity as `change` leaves it, if that answers true.
template <class Change>
result<void> change_identity(replica_file& file, Change&& change) {
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto cell = file.get(k_identity);
  if (!cell) return not_enrolled_yet();
  auto who = unpack_identity(*cell);
  if (!change(who)) return {};
  file.put(k_identity, pack(who));
  (*scope)->commit();
  return {};
}

crypto::signing_key key_from(bytes seed) {
  const crypto::secret kept(std::move(seed));
  auto key = crypto::signing_key::from_seed(kept.view());
  if (!key) throw_damaged("a device key");
  return *std::move(key);
}

}  // namespace

bool identity_store::enrolled() const {
  return file_->get(k_identity).has_value();
}

result<void> identity_store::enroll(const identity& who, const crypto::secret& tenant_key) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (const auto cell = file.get(k_identity)) {
    const auto known = unpack_identity(*cell);
    if (known.user != who.user || known.device != who.device || known.server != who.server) {
      return fail(errc::already_enrolled,
                  "This folder is enrolled as another device; choose another folder, or wipe it "
                  "first.");
    }
  }
  file.put(k_identity, pack(who));
  file.put(k_tenant_key, tenant_key.view());
  file.put_label(replica_file::k_person, who.user.raw(), who.email);
  file.put_label(replica_file::k_device_name, who.device.raw(), who.device_name);
  (*scope)->commit();
  return {};
}

result<identity> identity_store::who() const {
  const auto cell = file_->get(k_identity);
  if (!cell) return not_enrolled_yet();
  return unpack_identity(*cell);
}

crypto::signing_key identity_store::device_key() const {
  auto seed = file_->get(k_device_key);
  if (!seed) {
    throw error_exception(
        fail(errc::not_enrolled, "This replica was wiped; enroll this laptop again."));
  }
  return key_from(*std::move(seed));
}

result<crypto::signing_key> identity_store::next_device_key() {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (auto seed = file.get(k_next_device_key)) return key_from(*std::move(seed));
  auto key = crypto::signing_key::generate(file.random());
  file.put(k_next_device_key, key.seed());
  (*scope)->commit();
  return key;
}

result<void> identity_store::become(const identity& who, const crypto::public_key& key,
                                    const crypto::secret& tenant_key) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto cell = file.get(k_identity);
  if (!cell) return not_enrolled_yet();
  const auto known = unpack_identity(*cell);
  if (known.user != who.user || known.server != who.server) {
    return fail(errc::already_enrolled,
                "This folder belongs to another account or server; choose another folder, or wipe "
                "it first.");
  }
  // Another process was faster.
  if (known.device == who.device) return {};
  auto next = file.get(k_next_device_key);
  const crypto::secret seed(next ? *std::move(next) : std::string());
  const auto mine = crypto::signing_key::from_seed(seed.view());
  if (!mine || mine->public_half() != key) {
    return fail(errc::busy, "Another process of this laptop has enrolled it again.");
  }
  file.put(k_device_key, seed.view());
  file.forget(k_next_device_key);
  file.put(k_identity, pack(who));
  file.put(k_tenant_key, tenant_key.view());
  file.put_label(replica_file::k_device_name, who.device.raw(), who.device_name);
  // The new device has not pushed anything yet.
  forget_kept_pushes(file);
  file.forget(k_last_push);
  // Why the last sync failed may hold no more.
  file.forget(k_last_sync);
  (*scope)->commit();
  return {};
}

result<crypto::secret> identity_store::tenant_key() const {
  auto key = file_->get(k_tenant_key);
  if (!key) return not_enrolled_yet();
  return crypto::secret(*std::move(key));
}

result<void> identity_store::set_trust(const wire::signed_object& trust) {
  return change_identity(*file_, [&trust](identity& who) {
    const auto known = wire::decode_trust(who.trust.object);
    const auto offered = wire::decode_trust(trust.object);
    // Another process may have learned of a later one meanwhile.
    if (known && offered && offered->serial <= known->serial) return false;
    who.trust = trust;
    return true;
  });
}

result<void> identity_store::set_server(std::string_view host, std::uint16_t port) {
  return change_identity(*file_, [&](identity& who) {
    who.host = host;
    who.port = port;
    return true;
  });
}

result<void> identity_store::set_setting(std::string_view name, std::string_view value) {
  if (name.empty() || name.size() > k_setting_name_bytes) {
    return fail(errc::usage, "The name of a setting has 1 to 64 bytes.", "name",
                static_cast<std::int64_t>(k_setting_name_bytes));
  }
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (value.empty()) {
    file.forget(setting_name(name));
  } else {
    file.put(setting_name(name), value);
  }
  (*scope)->commit();
  return {};
}

std::optional<std::string> identity_store::setting(std::string_view name) const {
  return file_->get(setting_name(name));
}

std::optional<push_id> identity_store::last_push() const {
  const auto raw = file_->get(k_last_push);
  return raw ? push_id::from_raw(*raw) : std::nullopt;
}

result<void> identity_store::set_last_push(const std::optional<push_id>& id) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  file.forget(k_queued_push);  // it names another predecessor
  if (id) {
    file.put(k_last_push, id->raw());
  } else {
    file.forget(k_last_push);
  }
  (*scope)->commit();
  return {};
}

std::optional<unix_millis> identity_store::server_time() const {
  const auto text = setting(k_server_time);
  return text ? parse_time(*text) : std::nullopt;
}

result<void> identity_store::set_server_time(std::optional<unix_millis> told) {
  return set_setting(k_server_time, told ? format_time(*told) : std::string());
}

std::optional<std::int64_t> identity_store::clock_difference() const {
  const auto text = setting(k_clock_ahead).value_or("");
  std::int64_t seconds = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

result<void> identity_store::note_server_clock(unix_millis server_now) {
  const std::int64_t ahead = (file_->now() - server_now) / 1000;
  const auto before = clock_difference();
  const bool wrong = std::abs(ahead) > k_clock_tolerance_seconds;
  if (!wrong) return before ? set_setting(k_clock_ahead, "") : result<void>{};
  if (before && std::abs(*before - ahead) < 60) return {};
  return set_setting(k_clock_ahead, std::to_string(ahead));
}

bool identity_store::erased() const {
  const auto closed = closed_now(*file_);
  return closed && closed->erased;
}

}  // namespace autocusto::replica
