// Who this laptop is, its keys, and small settings.
#include <algorithm>
#include <array>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/kept_pushes.hpp"
#include "client/replica/file/rows.hpp"
#include "client/replica/impl.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/validate.hpp"
#include "shared/sqlite/transaction.hpp"

namespace autocusto::replica {
namespace {

constexpr std::size_t k_setting_name_bytes = 64;

error not_enrolled_yet() {
  return fail(errc::not_enrolled,
              "This laptop is not enrolled; enroll it with the link from your administrator.");
}

std::string setting_name(std::string_view name) {
  return std::string(k_user_setting) + std::string(name);
}

}  // namespace

bool replica_store::enrolled() const {
  return impl_->file.get(k_identity).has_value();
}

result<void> replica_store::enroll(const identity& who, const crypto::secret& tenant_key) {
  auto& file = impl_->file;
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
  file.put_label(ledger::k_person, who.user.raw(), who.email);
  file.put_label(ledger::k_device_name, who.device.raw(), who.device_name);
  (*scope)->commit();
  return {};
}

result<identity> replica_store::who() const {
  const auto cell = impl_->file.get(k_identity);
  if (!cell) return not_enrolled_yet();
  return unpack_identity(*cell);
}

crypto::signing_key replica_store::device_key() const {
  auto seed = impl_->file.get(k_device_key);
  if (!seed) {
    throw error_exception(
        fail(errc::not_enrolled, "This replica was wiped; enroll this laptop again."));
  }
  const crypto::secret kept(*std::move(seed));
  auto key = crypto::signing_key::from_seed(kept.view());
  if (!key) throw_damaged("the device key");
  return *std::move(key);
}

result<crypto::signing_key> replica_store::next_device_key() {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (auto seed = file.get(k_next_device_key)) {
    const crypto::secret kept(*std::move(seed));
    auto key = crypto::signing_key::from_seed(kept.view());
    if (!key) throw_damaged("the next device key");
    return *std::move(key);
  }
  auto key = crypto::signing_key::generate(file.random());
  file.put(k_next_device_key, key.seed());
  (*scope)->commit();
  return key;
}

result<void> replica_store::become(const identity& who, const crypto::public_key& key,
                                   const crypto::secret& tenant_key) {
  auto& file = impl_->file;
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
  file.put_label(ledger::k_device_name, who.device.raw(), who.device_name);
  // The new device has not pushed anything yet.
  forget_kept_pushes(file);
  file.forget(k_last_push);
  // Why the last sync failed may hold no more.
  file.forget(k_last_sync);
  (*scope)->commit();
  return {};
}

result<crypto::secret> replica_store::tenant_key() const {
  auto key = impl_->file.get(k_tenant_key);
  if (!key) return not_enrolled_yet();
  return crypto::secret(*std::move(key));
}

result<void> replica_store::set_trust(const wire::signed_object& trust) {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto cell = file.get(k_identity);
  if (!cell) return not_enrolled_yet();
  auto who = unpack_identity(*cell);
  const auto known = wire::decode_trust(who.trust.object);
  const auto offered = wire::decode_trust(trust.object);
  // Another process may have learned of a later one meanwhile.
  if (known && offered && offered->serial <= known->serial) return {};
  who.trust = trust;
  file.put(k_identity, pack(who));
  (*scope)->commit();
  return {};
}

result<void> replica_store::set_server(std::string_view host, std::uint16_t port) {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto cell = file.get(k_identity);
  if (!cell) return not_enrolled_yet();
  auto who = unpack_identity(*cell);
  who.host = host;
  who.port = port;
  file.put(k_identity, pack(who));
  (*scope)->commit();
  return {};
}

result<void> replica_store::set_setting(std::string_view name, std::string_view value) {
  if (name.empty() || name.size() > k_setting_name_bytes) {
    return fail(errc::usage, "The name of a setting has 1 to 64 bytes.", "name",
                static_cast<std::int64_t>(k_setting_name_bytes));
  }
  auto& file = impl_->file;
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

std::optional<std::string> replica_store::setting(std::string_view name) const {
  return impl_->file.get(setting_name(name));
}

result<domain::field_value> entered_value(std::string_view kind, std::string_view field,
                                          std::string_view text) {
  const auto* known = domain::find_catalogue(kind);
  if (known == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; use patient or clinic.");
  }
  const auto* spec = known->find(field);
  if (spec == nullptr) {
    return fail(errc::invalid_field,
                "There is no field " + std::string(field) + " in this kind of record.",
                std::string(field));
  }
  switch (spec->type) {
    case domain::field_type::text:
      return domain::field_value(std::string(text));
    case domain::field_type::boolean:
      break;
  }
  static constexpr std::array<std::string_view, 6> k_yes{"true", "sim", "yes", "1", "s", "y"};
  static constexpr std::array<std::string_view, 5> k_no{"false", "nao", "no", "0", "n"};
  const auto folded = domain::fold_text(text);
  if (std::find(k_yes.begin(), k_yes.end(), folded) != k_yes.end()) {
    return domain::field_value(true);
  }
  if (std::find(k_no.begin(), k_no.end(), folded) != k_no.end()) return domain::field_value(false);
  return fail(errc::invalid_field, "The field " + std::string(field) + " must be true or false.",
              std::string(field));
}

}  // namespace autocusto::replica
