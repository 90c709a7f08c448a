// What a batch of an import makes of the views that are there, as a table.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/intake/plan_batch.hpp"

namespace autocusto::intake::detail {
namespace {

constexpr store::pk k_ana = 1;
constexpr store::pk k_bia = 2;

version_id id(char name) {
  version_id out;
  out.data().fill(static_cast<std::uint8_t>(name));
  return out;
}

char name_of(const version_id& v) {
  return static_cast<char>(v.data()[0]);
}

/// The history of one record: the source has r, then s or the draft d on it; e was made here.
struct history {
  std::map<char, std::string> parents{{'r', ""}, {'s', "r"}, {'d', "r"}, {'e', "r"}};
  [[nodiscard]] static domain::version_status status(char name) {
    return name == 'd' ? domain::version_status::draft : domain::version_status::active;
  }
  [[nodiscard]] std::int64_t generation(char name) const {
    return parents.at(name).empty() ? 1 : 2;
  }
  [[nodiscard]] std::vector<version_id> parents_of(char name) const {
    std::vector<version_id> out;
    for (const char parent : parents.at(name)) out.push_back(id(parent));
    return out;
  }
};

struct open_view_here {
  std::string heads;  ///< empty: there is no open view
  char imported = 0;  ///< the last version of an import in it
  store::pk user = k_ana;
};

struct plan_case {
  std::string name;
  std::string stored;  ///< versions that are here already
  open_view_here view;
  bool closed = false;  ///< Ana also has a closed view
  std::string shown;    ///< what the source shows Ana, oldest first; upper case: assigned
  std::string planned;  ///< items, then heads and drafts, then the base; empty: nothing is done
  std::string set_aside = "-";  ///< of a set-aside batch: what the view shows already
};

present_record present_of(const plan_case& c, const history& h) {
  present_record out;
  out.row.key = c.stored.empty() ? 0 : 50;
  for (const char name : c.stored) {
    store::version_node node;
    node.key = name;
    node.id = id(name);
    node.generation = h.generation(name);
    node.status = h.status(name);
    node.parents = h.parents_of(name);
    out.graph.push_back(node);
  }
  if (c.closed) {
    store::view_row row;
    row.key = 70;
    row.user = k_ana;
    row.open = false;
    out.views.push_back(row);
  }
  if (!c.view.heads.empty()) {
    store::view_row row;
    row.key = 71;
    row.user = c.view.user;
    for (const char name : c.view.heads) {
      auto& leaves =
          h.status(name) == domain::version_status::draft ? row.state.drafts : row.state.heads;
      leaves.push_back(id(name));
    }
    out.views.push_back(row);
    if (c.view.imported != 0) out.last_imported.emplace(row.key, id(c.view.imported));
  }
  if (c.set_aside != "-") {
    auto& shown = out.shown.emplace()[71];
    for (const char name : c.set_aside) shown.insert(name);
  }
  return out;
}

batch batch_of(const plan_case& c, const history& h) {
  record_entry record;
  view_entry view;
  view.user = k_ana;
  for (const char as_shown : c.shown) {
    const char name = static_cast<char>(std::tolower(as_shown));
    version_entry v;
    v.known = c.stored.find(name) == std::string::npos ? 0 : name;
    v.value.id = id(name);
    v.value.header.generation = h.generation(name);
    v.value.header.status = h.status(name);
    v.value.header.parents = h.parents_of(name);
    view.visible.push_back({static_cast<std::uint32_t>(record.versions.size()), as_shown != name});
    record.versions.push_back(std::move(v));
  }
  record.views.push_back(std::move(view));
  batch out;
  out.records.push_back(std::move(record));
  return out;
}

std::string text_of(const planned_view& view) {
  std::string out;
  for (const auto& item : view.items) {
    out += item.kind == store::feed_kind::assigned ? "assigned " : "version ";
    out += std::string(1, name_of(item.id)) + ", ";
  }
  out += "heads ";
  for (const auto& head : view.row.state.heads) out += name_of(head);
  for (const auto& draft : view.row.state.drafts) out += std::string("+") + name_of(draft);
  if (view.row.state.pinned) out += std::string(" pinned ") + name_of(*view.row.state.pinned);
  if (view.base) out += std::string(" base ") + name_of(*view.base);
  return out;
}

TEST(intake_plan, decides_what_becomes_of_a_view) {
  const std::vector<plan_case> cases{
      {"no view: it is opened", "", {}, false, "s", "version s, heads s"},
      {"no view, with history", "", {}, false, "rs", "version r, version s, heads s"},
      {"no view, assigned", "", {}, false, "rS", "version r, assigned s, heads s pinned s"},
      {"no view, a draft", "", {}, false, "D", "version d, heads +d"},
      {"an untouched one moves on", "r", {"r", 'r'}, false, "rs", "version s, heads s"},
      {"and is assigned", "r", {"r", 'r'}, false, "rS", "assigned s, heads s pinned s"},
      {"the same again", "rs", {"s", 's'}, false, "rs", ""},
      {"an untouched draft moves on", "rd", {"d", 'd'}, false, "s", "version s, heads s+d"},
      {"one with an edit keeps it", "re", {"e", 'r'}, false, "rS", "version s, heads es base r"},
      {"one that was opened by hand", "re", {"e"}, false, "S", "version s, heads es base r"},
      {"another user's is no hindrance", "r", {"r", 'r', k_bia}, false, "r", "version r, heads r"},
      {"one that was closed here stays closed", "r", {}, true, "rs", ""},
      {"and one in its place gets nothing", "re", {"e"}, true, "rs", ""},
      {"unless an import opened it", "r", {"r", 'r'}, true, "rs", "version s, heads s"},
      {"set aside: what it shows is left out",
       "rs",
       {"r", 'r'},
       false,
       "rs",
       "version s, heads s",
       "r"},
      {"set aside: known elsewhere is not shown",
       "rs",
       {"e", 'e'},
       false,
       "rs",
       "version r, version s, heads es base r",
       ""},
  };
  const history h;
  for (auto c : cases) {
    if (c.stored.find('e') == std::string::npos && c.view.heads.find('e') != std::string::npos) {
      c.stored += 'e';
    }
    const auto what = batch_of(c, h);
    const auto planned = plan(what, {present_of(c, h)});
    ASSERT_EQ(planned.size(), 1U) << c.name;
    EXPECT_EQ(planned[0].views.empty() ? "" : text_of(planned[0].views[0]), c.planned) << c.name;
    EXPECT_EQ(planned[0].added.size(),
              static_cast<std::size_t>(std::count_if(
                  c.shown.begin(), c.shown.end(),
                  [&](char n) {
                    return c.stored.find(static_cast<char>(std::tolower(n))) == std::string::npos;
                  })))
        << c.name << ": only new versions are added";
  }
}

TEST(intake_plan, a_record_that_nobody_sees_is_added_alone) {
  batch what;
  what.records.resize(1);
  what.records[0].versions.resize(2);
  what.records[0].versions[0].known = 5;
  const auto planned = plan(what, {present_record{}});
  EXPECT_EQ(planned.at(0).added, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(planned[0].views.empty());
}

}  // namespace
}  // namespace autocusto::intake::detail
