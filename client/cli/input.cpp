#include "client/cli/input.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "client/cli/csv.hpp"
#include "client/replica/replica.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

result<void> read_fields(const domain::record_kind& kind, const json& object,
                         domain::field_map& into) {
  for (const auto& [name, value] : object.items()) {
    auto read = domain::entered_json(kind, name, value);
    if (!read) return read.error();
    into[name] = std::move(*read);
  }
  return {};
}

/// Takes a member out of the object, if it is there; it must be a text.
result<std::optional<std::string>> take_text(json& object, const std::string& name) {
  const auto at = object.find(name);
  if (at == object.end()) return std::optional<std::string>();
  if (!at->is_string()) {
    return fail(errc::malformed, "The member " + name + " must be a text in quotes.", name);
  }
  std::optional<std::string> value = at->get<std::string>();
  object.erase(at);
  return value;
}

result<replica::edit> read_record(const domain::record_kind& kind,
                                  const std::optional<std::string>& key, json object) {
  if (!object.is_object()) {
    return fail(errc::malformed, "Each record must be one JSON object in braces.");
  }
  replica::edit edit;
  edit.kind = kind.kind;
  auto own_key = take_text(object, "key");
  if (own_key && !*own_key) own_key = take_text(object, kind.key_name);
  if (!own_key) return own_key.error();
  auto summary = take_text(object, "summary");
  if (!summary) return summary.error();
  edit.summary = std::move(*summary);
  if (!key && !*own_key) {
    return fail(errc::usage,
                "The record names no key; give KEY on the command line, or \"key\" in the record.");
  }
  edit.key = key ? *key : **own_key;
  if (key && *own_key) {
    const auto typed = domain::lookup_key(kind.kind, *key);
    const auto named = domain::lookup_key(kind.kind, **own_key);
    if (typed && named && *typed != *named) {
      return fail(errc::usage, "The record names another key than the command line; check both.",
                  kind.key_name);
    }
  }
  const auto fields = object.find("fields");
  const json& source = fields == object.end() ? object : *fields;
  if (!source.is_object()) {
    return fail(errc::malformed, "The member fields must be a JSON object.", "fields");
  }
  if (auto read = read_fields(kind, source, edit.fields); !read) return read.error();
  return edit;
}

error at_line(error e, std::size_t line) {
  e.message = "Line " + std::to_string(line) + ": " + e.message;
  return e;
}

/// The edit of a line, or one that says why there is none.
replica::edit on_line(result<replica::edit> read, std::size_t line) {
  replica::edit edit;
  if (read) {
    edit = *std::move(read);
  } else {
    edit.unreadable = read.error();
  }
  edit.line = line;
  return edit;
}

result<replica::edit> read_line_of_json(const domain::record_kind& kind, std::string_view text) {
  auto parsed = autocusto::json::parse(text);
  if (!parsed) {
    return fail(errc::malformed, "The line is no JSON; each line is one object in braces.");
  }
  return read_record(kind, std::nullopt, std::move(*parsed));
}

/// One object a line; empty lines are passed over.
std::vector<replica::edit> read_lines(const domain::record_kind& kind, std::string_view text) {
  std::vector<replica::edit> all;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    all.push_back(on_line(read_line_of_json(kind, one), line));
  }
  return all;
}

result<replica::edit> read_row(const domain::record_kind& kind,
                               const std::vector<std::string>& names, const csv_row& row) {
  if (row.wrong) return *row.wrong;
  replica::edit edit;
  edit.kind = kind.kind;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& cell = row.cells[i];
    if (cell.empty()) continue;
    if (names[i] == "key" || names[i] == kind.key_name) {
      edit.key = cell;
    } else if (names[i] == "summary") {
      edit.summary = cell;
    } else {
      auto value = domain::entered_value(kind.kind, names[i], cell);
      if (!value) return value.error();
      edit.fields[names[i]] = *std::move(value);
    }
  }
  if (edit.key.empty()) {
    return fail(errc::usage, "The row names no key; fill its cell of the column key.", "key");
  }
  return edit;
}

/// The first name of the header that means nothing, or twice the same thing.
std::optional<error> wrong_header(const domain::record_kind& kind,
                                  const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const auto& name : names) {
    const bool key = name == "key" || name == kind.key_name;
    if (!key && name != "summary" && kind.find(name) == nullptr) {
      return fail(errc::malformed,
                  "The header of the table names no field: each column is headed by the name of a "
                  "field, by key or by summary.",
                  name);
    }
    if (!seen.insert(key ? "key" : name).second) {
      return fail(errc::malformed, "The header of the table names a column twice.", name);
    }
  }
  if (seen.contains("key")) return std::nullopt;
  return fail(errc::malformed, "The header of the table lacks the column key.", "key");
}

