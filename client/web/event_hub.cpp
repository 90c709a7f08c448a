#include "client/web/event_hub.hpp"

#include <algorithm>
#include <utility>

namespace autocusto::web {
namespace {

/// Well below the time after which the HTTP server gives a handler up.
constexpr std::int64_t k_longest_hold = 25'000;
constexpr std::size_t k_most_waiting = 64;

http::response event(std::uint64_t number, const std::string& state) {
  return http::json_response(R"({"event":)" + std::to_string(number) + R"(,"state":)" + state +
                             "}");
}

}  // namespace

event_hub::event_hub(std::function<std::string(const std::string&)> state)
    : state_(std::move(state)) {}

void event_hub::tell(const waiter& to, std::uint64_t number) const {
  to.answer.finish(
      [state = state_, session = to.session, number] { return event(number, state(session)); });
}

void event_hub::wait(std::string session, std::uint64_t seen, const http::responder& answer) {
  // A page that goes away needs no answer; one whose server stops gets one, so that it ends well.
  answer.on_cancel([answer, seen] { answer(event(seen, "null")); });
  waiter mine{std::move(session), 0, answer};
  std::uint64_t number = 0;
  std::vector<waiter> dropped;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const waiter& each) { return each.answer.cancelled(); });
    number = number_;
    if (seen == number) {
      mine.since = now_;
      if (waiting_.size() >= k_most_waiting) {
        dropped.push_back(std::move(waiting_.front()));
        waiting_.erase(waiting_.begin());
      }
      waiting_.push_back(mine);
    }
  }
  for (const auto& each : dropped) each.answer(event(number, "null"));
  if (seen != number) tell(mine, number);
}

void event_hub::publish() {
  std::vector<waiter> all;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++number_;
    all.swap(waiting_);
  }
  for (const auto& each : all) tell(each, number);
}

void event_hub::keep_alive(std::int64_t now) {
  std::vector<waiter> late;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    now_ = now;
    number = number_;
    const auto first =
        std::stable_partition(waiting_.begin(), waiting_.end(), [now](const waiter& each) {
          return now - each.since < k_longest_hold && !each.answer.cancelled();
        });
    std::move(first, waiting_.end(), std::back_inserter(late));
    waiting_.erase(first, waiting_.end());
  }
  for (const auto& each : late) each.answer(event(number, "null"));
}

std::uint64_t event_hub::current() const {
  const std::lock_guard lock(mutex_);
  return number_;
}

}  // namespace autocusto::web
