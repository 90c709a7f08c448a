#pragma once
// Endpoints and requests that the HTTP server's tests share.

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "shared/http/server.hpp"

namespace autocusto::http::testing {

inline const std::string k_host = "Host: localhost\r\n";

inline endpoint blocking(std::string method, std::string path, blocking_handler handler,
                         std::size_t limit = 0, bool bearer = false) {
  return {std::move(method), std::move(path), limit, bearer, std::move(handler)};
}

inline endpoint deferred(std::string path, deferred_handler handler) {
  return {"GET", std::move(path), 0, false, std::move(handler)};
}

inline endpoint hello() {
  return blocking("GET", "/hello", [](const request&) { return json_response("{\"a\":1}"); });
}

inline endpoint echo(std::size_t limit) {
  return blocking(
      "POST", "/echo", [](const request& asked) { return json_response(asked.body); }, limit);
}

inline std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\n" + k_host + more + "\r\n";
}

inline std::string post(const std::string& path, const std::string& body,
                        const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\n" + k_host + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The responders of waiting requests, in the order of arrival.
class waiting_room {
 public:
  deferred_handler handler() {
    return [this](const request&, responder answer) {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(answer));
    };
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  responder take() {
    const std::lock_guard lock(mutex_);
    auto first = waiting_.front();
    waiting_.erase(waiting_.begin());
    return first;
  }

 private:
  std::mutex mutex_;
  std::vector<responder> waiting_;
};

/// Lets blocking handlers wait until it is opened.
class gate {
 public:
  blocking_handler handler() {
    return [this](const request&) {
      ++inside;
      opened_.get_future().wait();
      return json_response("{}");
    };
  }
  void open() { opened_.set_value(); }
  std::atomic<int> inside{0};

 private:
  std::promise<void> opened_;
};

}  // namespace autocusto::http::testing