result<std::vector<replica::edit>> read_table(const domain::record_kind& kind,
                                              std::string_view text) {
  auto rows = read_csv(text);
  if (!rows) return rows.error();
  std::vector<std::string> names = std::move(rows->front().cells);
  for (auto& name : names) {
    name.erase(0, std::min(name.find_first_not_of(" \t"), name.size()));
    name.erase(name.find_last_not_of(" \t") + 1);
  }
  if (const auto wrong = wrong_header(kind, names)) return at_line(*wrong, rows->front().line);
  std::vector<replica::edit> all;
  for (auto row = rows->begin() + 1; row != rows->end(); ++row) {
    all.push_back(on_line(read_row(kind, names, *row), row->line));
  }
  return all;
}

/// Of one object or list, however it is laid out, at most one line begins with a brace.
bool several_lines(std::string_view text) {
  int braces = text.starts_with('{') ? 1 : 0;
  for (auto at = text.find("\n{"); at != std::string_view::npos && braces < 2;
       at = text.find("\n{", at + 1)) {
    ++braces;
  }
  return braces > 1;
}

/// Why a file is none that is read here, for those that people give by mistake.
std::optional<error> other_file(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return fail(errc::usage, "The file is empty; give one with records.");
  }
  // A zip archive or a compound file: .xlsx, .ods, .xls.
  if (text.starts_with("PK\x03\x04") || text.starts_with("\xD0\xCF\x11\xE0")) {
    return fail(errc::malformed,
                "The file is a workbook of a spreadsheet; save the table as “CSV UTF-8”.");
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return fail(errc::malformed, "The text is not UTF-8; save the table as “CSV UTF-8”.");
  }
  const char first = text[text.find_first_not_of(" \t\r\n")];
  if (first == '{' || first == '[' || looks_like_csv(text)) return std::nullopt;
  return fail(
      errc::malformed,
      "The file is neither JSON nor a table whose first line names its columns; give one of "
      "them.");
}

/// One object, or a list of them.
result<std::vector<replica::edit>> read_whole(const domain::record_kind& kind,
                                              const std::optional<std::string>& key,
                                              std::string_view text) {
  auto whole = autocusto::json::parse(text);
  if (!whole) return whole.error();
  json list = whole->is_array() ? std::move(*whole) : json::array({std::move(*whole)});
  std::vector<replica::edit> edits;
  if (list.size() == 1) {
    auto edit = read_record(kind, key, list.front());
    if (!edit) return edit.error();
    edits.push_back(*std::move(edit));
    return edits;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    edits.push_back(on_line(read_record(kind, std::nullopt, std::move(list[i])), i + 1));
  }
  return edits;
}

}  // namespace

result<std::pair<std::string, std::string>> split_pair(std::string_view text, error otherwise) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0) return otherwise;
  return std::pair(std::string(text.substr(0, at)), std::string(text.substr(at + 1)));
}

result<domain::field_map> parse_sets(std::string_view kind, const std::vector<std::string>& sets) {
  domain::field_map fields;
  for (const std::string& set : sets) {
    auto pair =
        split_pair(set, fail(errc::usage, "Give --set a field and its value: --set rg=1234567."));
    if (!pair) return pair.error();
    auto value = domain::entered_value(kind, pair->first, pair->second);
    if (!value) return value.error();
    fields[pair->first] = std::move(*value);
  }
  return fields;
}

result<std::vector<replica::edit>> parse_records(std::string_view kind,
                                                 const std::optional<std::string>& key,
                                                 std::string_view text) {
  const auto* known = domain::find_record_kind(kind);
  if (known == nullptr) return fail(errc::not_found, "There is no such kind of record.");
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // some editors write a BOM
  if (auto other = other_file(text)) return *std::move(other);
  auto edits = looks_like_csv(text)  ? read_table(*known, text)
               : several_lines(text) ? read_lines(*known, text)
                                     : read_whole(*known, key, text);
  if (!edits) return edits.error();
  if (key && edits->size() != 1) {
    return fail(errc::usage, "The file holds several records; leave KEY out, each names its own.");
  }
  if (edits->empty()) return fail(errc::usage, "The file holds no record.");
  return edits;
}

}  // namespace autocusto::cli
