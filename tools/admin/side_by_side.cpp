#include "tools/admin/side_by_side.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/canonical.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

constexpr std::size_t k_cell = 30;

const domain::record_kind& kind_of(const msg::conflict_shown& c) {
  const auto* kind = domain::find_record_kind(c.conflict.kind);
  if (kind == nullptr) {
    throw error_exception(
        fail(errc::not_found, "This program does not know such a kind of record; update it."));
  }
  return *kind;
}

/// Every field of the kind, also of a version whose contents were erased; unknown ones stay.
domain::field_map complete(const domain::record_kind& kind, const domain::field_map& fields) {
  auto out = fields;
  for (const auto& field : kind.fields) out[field.name] = domain::value_in(fields, field);
  return out;
}

/// Those in which the heads differ first, contested ones before the others.
std::vector<domain::conflict_group> ordered(const msg::conflict_shown& c) {
  auto groups = compare_groups(c);
  std::stable_sort(groups.begin(), groups.end(),
                   [](const domain::conflict_group& a, const domain::conflict_group& b) {
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
std::string mark_of(const msg::conflict_shown& c, const domain::conflict_group& group,
                    const domain::field_spec& field) {
  const auto first = domain::value_in(c.heads.front().fields, field);
  const bool alike = std::all_of(c.heads.begin(), c.heads.end(), [&](const auto& head) {
    return domain::value_in(head.fields, field) == first;
  });
  const bool as_base = !c.base || domain::value_in(c.base->fields, field) == first;
  if (group.state == domain::group_state::same || (alike && as_base)) return "";
  return group.state == domain::group_state::contested ? "!" : "~";
}

void add_group(rows& to, const msg::conflict_shown& c, const domain::conflict_group& group) {
  for (const auto* field : group.fields) {
    const auto& name = field->name;
    std::vector<std::string> cells{mark_of(c, group, *field), name};
    const auto base =
        c.base ? std::optional(domain::value_in(c.base->fields, *field)) : std::nullopt;
    std::vector<std::string> texts{base ? domain::value_text(*base) : ""};
    for (const auto& head : c.heads)
      texts.push_back(domain::value_text(domain::value_in(head.fields, *field)));
    texts = domain::told_apart(std::move(texts));
    cells.push_back(base ? shown_text(texts.front()) : "");
    for (std::size_t i = 0; i < c.heads.size(); ++i) {
      const bool changed = base && domain::value_in(c.heads[i].fields, *field) != *base;
      cells.push_back((changed ? "* " : "  ") + shown_text(texts[i + 1]));
    }
    add_row(to, cells);
  }
}

const char* state_name(domain::group_state state) {
  switch (state) {
    case domain::group_state::same:
      return "same";
    case domain::group_state::one_change:
      return "one_change";
    case domain::group_state::contested:
      return "contested";
  }
  return "same";
}

}  // namespace

namespace {

/// Gives `use` the complete fields of all heads, and of the base or null.
template <class Use>
auto with_sides(const msg::conflict_shown& c, const Use& use) {
  const auto& kind = kind_of(c);
  std::vector<domain::field_map> heads;
  for (const auto& head : c.heads) heads.push_back(complete(kind, head.fields));
  std::vector<const domain::field_map*> sides;
  for (const auto& head : heads) sides.push_back(&head);
  const auto base = c.base ? std::optional(complete(kind, c.base->fields)) : std::nullopt;
  return use(kind, sides, base ? &*base : nullptr);
}

}  // namespace

std::vector<domain::conflict_group> compare_groups(const msg::conflict_shown& c) {
  return with_sides(c, domain::conflict_groups);
}

void complete_fields(msg::conflict_shown& c) {
  const auto* kind = domain::find_record_kind(c.conflict.kind);
  if (kind == nullptr) return;
  const auto put_right = [kind](msg::version_shown& version) {
    if (version.info.erased) return;
    version.fields = complete(*kind, version.fields);
    for (auto& [name, value] : version.fields) {
      if (kind->find(name) != nullptr || std::holds_alternative<domain::structured>(value))
        continue;
      value = domain::structured{json::canonical(domain::json_of(value))};
    }
  };
  if (c.base) put_right(*c.base);
  for (auto& head : c.heads) put_right(head);
  for (auto& version : c.visible) put_right(version);
}

domain::starting_fields undisputed(const msg::conflict_shown& c) {
  return with_sides(c, [](const auto& kind, const auto& sides, const auto* base) {
    return domain::start_of(kind, sides, base);
  });
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
    for (const auto* field : group.fields) {
      const auto& name = field->name;
      auto values = nlohmann::json::array();
      const auto base =
          c.base ? std::optional(domain::value_in(c.base->fields, *field)) : std::nullopt;
      for (const auto& head : c.heads) {
        const auto value = domain::value_in(head.fields, *field);
        values.push_back({{"version_id", head.info.version.text()},
                          {"value", domain::json_of(value)},
                          {"changed", base && value != *base}});
      }
      out.push_back({{"field", name},
                     {"group", group.name},
                     {"clinical", group.clinical},
                     {"state", state_name(group.state)},
                     {"differs", group.differs},
                     {"base", base ? domain::json_of(*base) : nlohmann::json(nullptr)},
                     {"values", std::move(values)}});
    }
  }
  return out;
}

}  // namespace autocusto::admin
