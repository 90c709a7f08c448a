#pragma once
// How much one device, user or address may ask of one server process. Values only.
//
// The defaults are such that no honest clinic meets them: 200 laptops behind one address, first
// syncs of whole records, a laptop that registers some thousand patients a day. 0 means no limit.

#include <cstdint>

namespace autocusto::limits {

struct by_scope {
  std::int64_t device = 0;
  std::int64_t user = 0;     ///< of all the user's devices together
  std::int64_t address = 0;  ///< see http::address_key

  friend bool operator==(const by_scope&, const by_scope&) = default;
};

struct usage_settings {
  by_scope connections{.device = 32, .user = 128, .address = 1'000};
  /// Connections on which no good token has come yet.
  by_scope connections_without_token{.device = 0, .user = 0, .address = 300};
  by_scope long_polls{.device = 8, .user = 64, .address = 0};
  /// Requests to /v1/session for an address; sessions that were opened for the others.
  by_scope sessions_per_minute{.device = 300, .user = 1'200, .address = 6'000};
  by_scope pushes_per_minute{.device = 600, .user = 2'400, .address = 12'000};
  /// Pushes that were refused, or of which a version was.
  by_scope refused_per_minute{.device = 60, .user = 240, .address = 2'400};
  /// What pushes made the server look at of histories, beyond what their own versions need
  /// (limits::push_work): 3,000,000 are about 1.4 s of the writer.
  by_scope push_work_per_minute{.device = 3'000'000, .user = 12'000'000, .address = 0};
  /// Requests with a token but pushes, weighed (`request_work` in server/api/route.cpp): 30,000 are
  /// some 10 s of one processor at most.
  by_scope request_work_per_minute{.device = 30'000, .user = 120'000, .address = 0};
  /// Tokens that were not good. After so many an unknown one is not looked up any more.
  by_scope failed_tokens_per_minute{.device = 0, .user = 0, .address = 1'200};
  /// Requests with a token that have a worker: fewer than there are database connections.
  by_scope requests_at_once{.device = 4, .user = 0, .address = 0};
  /// Bodies of more than 16 KiB that are being read.
  by_scope long_bodies_at_once{.device = 2, .user = 0, .address = 0};
  by_scope versions_per_day{.device = 100'000, .user = 400'000, .address = 0};
  by_scope megabytes_per_day{.device = 2'048, .user = 8'192, .address = 0};

  friend bool operator==(const usage_settings&, const usage_settings&) = default;
};

/// No limits at all: for tests whose clock stands still, and for benchmarks.
[[nodiscard]] inline usage_settings no_limits() {
  return {.connections = {},
          .connections_without_token = {},
          .long_polls = {},
          .sessions_per_minute = {},
          .pushes_per_minute = {},
          .refused_per_minute = {},
          .push_work_per_minute = {},
          .request_work_per_minute = {},
          .failed_tokens_per_minute = {},
          .requests_at_once = {},
          .long_bodies_at_once = {},
          .versions_per_day = {},
          .megabytes_per_day = {}};
}

}  // namespace autocusto::limits
