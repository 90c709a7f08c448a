#pragma once
// Quantities in words, in Portuguese, as a prescription of controlled medicines asks for.
//
// "30 (trinta) comprimidos", "2 (duas) ampolas", "1 (um) frasco-ampola". The gender of the number
// and the plural come from the unit: a table of the units of medicines, and the usual endings for a
// unit that the table lacks. Pure functions; any thread.

#include <string>
#include <string_view>

namespace autocusto::pdf {

/// 0 to 9999 in words; `feminine` for "duas", "duzentas". Throws std::out_of_range beyond.
[[nodiscard]] std::string number_in_words(int number, bool feminine = false);

/// Whether one says "uma" of this unit.
[[nodiscard]] bool is_feminine(std::string_view unit);

/// The unit as it stands behind `number`: "comprimido", "comprimidos", "frascos-ampola". A unit
/// that was entered in the plural, or as "comprimido(s)", is understood. Symbols (mg, mL, UI) stay.
[[nodiscard]] std::string unit_text(std::string_view unit, int number);

/// "30 (trinta) comprimidos"; without a unit "30 (trinta)".
[[nodiscard]] std::string quantity_in_words(int number, std::string_view unit);

}  // namespace autocusto::pdf
