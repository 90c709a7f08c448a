#include "server/api/event_log.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <typeinfo>

#include <nlohmann/json.hpp>

#include "server/store/database.hpp"
#include "shared/base/error.hpp"

namespace autocusto::api {
namespace {

/// Lines that may wait for a slow pipe; about 2 MB.
constexpr std::size_t k_queue = 8192;
/// To wake the writer costs more than to write a line: what comes within this time is written
/// together. Errors are written at once.
constexpr std::chrono::milliseconds k_gather{20};

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

void add_number(std::string& line, std::string_view name, std::int64_t value) {
  line.append(",\"").append(name).append("\":").append(std::to_string(value));
}

void add_word(std::string& line, std::string_view name, std::string_view value) {
  line.append(",\"").append(name).append("\":\"").append(value).append("\"");
}

/// Whether the text needs no escapes in a JSON string.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

/// The lines that wait, and the thread that writes them.
struct event_log::impl {
  impl(const clock_source& with, std::ostream* to) : clock(with), out(to) {
    writer = std::thread([this] { work(); });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    wake.notify_one();
    writer.join();
  }

  void add(log_level level, std::string line) {
    const bool at_once = level == log_level::error;
    bool sleeps = false;
    {
      const std::lock_guard lock(mutex);
      if (lines.size() >= k_queue) {
        lines.pop_front();
        ++lost;
      }
      sleeps = lines.empty();
      lines.push_back(std::move(line));
      urgent = urgent || at_once;
    }
    if (sleeps || at_once) wake.notify_one();
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return ended || !lines.empty(); });
      wake.wait_for(lock, k_gather, [this] { return ended || urgent; });
      if (lines.empty()) return;
      std::deque<std::string> taken;
      taken.swap(lines);
      urgent = false;
      lock.unlock();
      write_out(taken);
      lock.lock();
    }
  }

  void write_out(const std::deque<std::string>& taken) const {
    std::string text;
    for (const auto& line : taken) text.append(line).push_back('\n');
    if (out != nullptr) {
      out->write(text.data(), static_cast<std::streamsize>(text.size()));
      out->flush();
    } else {
      // Nobody is left to be told when that fails.
      std::fwrite(text.data(), 1, text.size(), stderr);
      std::fflush(stderr);
    }
  }

  std::string beginning(log_level level, std::string_view event) const {
    std::string line;
    line.reserve(256);
    line.append("{\"at\":\"").append(format_time(clock.now())).append("\"");
    add_word(line, "level", level_name(level));
    add_word(line, "event", event);
    return line;
  }

  const clock_source& clock;
  std::ostream* const out;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> lines;
  std::uint64_t lost = 0;
  bool urgent = false;
  bool ended = false;
  std::thread writer;  ///< last: it uses the rest
};

event_log::event_log(const clock_source& clock, std::ostream* out)
    : impl_(std::make_unique<impl>(clock, out)) {}

event_log::~event_log() = default;

void event_log::write(log_level level, std::string_view event, const nlohmann::json& fields) {
  auto line = impl_->beginning(level, event);
  for (const auto& [name, value] : fields.items()) {
    line.append(",\"").append(name).append("\":");
    line.append(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  impl_->add(level, std::move(line.append("}")));
}

void event_log::request(const http::access_record& done) {
  const auto level = done.status >= 500 ? log_level::error : log_level::info;
  auto line = impl_->beginning(level, "request");
  add_word(line, "request_id", done.request_id);
  add_word(line, "method", done.method);
  add_word(line, "route", is_plain(done.route) ? done.route : std::string_view("odd"));
  add_number(line, "status", done.status);
  add_number(line, "micros", done.micros);
  add_number(line, "bytes_in", static_cast<std::int64_t>(done.bytes_in));
  add_number(line, "bytes_out", static_cast<std::int64_t>(done.bytes_out));
  // Strangers can make the server refuse with 503: nothing that they send wakes the writer.
  impl_->add(log_level::info, std::move(line.append("}")));
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
  const std::lock_guard lock(impl_->mutex);
  return impl_->lost;
}

}  // namespace autocusto::api
