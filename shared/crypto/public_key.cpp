#include "shared/crypto/public_key.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <openssl/bn.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/openssl_handles.hpp"

namespace autocusto::crypto {
namespace {

using detail::must;
using detail::must_have;

constexpr std::size_t k_size = 32;
constexpr char k_without_sign = 0x7F;

/// The y coordinates, as they are encoded, of the eight points whose order divides 8: the identity,
/// the point of order 2, the two of order 4, and the four of order 8 (two with each y). With the
/// sign of x cleared five values name them all.
constexpr std::array<std::string_view, 5> k_small_order{
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"};

/// p = 2^255 - 19, and d of the curve -x^2 + y^2 = 1 + d x^2 y^2, most significant digit first.
constexpr const char* k_p = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr const char* k_d = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

std::string without_sign(std::string_view raw) {
  std::string y(raw);
  y.back() = static_cast<char>(y.back() & k_without_sign);
  return y;
}

/// y in little-endian bytes, compared with p: only its lowest byte can differ.
bool below_p(std::string_view y) {
  if (y.back() != k_without_sign) return true;
  const auto middle = y.substr(1, k_size - 2);
  if (!std::all_of(middle.begin(), middle.end(), [](char c) { return c == '\xFF'; })) return true;
  return static_cast<unsigned char>(y.front()) < 0xED;
}

bool of_small_order(std::string_view y) {
  const auto digits = to_hex(y);
  return std::find(k_small_order.begin(), k_small_order.end(), digits) != k_small_order.end();
}

using number = std::unique_ptr<BIGNUM, detail::deleter<BN_free>>;
using number_context = std::unique_ptr<BN_CTX, detail::deleter<BN_CTX_free>>;

number new_number() {
  return number(must_have(BN_new(), "a number"));
}

number number_of(const char* hex) {
  BIGNUM* raw = nullptr;
  must(BN_hex2bn(&raw, hex) > 0, "a constant of the curve");
  return number(raw);
}

/// Whether x^2 = (y^2 - 1) / (d y^2 + 1) has a solution. The divisor is never 0, since -1/d is no
/// square; so the quotient is a square exactly when the product of the two is.
bool on_curve(std::string_view y_bytes) {
  const number_context context(must_have(BN_CTX_new(), "a context"));
  const auto p = number_of(k_p);
  const auto d = number_of(k_d);
  const number y(must_have(BN_lebin2bn(detail::in(y_bytes), k_size, nullptr), "a coordinate"));
  const auto square = new_number();
  const auto upper = new_number();
  const auto lower = new_number();
  const auto product = new_number();
  must(BN_mod_sqr(square.get(), y.get(), p.get(), context.get()) == 1 &&
           BN_mod_sub(upper.get(), square.get(), BN_value_one(), p.get(), context.get()) == 1 &&
           BN_mod_mul(lower.get(), d.get(), square.get(), p.get(), context.get()) == 1 &&
           BN_mod_add(lower.get(), lower.get(), BN_value_one(), p.get(), context.get()) == 1 &&
           BN_mod_mul(product.get(), upper.get(), lower.get(), p.get(), context.get()) == 1,
       "placing a point");
  return BN_kronecker(product.get(), p.get(), context.get()) == 1;
}

}  // namespace

bool strong_encoding(std::string_view raw) {
  if (raw.size() != k_size) return false;
  const auto y = without_sign(raw);
  return below_p(y) && !of_small_order(y);
}

bool strong_public_key(std::string_view raw) {
  return strong_encoding(raw) && on_curve(without_sign(raw));
}

}  // namespace autocusto::crypto
