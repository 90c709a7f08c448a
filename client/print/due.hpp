#pragma once
// When a process has to be renewed: values in, dates out.
//
// An LME covers so many calendar months from its start. The newest emission of a process counts, by
// its start; a cancelled one never does. Pure; any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/dates.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::printing {

struct process_facts {
  std::string key;
  bool closed = false;  ///< false for one that cannot be read
  bool damaged = false;
};

struct emission_facts {
  std::string key;
  pdf::date start{};
  int months = 0;
  bool cancelled = false;
  bool request = true;  ///< it holds the LME: what else is printed renews nothing
};

struct due_process {
  std::string process;
  pdf::date due{};
  std::string emission;
};

struct due_list {
  std::vector<due_process> items;  ///< by date, then key
  std::vector<std::string> never;  ///< never printed, by key
  /// Processes of which nobody can tell when they are due, since they or an emission of theirs
  /// cannot be read; by key.
  std::vector<std::string> unclear;
  std::size_t damaged = 0;  ///< records that could not be read
};

/// Of all processes that are not closed. A damaged one is due by its emissions.
[[nodiscard]] due_list due_of(std::span<const process_facts> processes,
                              std::span<const emission_facts> emissions);

/// The day on which `months` calendar months from `start` are over; the last day of its month where
/// that month is too short.
[[nodiscard]] pdf::date due_date(pdf::date start, int months);
[[nodiscard]] pdf::date days_later(pdf::date from, int days);

/// What counts of an emission; nothing for one without a start or months.
[[nodiscard]] std::optional<emission_facts> facts_of(std::string_view key,
                                                     const domain::field_map& fields);

}  // namespace autocusto::printing
