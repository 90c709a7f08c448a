#include "server/api/event_log.hpp"

#include <ostream>
#include <system_error>
#include <typeinfo>

#include <nlohmann/json.hpp>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "server/store/database.hpp"
#include "shared/base/error.hpp"

namespace autocusto::api {
namespace {

/// Lines that may wait for a slow pipe; about 2 MB.
constexpr std::size_t k_queue = 8192;

std::string_view level_name(log_level level) {
  switch (level) {
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

struct event_log::impl {
  const clock_source& clock;
  std::shared_ptr<spdlog::async_logger> logger;
  /// Last, so that it goes first: it writes what is queued and joins its thread, and only then do
  /// logger and sink go, in this thread.
  std::shared_ptr<spdlog::details::thread_pool> writer;
};

event_log::event_log(const clock_source& clock, std::ostream* out) {
  spdlog::sink_ptr sink;
  if (out != nullptr) {
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*out, true);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto writer = std::make_shared<spdlog::details::thread_pool>(k_queue, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      "events", sink, writer, spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%v");
  impl_ = std::make_unique<impl>(impl{clock, std::move(logger), std::move(writer)});
}

event_log::~event_log() = default;

void event_log::write(log_level level, std::string_view event, const nlohmann::json& fields) {
  nlohmann::ordered_json line{
      {"at", format_time(impl_->clock.now())}, {"level", level_name(level)}, {"event", event}};
  for (const auto& [name, value] : fields.items()) line[name] = value;
  impl_->logger->log(spdlog_level(level),
                     spdlog::string_view_t(line.dump(
                         -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
}

void event_log::request(const http::access_record& done) {
  write(done.status >= 500 ? log_level::error : log_level::info, "request",
        {{"request_id", done.request_id},
         {"method", done.method},
         {"route", done.route},
         {"status", done.status},
         {"micros", done.micros},
         {"bytes_in", done.bytes_in},
         {"bytes_out", done.bytes_out}});
}

void event_log::exception(std::string_view request_id, const std::exception& what) {
  nlohmann::json fields{{"request_id", request_id}};
  if (const auto* known = dynamic_cast<const error_exception*>(&what)) {
    fields["code"] = code_name(known->get().code);
  } else if (dynamic_cast<const store::database_error*>(&what) != nullptr ||
             dynamic_cast<const std::system_error*>(&what) != nullptr) {
    fields["what"] = what.what();
  } else {
    fields["type"] = typeid(what).name();
  }
  write(log_level::error, "exception", fields);
}

std::uint64_t event_log::dropped() const {
  return impl_->writer->overrun_counter();
}

}  // namespace autocusto::api
