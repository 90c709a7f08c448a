#include "shared/http/exchange.hpp"

#include "shared/http/compress.hpp"

namespace autocusto::http {
namespace {

void encode(response& answer) {
  if (answer.body.size() <= k_compress_above) return;
  if (find_header(answer.headers, "content-encoding")) return;
  // Level 1: pages are compressed once for each reader, and level 3 gains little on JSON.
  auto packed = zstd_compress(answer.body, 1);
  if (packed.size() >= answer.body.size()) return;
  answer.body = std::move(packed);
  answer.headers.push_back({"Content-Encoding", "zstd"});
}

/// The body as the handler shall see it, in place; or the refusal.
std::optional<error> decode(request& asked, std::size_t limit, const exchange& state) {
  const auto encoding = find_header(asked.headers, "content-encoding");
  if (!encoding || *encoding != "zstd") return std::nullopt;
  state.count_decoding();
  auto plain = zstd_decompress(asked.body, limit, k_zstd_ratio);
  if (!plain) return plain.error();
  asked.body = *std::move(plain);
  return std::nullopt;
}

}  // namespace

exchange::~exchange() {
  if (answered_) return;
  try {
    if (!cancelled_) report("the handler let go of the request without an answer");
    parts_.deliver(internal_error(parts_.request_id));
  } catch (const std::exception&) {
    // Nothing is left to tell it to; the session's own deadline ends the request.
    return;
  }
}

bool exchange::claim() {
  std::function<void()> unused;  // what the callback holds must go after the lock
  const std::lock_guard lock(mutex_);
  unused.swap(callback_);
  const bool first = !answered_;
  answered_ = true;
  return first;
}

void exchange::answer(response given) {
  if (!claim()) return;
  if (parts_.zstd) encode(given);
  parts_.deliver(std::move(given));
}

void exchange::pass() {
  if (!claim()) return;
  response go_on;
  go_on.status = k_go_on;
  parts_.deliver(std::move(go_on));
}

void exchange::count_decoding() const {
  if (parts_.decoded) ++*parts_.decoded;
}

void exchange::answer_exception(const std::exception_ptr& thrown) {
  answer(response_to(thrown, parts_.request_id, *parts_.options));
}

void exchange::report(std::string_view what) const {
  if (parts_.options->on_error) parts_.options->on_error(parts_.request_id, what);
}

void exchange::cancel() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    callback.swap(callback_);
  }
  if (!callback) return;
  try {
    callback();
  } catch (...) {
    answer_exception(std::current_exception());
  }
}

bool exchange::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void exchange::on_cancel(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (answered_) return;
    if (!cancelled_) {
      callback_.swap(callback);
      return;
    }
  }
  callback();
}

bool pass_gate(const endpoint& target, request& asked, const std::shared_ptr<exchange>& state) {
  if (!target.gate) return true;
  try {
    auto refused = target.gate(asked);
    if (!refused) return true;
    state->answer(*std::move(refused));
  } catch (...) {
    state->answer_exception(std::current_exception());
  }
  return false;
}

void serve(const endpoint& target, request asked, const std::shared_ptr<exchange>& state) {
  try {
    if (const auto refused = decode(asked, target.body_limit, *state)) {
      state->answer(problem_response(*refused, asked.request_id));
      return;
    }
    if (const auto* blocking = std::get_if<blocking_handler>(&target.handler)) {
      state->answer((*blocking)(asked));
    } else {
      std::get<deferred_handler>(target.handler)(std::move(asked), responder(state));
    }
  } catch (...) {
    state->answer_exception(std::current_exception());
  }
}

response response_to(const std::exception_ptr& thrown, std::string_view request_id,
                     const server_options& options) {
  const auto report = [&](std::string_view what) {
    if (options.on_error) options.on_error(request_id, what);
  };
  try {
    std::rethrow_exception(thrown);
  } catch (const error_exception& known) {
    const auto& problem = known.get();
    if (http_status(problem.code) >= 500) {
      report(std::string(code_name(problem.code)) + ": " + problem.message);
    }
    if (http_status(problem.code) != 500) return problem_response(problem, request_id);
  } catch (const std::exception& broken) {
    report(broken.what());
  } catch (...) {
    report("an exception of unknown type");
  }
  return internal_error(request_id);
}

std::optional<response> ask_here(const std::function<std::optional<response>(const request&)>& hook,
                                 const request& asked, const server_options& options) {
  if (!hook) return std::nullopt;
  try {
    return hook(asked);
  } catch (...) {
    return response_to(std::current_exception(), asked.request_id, options);
  }
}

response internal_error(std::string_view request_id) {
  return problem_response(
      fail(errc::internal,
           "Something went wrong on the server; tell its administrator this number."),
      request_id);
}

void responder::operator()(response answer) const {
  state_->answer(std::move(answer));
}

void responder::finish(std::function<response()> work) const {
  const auto workers = state_->workers();
  if (!workers) return;
  workers->submit_admitted([state = state_, work = std::move(work)] {
    try {
      state->answer(work());
    } catch (...) {
      state->answer_exception(std::current_exception());
    }
  });
}

bool responder::cancelled() const {
  return state_->cancelled();
}

void responder::on_cancel(std::function<void()> callback) const {
  state_->on_cancel(std::move(callback));
}

}  // namespace autocusto::http
