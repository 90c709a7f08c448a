#include "server/auth/sealed_stream.hpp"

#include <algorithm>
#include <stdexcept>

#include "shared/crypto/hash.hpp"
#include "shared/passphrase/prepared.hpp"

namespace autocusto::auth {
namespace {

constexpr std::string_view k_magic = "ACSEALD2";
constexpr std::string_view k_scrypt_magic = "ACSEALD1";
constexpr std::size_t k_cost_at = 9;
constexpr std::size_t k_salt_size = 32;
constexpr std::size_t k_check_size = 32;
constexpr std::size_t k_salt_at = k_cost_at + 16;
constexpr std::size_t k_head_size = k_salt_at + k_salt_size;
constexpr std::size_t k_chunk = std::size_t{256} * 1024;

std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    out[size - 1 - i] = static_cast<char>((value >> (8 * i)) & 0xFF);
  }
  return out;
}

std::uint64_t from_big_endian(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char c : raw) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

std::string chunk_data(std::uint64_t index, bool last) {
  return big_endian(index, 8) + (last ? '\1' : '\0');
}

std::unique_ptr<crypto::sealer> sealer_of(const crypto::secret& key) {
  hash256 derived = crypto::hmac_sha256(key.view(), "seal");
  auto sealer = std::make_unique<crypto::sealer>(derived.raw());
  derived = {};
  return sealer;
}

error damaged() {
  return fail(errc::malformed,
              "The file is damaged or was cut off; nothing was taken from it. Use another copy.");
}

/// From a whole head.
result<crypto::secret> key_of(std::string_view head, std::string_view passphrase) {
  const auto number = [head](std::size_t at) {
    return static_cast<std::uint32_t>(from_big_endian(head.substr(k_cost_at + at, 4)));
  };
  const auto salt = head.substr(k_salt_at, k_salt_size);
  if (head.starts_with(k_scrypt_magic)) {
    return crypto::scrypt(
        passphrase, salt,
        {.n = from_big_endian(head.substr(k_cost_at, 8)), .r = number(8), .p = number(12)});
  }
  return crypto::argon2id(passphrase, salt,
                          {.memory_kib = number(0), .passes = number(4), .lanes = number(8)});
}

}  // namespace

sealed_writer::sealed_writer(sealed_kind kind, const crypto::secret& passphrase,
                             random_source& random, byte_sink out,
                             const crypto::argon2_params& cost)
    : random_(random), out_(std::move(out)) {
  const std::string salt = random.bytes(k_salt_size);
  const crypto::secret key =
      crypto::argon2id(passphrase::prepared(passphrase.view()).view(), salt, cost).value();
  std::string head(k_magic);
  head += static_cast<char>(kind);
  head += big_endian(cost.memory_kib, 4) + big_endian(cost.passes, 4) + big_endian(cost.lanes, 4) +
          big_endian(0, 4) + salt;
  head += crypto::hmac_sha256(key.view(), head).raw();
  sealer_ = sealer_of(key);
  out_(head);
}

void sealed_writer::write(std::string_view plain) {
  while (!plain.empty()) {
    if (pending_.size() == k_chunk) put_chunk(false);
    const std::size_t n = std::min(plain.size(), k_chunk - pending_.size());
    pending_.append(plain.substr(0, n));
    plain.remove_prefix(n);
  }
}

void sealed_writer::finish() {
  put_chunk(true);
}

void sealed_writer::put_chunk(bool last) {
  const std::string sealed = sealer_->seal(random_, chunk_data(index_++, last), pending_);
  out_(big_endian(sealed.size(), 4));
  out_(sealed);
  wipe(pending_);
}

result<sealed_reader> sealed_reader::open(sealed_kind kind, const crypto::secret& passphrase,
                                          byte_source in) {
  const std::string head = in(k_head_size);
  const std::string check = in(k_check_size);
  const bool old_one = head.starts_with(k_scrypt_magic);
  if (head.size() != k_head_size || check.size() != k_check_size ||
      (!old_one && !head.starts_with(k_magic))) {
    return fail(errc::malformed, "The file is not one that autocusto-server sealed.");
  }
  if (static_cast<std::uint8_t>(head[8]) != static_cast<std::uint8_t>(kind)) {
    return fail(errc::malformed, kind == sealed_kind::keys
                                     ? "The file is not a key bundle (`keys export` makes one)."
                                     : "The file is not a backup (`backup` makes one).");
  }
  const crypto::secret text = passphrase::prepared(passphrase.view());
  const auto fits = [&head, &check](const crypto::secret& key) {
    return crypto::constant_time_equal(crypto::hmac_sha256(key.view(), head).raw(), check);
  };
  auto key = key_of(head, text.view());
  if (old_one) {
    for (const auto form : passphrase::older_forms(passphrase.view())) {
      if (key && !fits(*key)) key = key_of(head, form);
    }
  }
  if (!key) return key.error();
  if (!fits(*key)) {
    return fail(errc::wrong_passphrase, "The passphrase is not the one that sealed this file.");
  }
  return sealed_reader(std::move(in), sealer_of(*key));
}

result<std::string> sealed_reader::next() {
  if (done_) return std::string{};
  const std::string length = in_(4);
  if (length.size() != 4) return damaged();
  const auto size = static_cast<std::size_t>(from_big_endian(length));
  if (size < crypto::k_aead_overhead || size > k_chunk + crypto::k_aead_overhead) return damaged();
  const std::string sealed = in_(size);
  if (sealed.size() != size) return damaged();
  auto plain = sealer_->open(chunk_data(index_, false), sealed);
  if (!plain) {
    plain = sealer_->open(chunk_data(index_, true), sealed);
    if (!plain || !in_(1).empty()) return damaged();
    done_ = true;
  } else if (plain->empty()) {
    return damaged();  // only the last chunk may be empty
  }
  ++index_;
  return std::move(*plain);
}

std::string seal_whole(sealed_kind kind, const crypto::secret& passphrase, random_source& random,
                       std::string_view plain) {
  std::string out;
  sealed_writer writer(kind, passphrase, random, [&out](std::string_view part) { out += part; });
  writer.write(plain);
  writer.finish();
  return out;
}

result<std::string> open_whole(sealed_kind kind, const crypto::secret& passphrase,
                               std::string_view sealed) {
  auto reader = sealed_reader::open(kind, passphrase, [sealed](std::size_t size) mutable {
    const std::string part(sealed.substr(0, size));
    sealed.remove_prefix(part.size());
    return part;
  });
  if (!reader) return reader.error();
  std::string plain;
  while (true) {
    auto part = reader->next();
    if (!part) return part.error();
    if (part->empty()) return plain;
    plain += *part;
  }
}

}  // namespace autocusto::auth
