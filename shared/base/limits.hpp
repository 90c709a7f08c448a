#pragma once
// The limits of the protocol, in one place. Both sides enforce them; errors name them.

#include <cstddef>
#include <cstdint>

namespace autocusto::limits {

inline constexpr std::size_t version_bytes = 64 * 1024;  ///< header + payload of one version
inline constexpr std::size_t summary_code_points = 500;
inline constexpr std::size_t parents = 16;
inline constexpr std::size_t heads_per_view = 16;
/// Of one record in one user's view: one every working hour for ten years (8 × 250 × 10).
inline constexpr std::size_t versions_per_view = 20'000;
/// Work of one push: 6 for each version of a history that is loaded, 20 more where its values are
/// read, 1 for each edge between versions that is followed: what touching three views of the
/// greatest length costs. A push that only goes on from the newest versions costs 8 for each.
inline constexpr std::int64_t push_work = 500'000;
inline constexpr std::size_t batch_versions = 1000;          ///< a push, and the items of a page
inline constexpr std::size_t batch_bytes = 8 * 1024 * 1024;  ///< a push or page, uncompressed
inline constexpr std::size_t known_ids = 10'000;             ///< asked about in one /v1/known
inline constexpr std::size_t json_depth = 8;
inline constexpr std::int64_t json_integer = std::int64_t{1} << 53;  ///< greatest magnitude
inline constexpr std::size_t quarantine_bytes = 64 * 1024 * 1024;    ///< per user
inline constexpr std::size_t quarantine_items = 10'000;              ///< per user
inline constexpr int long_poll_seconds = 60;
/// The most that a laptop tells of how long an edit has waited: a hundred years.
inline constexpr std::int64_t most_unsent_seconds = std::int64_t{100} * 366 * 24 * 3600;
inline constexpr std::int64_t session_millis = 60 * 60 * 1000;
inline constexpr std::int64_t challenge_millis = 60 * 1000;
inline constexpr std::int64_t enrollment_millis = 72LL * 60 * 60 * 1000;

}  // namespace autocusto::limits
