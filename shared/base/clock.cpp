#include "shared/base/clock.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace autocusto {
namespace {

class operating_system_clock final : public clock_source {
 public:
  unix_millis now() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
};

using std::chrono::sys_days;

unix_millis day_start(int year, unsigned month, unsigned day) {
  const sys_days days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return std::chrono::duration_cast<std::chrono::milliseconds>(days.time_since_epoch()).count();
}

constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;

/// Reads exactly the digits text[at, at+count) into `value`.
bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  const auto part = text.substr(at, count);
  if (!std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  return std::from_chars(part.data(), part.data() + part.size(), value).ec == std::errc{};
}

/// The last `count` digits of `value`, which is not negative.
void write_digits(std::string& text, std::size_t at, std::size_t count, int value) {
  for (std::size_t i = at + count; i-- > at; value /= 10) {
    text[i] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::string random_source::bytes(std::size_t count) {
  std::string out(count, '\0');
  fill({reinterpret_cast<std::uint8_t*>(out.data()), count});
  return out;
}

const clock_source& system_clock_source() {
  static const operating_system_clock clock;
  return clock;
}

std::string format_time(unix_millis t) {
  t = std::clamp(t, day_start(0, 1, 1), day_start(9999, 12, 31) + k_day - 1);
  const auto days = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(t)));
  const std::chrono::year_month_day date(days);
  const auto in_day = static_cast<int>(
      t - std::chrono::duration_cast<std::chrono::milliseconds>(days.time_since_epoch()).count());
  // By hand: every line of a log has one.
  std::string text = "0000-00-00T00:00:00.000Z";
  write_digits(text, 0, 4, static_cast<int>(date.year()));
  write_digits(text, 5, 2, static_cast<int>(static_cast<unsigned>(date.month())));
  write_digits(text, 8, 2, static_cast<int>(static_cast<unsigned>(date.day())));
  write_digits(text, 11, 2, in_day / 3'600'000);
  write_digits(text, 14, 2, in_day / 60'000 % 60);
  write_digits(text, 17, 2, in_day / 1000 % 60);
  write_digits(text, 20, 3, in_day % 1000);
  return text;
}

std::optional<unix_millis> parse_time(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != 'd' && text[i] != shape[i]) return std::nullopt;
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
  if (!digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) ||
      !digits(text, 11, 2, hour) || !digits(text, 14, 2, minute) || !digits(text, 17, 2, second) ||
      !digits(text, 20, 3, milli)) {
    return std::nullopt;
  }
  if (!(std::chrono::year{year} / month / day).ok()) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return day_start(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) +
         ((hour * 60LL + minute) * 60 + second) * 1000 + milli;
}

}  // namespace autocusto
