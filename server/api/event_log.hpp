#pragma once
// Log lines: one JSON object a line, for machines to collect and people to read.
//
//   {"at":"2026-11-22T10:00:00.123Z","level":"info","event":"request","request_id":"…",
//    "method":"POST","route":"/v1/push","status":200,"micros":1234,"bytes_in":…,"bytes_out":…}
//
// What may stand in a line: names of events, counts, times, request ids, route patterns, codes. Not
// allowed: anything of a patient, record or version ids, e-mails, names, tokens, codes, keys,
// paths with values in them. Lines are written by a thread of the log's own, those of some
// milliseconds together (errors at once); when its queue is full the oldest lines are dropped and
// counted, so that a slow pipe never holds up a request. Any thread may write.

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/clock.hpp"
#include "shared/http/server.hpp"

namespace autocusto::api {

enum class log_level { info, warning, error };

class event_log {
 public:
  /// Lines go to the process's stderr, or to `out`, which must outlive the log.
  explicit event_log(const clock_source& clock, std::ostream* out = nullptr);
  event_log(const event_log&) = delete;
  event_log& operator=(const event_log&) = delete;
  /// Writes what is queued.
  ~event_log();

  /// `fields` is an object of numbers and short fixed texts.
  void write(log_level level, std::string_view event, const nlohmann::json& fields);
  void request(const http::access_record& done);
  /// What an exception was, without anything that it may quote: the texts of the database's own
  /// errors and of the operating system's, of all others the type.
  void exception(std::string_view request_id, const std::exception& what);

  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::api
