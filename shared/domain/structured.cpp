#include "shared/domain/structured.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/domain/entry.hpp"
#include "shared/domain/scan.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_problems = 50;

bool scan_map(canonical_scanner& in, text_map& out) {
  if (!in.literal("{")) return false;
  std::string name;
  while (!in.literal("}")) {
    if (!out.empty() && !in.literal(",")) return false;
    std::string text;
    if (!in.string(name) || !in.literal(":") || !in.string(text) || text.empty()) return false;
    if (!out.empty() && !json::utf16_less(out.rbegin()->first, name)) return false;
    // Names beyond ASCII would be sorted otherwise than the map does it.
    if (std::any_of(name.begin(), name.end(), [](char c) { return (c & 0x80) != 0; })) {
      return false;
    }
    out.emplace_hint(out.end(), name, std::move(text));
  }
  return true;
}

bool scan_rows(canonical_scanner& in, row_list& out) {
  if (!in.literal("[")) return false;
  while (!in.literal("]")) {
    if (!out.empty() && !in.literal(",")) return false;
    if (!scan_map(in, out.emplace_back()) || out.back().empty()) return false;
  }
  return true;
}

void append_map(std::string& out, const text_map& map) {
  out += '{';
  bool first = true;
  for (const auto& [name, text] : map) {
    if (text.empty()) continue;
    if (!first) out += ',';
    first = false;
    append_canonical_string(out, name);
    out += ':';
    append_canonical_string(out, text);
  }
  out += '}';
}

error malformed_value() {
  return fail(errc::malformed, "The value has not the form of its field.");
}

/// A column as a field of its own, for the rules of single texts.
field_spec as_field(const column_spec& column) {
  field_spec out;
  out.name = column.name;
  out.max_length = column.max_length;
  out.rule = column.rule;
  return out;
}

std::string place(const field_spec& field, std::size_t row, std::string_view column) {
  return field.name + '.' + std::to_string(row + 1) + '.' + std::string(column);
}

error wrong_entry(const field_spec& field, const std::string& what) {
  return fail(errc::invalid_field, "The field " + field.name + " " + what + ".", field.name);
}

/// The text of a JSON cell; nothing for what is no text and no number.
std::optional<std::string> text_of(const nlohmann::json& value) {
  if (value.is_null()) return std::string();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

/// The entries of one JSON object, cleaned; `spec_of` gives the field that a name belongs to.
template <class SpecOf>
result<text_map> entered_map(const field_spec& field, const nlohmann::json& value,
                             const SpecOf& spec_of) {
  if (!value.is_object()) return wrong_entry(field, "takes texts by name");
  text_map out;
  for (const auto& [name, given] : value.items()) {
    const auto text = text_of(given);
    if (!text) return wrong_entry(field, "takes text and whole numbers, no other values");
    auto kept = entered_text(spec_of(name), *text);
    if (!kept) return kept.error();
    if (!kept->empty()) out.emplace(name, *std::move(kept));
  }
  return out;
}

/// Collects what is wrong with one field of rows or a map.
class inspection {
 public:
  explicit inspection(const field_spec& field) : field_(field) {}

  void rows(const row_list& rows) {
    count(rows.size(), "rows");
    for (std::size_t i = 0; i < rows.size() && !full(); ++i) row(rows[i], i);
  }
  void map(const text_map& map) {
    count(map.size(), "entries");
    for (const auto& [name, text] : map) {
      if (full()) return;
      const bool known = name.starts_with(field_.pattern) && name.size() <= 64;
      if (!known) add(field_.name, "has a name that does not begin with " + field_.pattern);
      length(field_.name + '.' + (known ? name : std::string("?")), text, field_.max_length);
    }
  }
  std::vector<error> take() { return std::move(out_); }

 private:
  [[nodiscard]] bool full() const { return out_.size() >= k_problems; }
  void add(const std::string& where, const std::string& what,
           std::optional<std::int64_t> limit = std::nullopt) {
    out_.push_back(
        fail(errc::invalid_field, "The field " + where + " " + what + ".", where, limit));
  }
  void count(std::size_t items, const std::string& of_what) {
    if (items <= field_.max_items) return;
    add(field_.name,
        "has more than " + std::to_string(field_.max_items) + " " + of_what + "; leave some out",
        static_cast<std::int64_t>(field_.max_items));
  }
  void length(const std::string& where, const std::string& text, std::size_t most) {
    if (json::code_points(text) <= most) return;
    add(where, "is longer than " + std::to_string(most) + " characters; shorten it",
        static_cast<std::int64_t>(most));
  }
  void row(const text_map& row, std::size_t at) {
    std::size_t known = 0;
    for (const auto& column : field_.columns) {
      const auto text = row.find(column.name);
      if (text == row.end()) {
        if (column.required) add(place(field_, at, column.name), "is required; fill it in");
        continue;
      }
      ++known;
      const auto where = place(field_, at, column.name);
      length(where, text->second, column.max_length);
      auto spec = as_field(column);
      spec.name = where;
      if (auto problem = rule_problem(spec, text->second)) out_.push_back(*std::move(problem));
    }
    if (known < row.size()) {
      add(field_.name + '.' + std::to_string(at + 1), "has a column that this field does not have");
    }
  }

  const field_spec& field_;
  std::vector<error> out_;
};

/// Position of the first row of `in` that is free and answers `matches`.
template <class Matches>
std::optional<std::size_t> find_free(const std::vector<bool>& taken, const Matches& matches) {
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i] && matches(i)) return i;
  }
  return std::nullopt;
}

