#pragma once
// Dates on paper: calendar dates without clock or time zone, and the dates of the months of a
// request.
//
// A date is a date: nothing here asks what day it is. Pure functions; any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autocusto::pdf {

using date = std::chrono::year_month_day;

/// How the prescriptions of the months after the first are dated.
enum class date_policy {
  every_30_days,  ///< `30dias`: start + 30 days for each month, as medicines are dispensed
  monthly,        ///< `mensal`: the start's day in each calendar month, or that month's last day
  blank,          ///< `em-branco`: no date on any prescription; the doctor writes it by hand
  all_the_same,   ///< `todas-iguais`: the start date on each
};

/// The policy of that name; nothing for an unknown one.
[[nodiscard]] std::optional<date_policy> policy_from_name(std::string_view name);
[[nodiscard]] std::string_view policy_name(date_policy policy);

/// `2027-01-31` of the years 1900 to 9999; nothing for anything else, 30 February included.
[[nodiscard]] std::optional<date> date_from_iso(std::string_view text);
/// `2027-01-31`
[[nodiscard]] std::string iso_text(date day);
/// `31/01/2027`
[[nodiscard]] std::string brazilian_text(date day);

/// One entry for each of `months` months; nothing where the policy leaves the date to the doctor.
/// `start` is a valid date.
[[nodiscard]] std::vector<std::optional<date>> dates_of_months(date start, int months,
                                                               date_policy policy);

}  // namespace autocusto::pdf
