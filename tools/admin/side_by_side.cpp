#include "tools/admin/side_by_side.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/merge.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

constexpr std::size_t k_cell = 30;

const domain::catalogue& kind_of(const msg::conflict_shown& c) {
  const auto* kind = domain::find_catalogue(c.conflict.kind);
  if (kind == nullptr) {
    throw error_exception(
        fail(errc::not_found, "This program does not know such a kind of record; update it."));
  }
  return *kind;
}

domain::field_value value_in(const domain::field_map& fields, const std::string& name) {
  const auto at = fields.find(name);
  return at == fields.end() ? domain::field_value{} : at->second;
}

std::vector<domain::field_value> values_of(const group_row& group,
                                           const domain::field_map& fields) {
  std::vector<domain::field_value> out;
  for (const auto& name : group.fields) out.push_back(value_in(fields, name));
  return out;
}

/// The group's fields of a version, also of one whose contents were erased.
domain::field_map part_of(const group_row& group, const domain::field_map& fields) {
  domain::field_map out;
  for (const auto& name : group.fields) out[name] = value_in(fields, name);
  return out;
}

void judge(const msg::conflict_shown& c, group_row& group) {
  std::vector<domain::field_map> parts;
  for (const auto& head : c.heads) parts.push_back(part_of(group, head.fields));
  std::vector<const domain::field_map*> sides;
  for (const auto& part : parts) sides.push_back(&part);
  group.differs = std::any_of(parts.begin(), parts.end(),
                              [&](const auto& part) { return part != parts.front(); });
  std::vector<const domain::field_spec*> specs;
  for (const auto& name : group.fields) specs.push_back(kind_of(c).find(name));
  const auto base = c.base ? std::optional(part_of(group, c.base->fields)) : std::nullopt;
  auto merged = domain::merged_group(specs, sides, base ? &*base : nullptr);
  if (!merged) {
    group.state = standing_of_group::contested;
    return;
  }
  group.values = *std::move(merged);
  if (base && group.values != values_of(group, c.base->fields)) {
    group.state = standing_of_group::taken;
  }
}

/// Those in which the heads differ first, contested ones before the others.
std::vector<group_row> ordered(const msg::conflict_shown& c) {
  auto groups = compare_groups(c);
  std::stable_sort(groups.begin(), groups.end(), [](const group_row& a, const group_row& b) {
    if (a.differs != b.differs) return a.differs;
    return a.differs && a.state > b.state;
  });
  return groups;
}

using rows = std::vector<std::vector<std::string>>;

/// Adds one row of cells, each wrapped over as many lines as it needs.
void add_row(rows& to, const std::vector<std::string>& cells) {
  std::vector<std::vector<std::string>> columns;
  std::size_t height = 1;
  for (const auto& cell : cells) {
    columns.push_back(wrapped(cell, k_cell));
    height = std::max(height, columns.back().size());
  }
  for (std::size_t line = 0; line < height; ++line) {
    auto& row = to.emplace_back();
    for (const auto& column : columns) {
      row.push_back(line < column.size() ? column[line] : std::string());
    }
  }
}

std::string shown_text(const std::string& text) {
  return text.empty() ? "—" : text;
}

void add_versions(rows& to, const msg::conflict_shown& c) {
  struct line {
    const char* name;
    std::string (*text)(const msg::version_item&);
  };
  static constexpr line k_lines[] = {
      {"version",
       [](const auto& v) { return fmt::format("{} ({})", v.number, short_id(v.version)); }},
      {"by", [](const auto& v) { return v.author; }},
      {"on", [](const auto& v) { return v.device; }},
      {"when", [](const auto& v) { return when(v.created_at); }},
      {"summary", [](const auto& v) { return v.summary; }}};
  std::vector<std::string> title{"", ""};
  title.emplace_back(c.base ? "base" : "no common base");
  for (const auto& head : c.heads) {
    std::string name = "head";
    if (c.active == head.info.version) name += ", active";
    if (c.pinned == head.info.version) name += ", assigned";
    title.push_back(name);
  }
  add_row(to, title);
  for (const auto& line : k_lines) {
    std::vector<std::string> cells{"", line.name, c.base ? line.text(c.base->info) : ""};
    for (const auto& head : c.heads) cells.push_back(line.text(head.info));
    add_row(to, cells);
  }
  to.emplace_back();
}

