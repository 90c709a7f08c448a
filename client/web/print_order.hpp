#pragma once
// What a call says about a print, read from its JSON. Private to client/web; worker threads.

#include <string>

#include "client/print/issue.hpp"
#include "client/web/call.hpp"
#include "client/web/unlocked_replica.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {

inline constexpr std::size_t k_key_bytes = 1024;

/// `key`, `start`, and where they are given `months`, `dates`, `documents`, `clinic`, `doctor`,
/// `version`, `patient_version`, `allow`.
/// Errors are noted in `in`.
[[nodiscard]] printing::order read_order(autocusto::json::reader& in);
/// A date of the calendar; an invalid one is noted in `in`.
[[nodiscard]] pdf::date read_date(autocusto::json::reader& in, const char* name);

/// In place of a policy that the call does not name, the doctor's usual one.
void take_usual_dates(const call& c, const unlocked_replica::lease& at, printing::order& order);

}  // namespace autocusto::web