std::vector<std::string> differing_columns(const text_map& from, const text_map& to) {
  std::vector<std::string> out;
  for (const auto& [name, text] : from) {
    if (cell(to, name) != text) out.push_back(name);
  }
  for (const auto& [name, text] : to) {
    if (!from.contains(name)) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

result<row_list> rows_of(const structured& value) {
  canonical_scanner in(value.json);
  row_list out;
  if (!scan_rows(in, out) || !in.at_end()) return malformed_value();
  return out;
}

result<text_map> map_of(const structured& value) {
  canonical_scanner in(value.json);
  text_map out;
  if (!scan_map(in, out) || !in.at_end()) return malformed_value();
  return out;
}

structured from_rows(const row_list& rows) {
  structured out{"["};
  for (const auto& row : rows) {
    const bool empty =
        std::all_of(row.begin(), row.end(), [](const auto& each) { return each.second.empty(); });
    if (empty) continue;
    if (out.json.size() > 1) out.json += ',';
    append_map(out.json, row);
  }
  out.json += ']';
  return out;
}

structured from_map(const text_map& map) {
  structured out;
  append_map(out.json, map);
  return out;
}

std::string cell(const text_map& row, std::string_view column) {
  const auto at = row.find(column);
  return at == row.end() ? std::string() : at->second;
}

result<void> check_form(const field_spec& field, const structured& value) {
  const bool ok = field.type == field_type::rows  ? rows_of(value).has_value()
                  : field.type == field_type::map ? map_of(value).has_value()
                                                  : field.type == field_type::unknown;
  if (ok) return {};
  return fail(errc::malformed, "The field " + field.name + " has not the form of its type.",
              field.name);
}

result<structured> entered_structured(const field_spec& field, const nlohmann::json& value) {
  if (field.type == field_type::map) {
    const auto map = entered_map(
        field, value, [&field](const std::string&) -> const field_spec& { return field; });
    if (!map) return map.error();
    return from_map(*map);
  }
  if (field.type != field_type::rows) throw std::logic_error("a field without parts");
  if (!value.is_array()) return wrong_entry(field, "takes a list of rows");
  if (value.size() > field.max_items) {
    return fail(errc::invalid_field,
                "The field " + field.name + " has more than " + std::to_string(field.max_items) +
                    " rows; leave some out.",
                field.name, static_cast<std::int64_t>(field.max_items));
  }
  row_list rows;
  for (const auto& given : value) {
    auto row = entered_map(field, given, [&field](const std::string& name) {
      const auto column = std::find_if(field.columns.begin(), field.columns.end(),
                                       [&name](const column_spec& c) { return c.name == name; });
      return column == field.columns.end() ? field_spec{} : as_field(*column);
    });
    if (!row) return row.error();
    if (!row->empty()) rows.push_back(*std::move(row));
  }
  return from_rows(rows);
}

nlohmann::json json_of(const field_value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto& parts = std::get<structured>(value);
  if (parts.json.empty())
    return nullptr;  // a field that this program does not know, and nothing in it
  return nlohmann::json::parse(parts.json);
}

nlohmann::json json_of(const field_map& fields) {
  auto out = nlohmann::json::object();
  for (const auto& [name, value] : fields) out[name] = json_of(value);
  return out;
}

result<field_value> entered_json(const record_kind& kind, const std::string& name,
                                 const nlohmann::json& value) {
  const auto* spec = kind.find(name);
  if (value.is_string() || spec == nullptr) {
    return entered_value(kind.kind, name, value.is_string() ? value.get<std::string>() : "");
  }
  switch (spec->type) {
    case field_type::boolean:
      if (value.is_boolean()) return field_value(value.get<bool>());
      break;
    case field_type::rows:
    case field_type::map: {
      auto parts = entered_structured(*spec, value);
      if (!parts) return parts.error();
      return field_value(*std::move(parts));
    }
    case field_type::text:
      if (value.is_number_integer()) return entered_value(kind.kind, name, value.dump());
      break;
    case field_type::unknown:
      break;
  }
  return fail(errc::invalid_field,
              "The field " + name + " must be a text in quotes (true or false for a yes/no field).",
              name);
}

std::vector<error> structured_problems(const field_spec& field, const structured& value) {
  inspection found(field);
  if (field.type == field_type::rows) {
    if (const auto rows = rows_of(value)) found.rows(*rows);
  } else if (field.type == field_type::map) {
    if (const auto map = map_of(value)) found.map(*map);
  }
  return found.take();
}

std::vector<row_change> diff_rows(const row_list& from, const row_list& to) {
  std::vector<bool> taken(from.size(), false);
  std::vector<std::optional<std::size_t>> match(to.size());
  const auto pair_up = [&](const auto& same) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (match[i]) continue;
      match[i] = find_free(taken, [&](std::size_t j) { return same(from[j], to[i], j, i); });
      if (match[i]) taken[*match[i]] = true;
    }
  };
  const auto by = [](std::string_view column) {
    return [column](const text_map& a, const text_map& b, std::size_t, std::size_t) {
      return !cell(a, column).empty() && cell(a, column) == cell(b, column);
    };
  };
  pair_up([](const text_map& a, const text_map& b, std::size_t, std::size_t) { return a == b; });
  pair_up(by("codigo"));
  pair_up(by("nome"));
  const auto unnamed = [](const text_map& row) {
    return cell(row, "codigo").empty() && cell(row, "nome").empty();
  };
  pair_up([&](const text_map& a, const text_map& b, std::size_t j, std::size_t i) {
    return i == j && (unnamed(a) || unnamed(b));
  });

  std::vector<row_change> out;
  for (std::size_t j = 0; j < from.size(); ++j) {
    if (!taken[j]) out.push_back({j, std::nullopt, {}});
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    row_change change{match[i], i, {}};
    if (match[i]) change.columns = differing_columns(from[*match[i]], to[i]);
    const bool same = match[i] == i && change.columns.empty();
    if (!same) out.push_back(std::move(change));
  }
  return out;
}

}  // namespace autocusto::domain
