#pragma once
// What a doctor's prints use unless they name something else: settings of the replica, which the
// command line and the page share. Functions; the thread of the replica.

#include <optional>
#include <string>

#include "client/replica/identity/identity_store.hpp"

namespace autocusto::printing {

/// The setting with the key of the doctor's record that prints show.
inline constexpr const char* k_used_doctor = "print.doctor";
/// Empty: none was chosen.
[[nodiscard]] inline std::string used_doctor(const replica::identity_store& identity) {
  return identity.setting(k_used_doctor).value_or("");
}

/// The setting with the usual policy of dates; nothing where none is kept.
[[nodiscard]] inline std::optional<std::string> usual_dates(
    const replica::identity_store& identity) {
  return identity.setting("print.dates");
}

}  // namespace autocusto::printing
