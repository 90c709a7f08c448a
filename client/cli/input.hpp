#pragma once
// What a doctor gives to `save`: --set pairs, a JSON file, or a file of many lines.
//
// A file holds one JSON object for one record: {"fields":{…},"summary":"…"} or simply the fields;
// or many records, one object a line (or in an array), each with its key as "key", "cpf" or "cnes";
// or a table (csv.hpp), whose header names the same members. An empty cell gives nothing: the field
// stays as it is. Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace autocusto::cli {

/// Splits `field=value`; what is none is answered with `otherwise`.
[[nodiscard]] result<std::pair<std::string, std::string>> split_pair(std::string_view text,
                                                                     error otherwise);

/// `--set field=value …` into fields of the kind. Errors: usage, invalid_field.
[[nodiscard]] result<domain::field_map> parse_sets(std::string_view kind,
                                                   const std::vector<std::string>& sets);

/// Reads the text of a file. With `key`, it must hold one record (whose own key, if it names one,
/// must be the same); without, each record must name its key. Where there are several, a line that
/// cannot be read is an edit that says so (`unreadable`), so that `save_all` tells it among the
/// lines whose values are wrong. Errors: usage, malformed, invalid_field.
[[nodiscard]] result<std::vector<replica::edit>> parse_records(
    std::string_view kind, const std::optional<std::string>& key, std::string_view text);

}  // namespace autocusto::cli
