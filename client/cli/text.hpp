#pragma once
// The doctor's language: Brazilian Portuguese when the locale is Portuguese, else English
// (gettext).
//
// The message in the code is the English text; `po/pt_BR.po` holds the Portuguese one. Errors of
// the rules are English sentences with the field's name and the limit inside; `translate` puts
// markers in their places, looks the pattern up and fills in the field's label of the form. Set up
// once by main before anything prints; afterwards any thread may call.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::cli {

/// Chooses the language from LC_ALL, LC_MESSAGES, LANG; finds the texts beside the program.
void init_language();
[[nodiscard]] bool portuguese();

/// The text in the doctor's language; the same text where there is no translation.
[[nodiscard]] const char* tr(const char* english);

/// The error's sentence in the doctor's language. `kind` may be empty.
[[nodiscard]] std::string translate(const error& e, std::string_view kind);
/// The same in the language that is asked for, once `speak_both_languages` was called.
[[nodiscard]] std::string translate(const error& e, std::string_view kind, bool portuguese);
/// From now on texts may be asked for in either language. Before any thread starts.
void speak_both_languages();

/// The label of a field as on the form; its name for unknown ones.
[[nodiscard]] std::string field_label(std::string_view kind, std::string_view field);
/// Patient or clinic, as a word in a sentence.
[[nodiscard]] std::string kind_label(std::string_view kind);

/// `2026-11-22T10:00:00.123Z` in local time: 22/11/2026 07:00 or 2026-11-22 07:00. Other text is
/// returned as it is.
[[nodiscard]] std::string local_time(const std::string& rfc3339);

/// A sentence about a catalogue whose signature is not right.
[[nodiscard]] const char* refused_catalogue_text();

/// A sentence about a clock that differs from the server's by so many seconds (ahead, or negative:
/// behind); empty without one.
[[nodiscard]] std::string clock_text(std::optional<std::int64_t> ahead_seconds);

}  // namespace autocusto::cli
