#include "client/vault/vault.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "shared/crypto/hash.hpp"
#include "shared/passphrase/prepared.hpp"

namespace autocusto::vault {
namespace {

// The envelope: magic, version, 16 bytes of cost, salt, then the sealed data key. All that stands
// before the sealed key is its associated data. The cost: of version 2 (Argon2id) memory in KiB,
// passes, lanes and zero, 4 bytes each; of version 1 (scrypt) n (8 bytes), r (4), p (4). Numbers
// are little-endian.
constexpr std::string_view k_magic = "autocusto vault";
constexpr unsigned char k_scrypt_version = 1;
constexpr unsigned char k_version = 2;
constexpr std::size_t k_cost_at = k_magic.size() + 1;
constexpr std::size_t k_salt_size = 16;
constexpr std::size_t k_head_size = k_magic.size() + 1 + 8 + 4 + 4 + k_salt_size;
constexpr std::size_t k_envelope_size =
    k_head_size + crypto::k_aead_key_size + crypto::k_aead_overhead;

void append_number(bytes& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

std::uint64_t number_at(std::string_view from, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(from[at + i - 1]);
  }
  return value;
}

crypto::secret sub_key(const crypto::secret& data_key, std::string_view label) {
  auto key = crypto::hmac_sha256(data_key.view(), label);
  auto out = crypto::secret::copy_of(key.raw());
  key.data().fill(0);
  // Another key takes the place of the data key, which the hash function keeps for its next call.
  static_cast<void>(crypto::hmac_sha256({}, {}));
  return out;
}

cell_sealer sub_sealer(const crypto::secret& data_key, std::string_view label,
                       random_source& random) {
  return {sub_key(data_key, label).view(), random};
}

crypto::secret random_key(random_source& random) {
  return crypto::secret(random.bytes(crypto::k_aead_key_size));
}

/// The associated data of a cell, without an allocation: table, column (each ended by a zero byte)
/// and the row's number.
class place_text {
 public:
  explicit place_text(const cell_place& at) {
    if (at.table.size() + at.column.size() + 2 + sizeof(at.row) > text_.size()) {
      throw std::invalid_argument("the name of a cell is too long");
    }
    append(at.table);
    text_[size_++] = '\0';
    append(at.column);
    text_[size_++] = '\0';
    const auto row = static_cast<std::uint64_t>(at.row);
    for (unsigned i = 0; i < sizeof(row); ++i) {
      text_[size_++] = static_cast<char>(row >> (8 * i) & 0xFF);
    }
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  void append(std::string_view part) {
    std::copy(part.begin(), part.end(), text_.data() + size_);
    size_ += part.size();
  }

  std::array<char, 80> text_;
  std::size_t size_ = 0;
};

constexpr cell_place wrap_place(std::int64_t row) {
  return {.table = "holding", .row = row, .column = "key_wrap"};
}

error bad_envelope() {
  return fail(
      errc::malformed,
      "The key envelope of the replica is damaged; take a new enrollment link from the "
      "administrator and enroll in another folder (--home): what the server has comes back.");
}

crypto::argon2_params argon2_cost(std::string_view envelope) {
  const auto number = [envelope](std::size_t at) {
    return static_cast<std::uint32_t>(number_at(envelope, k_cost_at + at, 4));
  };
  return {.memory_kib = number(0), .passes = number(4), .lanes = number(8)};
}

result<crypto::secret> wrapping_key(std::string_view envelope, std::string_view passphrase) {
  const auto salt = envelope.substr(k_cost_at + 16, k_salt_size);
  if (static_cast<unsigned char>(envelope[k_magic.size()]) == k_version) {
    return crypto::argon2id(passphrase, salt, argon2_cost(envelope));
  }
  const crypto::scrypt_params params{
      .n = number_at(envelope, k_cost_at, 8),
      .r = static_cast<std::uint32_t>(number_at(envelope, k_cost_at + 8, 4)),
      .p = static_cast<std::uint32_t>(number_at(envelope, k_cost_at + 12, 4))};
  return crypto::scrypt(passphrase, salt, params);
}

/// The data key; empty when the passphrase is not the one.
result<crypto::secret> opened(std::string_view envelope, std::string_view passphrase) {
  const auto key = wrapping_key(envelope, passphrase);
  if (!key) return key.error();
  auto data_key =
      crypto::open(key->view(), envelope.substr(0, k_head_size), envelope.substr(k_head_size));
  return data_key ? crypto::secret(*std::move(data_key)) : crypto::secret();
}

}  // namespace

bool forbid_core_dumps() noexcept {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  const bool limited = ::setrlimit(RLIMIT_CORE, &none) == 0;
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && limited;
}

bytes cell_sealer::seal(const cell_place& at, std::string_view plain) {
  return sealer_.seal(*random_, place_text(at).view(), plain);
}

std::optional<bytes> cell_sealer::open(const cell_place& at, std::string_view sealed) {
  return sealer_.open(place_text(at).view(), sealed);
}

keyring::keyring(crypto::secret data_key, random_source& random)
    : data_key_(std::move(data_key)),
      index_key_(sub_key(data_key_, "autocusto/vault/index")),
      random_(&random),
      cells_(sub_sealer(data_key_, "autocusto/vault/cell", random)),
      wraps_(sub_sealer(data_key_, "autocusto/vault/record", random)) {}

keyring keyring::create(random_source& random) {
  return {random_key(random), random};
}

result<bytes> keyring::envelope(std::string_view passphrase, const crypto::argon2_params& params) {
  if (passphrase::blank(passphrase)) {
    return fail(errc::usage,
                "The passphrase is empty or has blanks alone; take one of several words.");
  }
  bytes out(k_magic);
  out.push_back(static_cast<char>(k_version));
  append_number(out, params.memory_kib, 4);
  append_number(out, params.passes, 4);
  append_number(out, params.lanes, 4);
  append_number(out, 0, 4);
  const bytes salt = random_->bytes(k_salt_size);
  out += salt;
  const auto key = crypto::argon2id(passphrase::prepared(passphrase).view(), salt, params);
  if (!key) return key.error();
  out += crypto::seal(key->view(), *random_, out, data_key_.view());
  return out;
}

bool keyring::aged(std::string_view envelope, const passphrase::cost_range& range) {
  if (envelope.size() != k_envelope_size) return false;
  const auto version = static_cast<unsigned char>(envelope[k_magic.size()]);
  if (version == k_scrypt_version) return true;
  return version == k_version && passphrase::too_cheap(argon2_cost(envelope), range);
}

result<keyring> keyring::open(std::string_view envelope, std::string_view passphrase,
                              random_source& random) {
  if (!envelope.starts_with(k_magic) || envelope.size() <= k_magic.size()) return bad_envelope();
  const auto version = static_cast<unsigned char>(envelope[k_magic.size()]);
  if (version > k_version) {
    return fail(errc::schema_too_new,
                "This replica was sealed by a newer program; update this one to open it.");
  }
  if (envelope.size() != k_envelope_size || version == 0) return bad_envelope();
  const crypto::secret text = passphrase::prepared(passphrase);
  auto data_key = opened(envelope, text.view());
  // Older programs took the bytes as they came.
  if (version == k_scrypt_version) {
    for (const auto form : passphrase::older_forms(passphrase)) {
      if (data_key && data_key->empty()) data_key = opened(envelope, form);
    }
  }
  if (!data_key) {
    return data_key.error().code == errc::unavailable ? data_key.error() : bad_envelope();
  }
  if (data_key->empty()) {
    return fail(errc::wrong_passphrase,
                "The passphrase does not open this replica; check it and try again.");
  }
  return keyring(*std::move(data_key), random);
}

content_key keyring::new_content_key(std::int64_t row) {
  const auto key = random_key(*random_);
  return {cell_sealer(key.view(), *random_), wraps_.seal(wrap_place(row), key.view())};
}

std::optional<cell_sealer> keyring::open_content_key(std::int64_t row, std::string_view wrap) {
  auto opened = wraps_.open(wrap_place(row), wrap);
  if (!opened) return std::nullopt;
  const crypto::secret key(*std::move(opened));
  if (key.size() != crypto::k_aead_key_size) return std::nullopt;
  return cell_sealer(key.view(), *random_);
}

lookup_hash keyring::lookup(std::string_view what, std::string_view value) const {
  // The label has a length of its own in front, so that no two (what, value) pairs run together.
  std::string text;
  text.reserve(what.size() + value.size() + 1);
  text.push_back(static_cast<char>(what.size()));
  text += what;
  text += value;
  const auto mac = crypto::hmac_sha256(index_key_.view(), text);
  lookup_hash out;
  std::copy_n(mac.raw().data(), out.size(), out.data());
  return out;
}

}  // namespace autocusto::vault
