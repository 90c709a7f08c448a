#pragma once
// Internal to shared/http: one request in the hands of its handler.
//
// The session makes an exchange, hands it to a worker inside a job, and keeps only a weak pointer.
// Responders share it; whoever answers first wins, and when the last owner goes without an answer,
// the destructor answers 500. It knows nothing of sockets: `deliver` carries the answer home.
// All functions may be called from any thread.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "shared/http/message.hpp"
#include "shared/http/server.hpp"
#include "shared/http/worker_pool.hpp"

namespace autocusto::http {

/// The status by which a gate's verdict comes home: the body is welcome.
inline constexpr int k_go_on = 100;

class exchange {
 public:
  struct parts {
    std::string request_id;
    bool zstd = false;  ///< the client takes compressed responses
    std::function<void(response)> deliver;
    std::shared_ptr<const server_options> options;  ///< for the error hook
    std::weak_ptr<worker_pool> workers;
    std::shared_ptr<std::atomic<std::uint64_t>> decoded;  ///< counts bodies that are unpacked
  };

  explicit exchange(parts given) : parts_(std::move(given)) {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  void answer(response given);
  /// The gate lets the request in: delivers a response of status 100, for the session alone.
  void pass();
  /// Answers for a handler that threw, with `response_to`.
  void answer_exception(const std::exception_ptr& thrown);
  void report(std::string_view what) const;
  void count_decoding() const;

  void cancel();
  [[nodiscard]] bool cancelled() const;
  void on_cancel(std::function<void()> callback);

  [[nodiscard]] const std::string& request_id() const { return parts_.request_id; }
  [[nodiscard]] std::shared_ptr<worker_pool> workers() const { return parts_.workers.lock(); }

 private:
  [[nodiscard]] bool claim();

  const parts parts_;
  mutable std::mutex mutex_;
  bool answered_ = false;
  bool cancelled_ = false;
  std::function<void()> callback_;
};

/// Asks the endpoint's gate; false when it has refused, which is then answered.
[[nodiscard]] bool pass_gate(const endpoint& target, request& asked,
                             const std::shared_ptr<exchange>& state);

/// What a worker does for a request that the gate lets in: undoes the body's content encoding
/// within the route's limit, calls the handler, and answers (a deferred handler: or leaves that to
/// the responder).
void serve(const endpoint& target, request asked, const std::shared_ptr<exchange>& state);

/// What a handler that threw is answered with: an `error_exception` with its own problem document,
/// anything else with a fixed 500. What is our fault is logged.
[[nodiscard]] response response_to(const std::exception_ptr& thrown, std::string_view request_id,
                                   const server_options& options);

/// What an endpoint's hook for the socket thread says; nothing also where there is no hook.
[[nodiscard]] std::optional<response> ask_here(
    const std::function<std::optional<response>(const request&)>& hook, const request& asked,
    const server_options& options);

/// The one body of every failure that is not explained to clients.
[[nodiscard]] response internal_error(std::string_view request_id);

}  // namespace autocusto::http
