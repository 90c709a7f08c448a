#include "server/store/postgres/waker.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace autocusto::store {
namespace {

constexpr int k_first_pause_millis = 100;
constexpr int k_longest_pause_millis = 5'000;
// A connection that says nothing for this long is asked whether it still lives.
constexpr int k_idle_millis = 30'000;

}  // namespace

pg_waker::pg_waker(std::string url, std::function<void(const user_id&)> callback)
    : url_(std::move(url)), callback_(std::move(callback)) {
  event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_ < 0) {
    throw std::system_error(errno, std::generic_category(), "no event descriptor for wake-ups");
  }
  thread_ = std::thread([this] { loop(); });
}

pg_waker::~pg_waker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  signal();
  thread_.join();
  ::close(event_);
}

void pg_waker::notify(const std::vector<user_id>& users) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(users.begin(), users.end());
  }
  signal();
}

void pg_waker::signal() const noexcept {
  // A full counter already wakes, so the result does not matter.
  [[maybe_unused]] const auto written = ::eventfd_write(event_, 1);
}

void pg_waker::loop() {
  int pause = k_first_pause_millis;
  while (true) {
    bool ending = false;
    {
      const std::lock_guard lock(mutex_);
      ending = stopping_;
    }
    try {
      if (!connection_) connect();
      pause = k_first_pause_millis;
      send_waiting();
      if (ending) return;
      wait(k_idle_millis);
      receive();
    } catch (const database_error&) {
      connection_.reset();
      if (ending) return;
      wait(pause);
      pause = std::min(pause * 2, k_longest_pause_millis);
    }
  }
}

void pg_waker::connect() {
  connection_ = std::make_unique<pg_connection>(url_);
  connection_->execute("listen", "LISTEN autocusto_wake");
  if (std::exchange(connected_before_, true)) callback_(user_id());
}

void pg_waker::send_waiting() {
  static constexpr sql_query q{
      "notify", "SELECT count(pg_notify('autocusto_wake', u.id)) FROM {set u: id=$1}"};
  std::set<user_id> users;
  {
    const std::lock_guard lock(mutex_);
    users.swap(waiting_);
  }
  if (users.empty()) return;
  std::vector<std::string> texts;
  for (const user_id& user : users) texts.push_back(user.text());
  try {
    connection_->run(
        q,
        {sql_list(sql_type::text, texts, [](const std::string& t) { return std::string_view(t); })},
        [](const sql_row&) {});
  } catch (const database_error&) {
    const std::lock_guard lock(mutex_);
    waiting_.merge(users);  // sent again on the next connection
    throw;
  }
}

void pg_waker::wait(int milliseconds) {
  pollfd on[2] = {{event_, POLLIN, 0}, {connection_ ? connection_->socket() : -1, POLLIN, 0}};
  const int ready = ::poll(on, 2, milliseconds);
  eventfd_t count = 0;
  [[maybe_unused]] const auto got = ::eventfd_read(event_, &count);
  if (ready == 0 && connection_) connection_->execute("still there", "SELECT 1");
}

void pg_waker::receive() {
  const int own = connection_->backend_pid();
  connection_->read_notifications([&](int sender, std::string_view payload) {
    if (sender == own) return;
    if (const auto user = user_id::parse(payload)) callback_(*user);
  });
}

}  // namespace autocusto::store
