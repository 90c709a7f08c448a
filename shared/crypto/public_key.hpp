#pragma once
// Which 32 bytes are an Ed25519 public key that proves something.
//
// RFC 8032 lets a verifier take points of small order: under such a key one constant signature fits
// every message, so whoever presents one has no secret that the signature could prove. It also
// leaves open what to do with encodings of y >= p and of a negative zero, which give one point two
// names. None of them comes out of an honest key generation. They are refused wherever a key comes
// in, and `verify` (sign.hpp) takes no signature under one, so that a key that was stored before
// this check existed is worth nothing. Pure functions; any thread.
//
// Source of the points of small order: D. J. Bernstein, "Curve25519: new Diffie-Hellman speed
// records", and RFC 8032, section 5.1, for curve and encoding.

#include <string_view>

namespace autocusto::crypto {

/// Whether the bytes are a canonical encoding (32 bytes, y < p, no negative zero) of something that
/// is none of the eight points of small order. A few comparisons; what verifying asks.
[[nodiscard]] bool strong_encoding(std::string_view raw);

/// The same, and that there is a point with that encoding on the curve; what is asked of every key
/// that comes in.
[[nodiscard]] bool strong_public_key(std::string_view raw);

}  // namespace autocusto::crypto
