#pragma once
// What a person enters, as it is kept: without what nobody can see.
//
// People paste. What they paste holds no-break spaces, zero width spaces, soft hyphens, marks of
// direction and hyphens that do not break, and none of it can be seen. So text is cleaned where it
// is entered (command line, page, files of records), and two texts that look the same are compared
// by what can be seen of them. Imported text and what other devices sent stay byte for byte.
// Names keep their joiners (U+200C, U+200D) where a script needs them: behind a character from
// U+0590 on. Pure functions; any thread. Characters and categories are utf8proc's (Unicode 15).

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

/// What can be seen of a text: characters without a shape taken out, each run of blanks one U+0020,
/// no blanks around, NFC. Doing it twice changes nothing more. Invalid UTF-8 is returned unchanged.
/// Linear in the size.
[[nodiscard]] std::string visible_text(std::string_view text);

/// True when two texts differ, but not in what can be seen.
[[nodiscard]] bool look_alike(std::string_view a, std::string_view b);

/// A number as it was pasted: as `visible_text`, and joiners taken out, dashes of all kinds and the
/// minus sign as `-`, full-width forms as ASCII. Blanks inside stay, as U+0020.
[[nodiscard]] std::string clean_number(std::string_view text);

/// The text of a field as it is kept when a person enters it: visible text; for numbers and e-mail
/// addresses cleaned by the field's rule, so that what looks right is right (a CNS as it stands on
/// the card becomes its 15 digits). What is not valid stays as it looks. Error: malformed for
/// invalid UTF-8.
[[nodiscard]] result<std::string> entered_text(const field_spec& field, std::string_view typed);

/// A value of that field from what a person typed: text as it is, booleans from true/false,
/// sim/não, yes/no, 1/0. Errors: invalid_field for an unknown field or a text that is no boolean;
/// not_found for an unknown kind.
[[nodiscard]] result<field_value> entered_value(std::string_view kind, std::string_view field,
                                                std::string_view text);

/// A text of several lines as it is kept when a person enters it, such as a summary: the visible
/// text of each line, U+000A between them, no blank lines around. Error: malformed for invalid
/// UTF-8.
[[nodiscard]] result<std::string> entered_lines(std::string_view typed);

/// For showing texts that look alike beside each other: blanks that are not one U+0020 between
/// others, and characters without a shape, are shown by marks: `␣` for U+0020, `‹U+00A0›` for the
/// others. Everything else is left as it is.
[[nodiscard]] std::string mark_unseen(std::string_view text);

/// Texts that are shown beside each other: one that looks like another of them, but is not the
/// same, comes with marks; the others come as they are. Linear but for a sort.
[[nodiscard]] std::vector<std::string> told_apart(std::vector<std::string> texts);

}  // namespace autocusto::domain
