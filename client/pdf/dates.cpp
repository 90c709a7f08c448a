#include "client/pdf/dates.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace autocusto::pdf {
namespace {

constexpr std::array<std::pair<std::string_view, date_policy>, 4> k_policies{{
    {"30dias", date_policy::every_30_days},
    {"mensal", date_policy::monthly},
    {"em-branco", date_policy::blank},
    {"todas-iguais", date_policy::all_the_same},
}};

std::optional<int> digits_value(std::string_view text) {
  int out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong != std::errc{} || end != text.data() + text.size() || text[0] == '-') {
    return std::nullopt;
  }
  return out;
}

std::string padded(unsigned value, std::size_t width) {
  std::string out = std::to_string(value);
  return out.size() < width ? std::string(width - out.size(), '0') + out : out;
}

date month_later(date start, int months) {
  const auto month = (start.year() / start.month()) + std::chrono::months(months);
  const auto last =
      std::chrono::year_month_day_last(month.year(), month.month() / std::chrono::last);
  return month / std::min(start.day(), last.day());
}

}  // namespace

std::optional<date_policy> policy_from_name(std::string_view name) {
  for (const auto& [known, policy] : k_policies) {
    if (known == name) return policy;
  }
  return std::nullopt;
}

std::string_view policy_name(date_policy policy) {
  for (const auto& [name, known] : k_policies) {
    if (known == policy) return name;
  }
  return {};
}

std::optional<date> date_from_iso(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_value(text.substr(0, 4));
  const auto month = digits_value(text.substr(5, 2));
  const auto day = digits_value(text.substr(8, 2));
  if (!year || !month || !day || *year < 1900) return std::nullopt;
  const date out{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                 std::chrono::day(static_cast<unsigned>(*day))};
  return out.ok() ? std::optional(out) : std::nullopt;
}

std::string iso_text(date day) {
  return padded(static_cast<unsigned>(static_cast<int>(day.year())), 4) + '-' +
         padded(static_cast<unsigned>(day.month()), 2) + '-' +
         padded(static_cast<unsigned>(day.day()), 2);
}

std::string brazilian_text(date day) {
  return padded(static_cast<unsigned>(day.day()), 2) + '/' +
         padded(static_cast<unsigned>(day.month()), 2) + '/' +
         padded(static_cast<unsigned>(static_cast<int>(day.year())), 4);
}

std::vector<std::optional<date>> dates_of_months(date start, int months, date_policy policy) {
  std::vector<std::optional<date>> out;
  for (int month = 0; month < months; ++month) {
    switch (policy) {
      case date_policy::every_30_days:
        out.emplace_back(std::chrono::sys_days(start) + std::chrono::days(30 * month));
        break;
      case date_policy::monthly:
        out.emplace_back(month_later(start, month));
        break;
      case date_policy::blank:
        out.emplace_back(std::nullopt);
        break;
      case date_policy::all_the_same:
        out.emplace_back(start);
        break;
    }
  }
  return out;
}

}  // namespace autocusto::pdf