/// Fields that only share their group with one that differs stand beside it without a mark.
std::string mark_of(const msg::conflict_shown& c, const group_row& group, const std::string& name) {
  const auto first = value_in(c.heads.front().fields, name);
  const bool alike = std::all_of(c.heads.begin(), c.heads.end(), [&](const auto& head) {
    return value_in(head.fields, name) == first;
  });
  const bool as_base = !c.base || value_in(c.base->fields, name) == first;
  if (group.state == standing_of_group::same || (alike && as_base)) return "";
  return group.state == standing_of_group::contested ? "!" : "~";
}

void add_group(rows& to, const msg::conflict_shown& c, const group_row& group) {
  for (const auto& name : group.fields) {
    std::vector<std::string> cells{mark_of(c, group, name), name};
    const auto base = c.base ? std::optional(value_in(c.base->fields, name)) : std::nullopt;
    std::vector<std::string> texts{base ? domain::value_text(*base) : ""};
    for (const auto& head : c.heads)
      texts.push_back(domain::value_text(value_in(head.fields, name)));
    texts = domain::told_apart(std::move(texts));
    cells.push_back(base ? shown_text(texts.front()) : "");
    for (std::size_t i = 0; i < c.heads.size(); ++i) {
      const bool changed = base && value_in(c.heads[i].fields, name) != *base;
      cells.push_back((changed ? "* " : "  ") + shown_text(texts[i + 1]));
    }
    add_row(to, cells);
  }
}

nlohmann::json cell_json(const domain::field_value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  return std::get<std::string>(value);
}

const char* state_name(standing_of_group state) {
  switch (state) {
    case standing_of_group::same:
      return "same";
    case standing_of_group::taken:
      return "one_change";
    case standing_of_group::contested:
      return "contested";
  }
  return "same";
}

}  // namespace

std::vector<group_row> compare_groups(const msg::conflict_shown& c) {
  std::vector<group_row> out;
  for (const auto& spec : kind_of(c).fields) {
    auto at = std::find_if(out.begin(), out.end(),
                           [&](const group_row& group) { return group.group == spec.group; });
    if (at == out.end()) {
      at = out.insert(out.end(), group_row{});
      at->group = spec.group;
      at->clinical = spec.clinical;
    }
    at->fields.push_back(spec.name);
  }
  for (auto& group : out) judge(c, group);
  return out;
}

std::string side_by_side(const msg::conflict_shown& c, bool all) {
  rows table;
  add_versions(table, c);
  std::size_t hidden = 0;
  for (const auto& group : ordered(c)) {
    if (group.differs || all) {
      add_group(table, c, group);
    } else {
      hidden += group.fields.size();
    }
  }
  std::string out = cli::table({}, table);
  out += "\n! a person has to choose   ~ only one new value   * changed against the base\n";
  if (hidden > 0) {
    out += fmt::format("{} more fields are the same in all heads; --all shows them.\n", hidden);
  }
  return out;
}

nlohmann::json side_by_side_json(const msg::conflict_shown& c) {
  auto out = nlohmann::json::array();
  for (const auto& group : ordered(c)) {
    for (const auto& name : group.fields) {
      auto values = nlohmann::json::array();
      const auto base = c.base ? std::optional(value_in(c.base->fields, name)) : std::nullopt;
      for (const auto& head : c.heads) {
        const auto value = value_in(head.fields, name);
        values.push_back({{"version_id", head.info.version.text()},
                          {"value", cell_json(value)},
                          {"changed", base && value != *base}});
      }
      out.push_back({{"field", name},
                     {"group", group.group},
                     {"clinical", group.clinical},
                     {"state", state_name(group.state)},
                     {"differs", group.differs},
                     {"base", base ? cell_json(*base) : nlohmann::json(nullptr)},
                     {"values", std::move(values)}});
    }
  }
  return out;
}

}  // namespace autocusto::admin
