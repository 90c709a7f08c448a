#include "client/cli/structured_text.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "client/cli/text.hpp"
#include "shared/domain/structured.hpp"

namespace autocusto::cli {
namespace {

using domain::field_spec;
using domain::field_type;
using domain::row_list;
using domain::text_map;

constexpr int k_months = 6;

/// The month that a column's name ends in; 0 for a column of the whole row.
int month_of(std::string_view column) {
  if (column.size() < 2 || column[column.size() - 2] != '_') return 0;
  const char last = column.back();
  return last >= '1' && last <= '0' + k_months ? last - '0' : 0;
}

/// Cells of that month, or of the whole row (0), in form order; columns unknown here come last.
std::string cells_of(const field_spec& field, const text_map& row, int month) {
  std::string out;
  std::set<std::string_view> listed;
  const auto add = [&out](const std::string& text) {
    if (text.empty()) return;
    if (!out.empty()) out += " · ";
    out += text;
  };
  for (const auto& column : field.columns) {
    listed.insert(column.name);
    // The code of a medicine says nothing to people; its name does.
    if (month_of(column.name) == month && column.name != "codigo") {
      add(domain::cell(row, column.name));
    }
  }
  for (const auto& [name, text] : row) {
    if (!listed.contains(name) && month_of(name) == month) add(name + ": " + text);
  }
  return out;
}

void add_row(const field_spec& field, const text_map& row, std::size_t number,
             std::vector<std::string>& out) {
  out.push_back(fmt::format("{}. {}", number, cells_of(field, row, 0)));
  for (int first = 1; first <= k_months;) {
    const auto text = cells_of(field, row, first);
    int last = first;
    while (last < k_months && cells_of(field, row, last + 1) == text) ++last;
    if (!text.empty()) {
      const std::string months =
          first == last ? fmt::format(fmt::runtime(tr("month {}")), first)
                        : fmt::format(fmt::runtime(tr("months {0} to {1}")), first, last);
      out.push_back("   " + months + ": " + text);
    }
    first = last + 1;
  }
}

std::optional<row_list> rows_in(const domain::field_value& value) {
  const auto* held = std::get_if<domain::structured>(&value);
  if (held == nullptr) return std::nullopt;
  auto rows = domain::rows_of(*held);
  return rows ? std::optional(*std::move(rows)) : std::nullopt;
}

std::optional<text_map> map_in(const domain::field_value& value) {
  const auto* held = std::get_if<domain::structured>(&value);
  if (held == nullptr) return std::nullopt;
  auto map = domain::map_of(*held);
  return map ? std::optional(*std::move(map)) : std::nullopt;
}

std::string column_label(const field_spec& field, const std::string& column) {
  const auto at = std::find_if(field.columns.begin(), field.columns.end(),
                               [&column](const auto& each) { return each.name == column; });
  if (at == field.columns.end()) return column;
  return portuguese() ? at->label_pt : at->label_en;
}

std::vector<change_line> row_changes(const field_spec& field, const std::string& label,
                                     const row_list& from, const row_list& to) {
  std::vector<change_line> out;
  const auto place = [&label](std::size_t at) { return fmt::format("{} {}", label, at + 1); };
  for (const auto& change : domain::diff_rows(from, to)) {
    if (!change.to) {
      out.push_back(
          {place(*change.from), cells_of(field, from[*change.from], 0), tr("(taken out)")});
      continue;
    }
    const auto& now = to[*change.to];
    if (!change.from) {
      std::vector<std::string> lines;
      add_row(field, now, *change.to + 1, lines);
      out.push_back({place(*change.to), tr("(new)"), cells_of(field, now, 0)});
      for (std::size_t i = 1; i < lines.size(); ++i) {
        out.push_back({"", "", lines[i].substr(lines[i].find_first_not_of(' '))});
      }
      continue;
    }
    const auto name = domain::cell(now, "nome");
    if (change.columns.empty()) {
      out.push_back({label + ", " + name, place(*change.from), place(*change.to)});
    }
    for (const auto& column : change.columns) {
      out.push_back(
          {fmt::format("{}, {}: {}", place(*change.to), name, column_label(field, column)),
           domain::cell(from[*change.from], column), domain::cell(now, column)});
    }
  }
  return out;
}

std::vector<change_line> map_changes(const std::string& label, const text_map& from,
                                     const text_map& to) {
  std::set<std::string> names;
  for (const auto& [name, text] : from) names.insert(name);
  for (const auto& [name, text] : to) names.insert(name);
  std::vector<change_line> out;
  for (const auto& name : names) {
    if (domain::cell(from, name) == domain::cell(to, name)) continue;
    out.push_back({label + ": " + name, domain::cell(from, name), domain::cell(to, name)});
  }
  return out;
}

/// Of a choice, as people call it.
const char* choice_text(std::string_view choice) {
  if (choice == "etnia_branca") return tr("White");
  if (choice == "etnia_preta") return tr("Black");
  if (choice == "etnia_parda") return tr("Brown (parda)");
  if (choice == "etnia_amarela") return tr("Asian (amarela)");
  if (choice == "etnia_indigena") return tr("Indigenous");
  if (choice == "etnia_si") return tr("No information");
  return nullptr;
}

/// What people read of a value that is one text, or yes or no.
std::string readable(const domain::field_value& value) {
  if (const auto* on = std::get_if<bool>(&value)) return *on ? tr("yes") : tr("no");
  auto text = domain::value_text(value);
  if (const auto* named = choice_text(text)) return named;
  return text;
}

}  // namespace

std::vector<std::string> value_lines(const field_spec* field, const domain::field_value& value) {
  std::vector<std::string> out;
  if (field != nullptr && field->type == field_type::rows) {
    if (const auto rows = rows_in(value)) {
      for (std::size_t i = 0; i < rows->size(); ++i) add_row(*field, (*rows)[i], i + 1, out);
      return out;
    }
  }
  if (field != nullptr && field->type == field_type::map) {
    if (const auto map = map_in(value)) {
      for (const auto& [name, text] : *map) out.push_back(name + ": " + text);
      return out;
    }
  }
  auto text = readable(value);
  if (!text.empty()) out.push_back(std::move(text));
  return out;
}

std::vector<change_line> change_lines(const field_spec* field, const std::string& label,
                                      const domain::field_value& from,
                                      const domain::field_value& to) {
  if (field != nullptr && field->type == field_type::rows) {
    const auto before = rows_in(from);
    const auto after = rows_in(to);
    if (before && after) return row_changes(*field, label, *before, *after);
  }
  if (field != nullptr && field->type == field_type::map) {
    const auto before = map_in(from);
    const auto after = map_in(to);
    if (before && after) return map_changes(label, *before, *after);
  }
  return {{label, readable(from), readable(to)}};
}

}  // namespace autocusto::cli
