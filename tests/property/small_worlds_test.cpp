// The small worlds, all of them: every order in which three laptops of two doctors can edit one
// record, sync, resolve, and an administrator assign and unassign.
//
// Ana has the laptops 1 and 2, Bia the laptop 3. Each laptop edits once and syncs twice, one
// conflict is resolved, Bia's version is assigned to Ana, and Ana's access is taken away: twelve
// steps. The real rules run on both sides (acceptance and merge, the laptop's shown view); what is
// walked is the graph of states, so that orders that lead to the same state are walked once, and
// their number is that of the paths through the graph. A step that has nothing to do changes
// nothing, so shorter worlds are among them. From each state, too, everybody syncs, and the
// invariants are checked.
#include <array>
#include <iostream>
#include <unordered_map>

#include <gtest/gtest.h>

#include "client/replica/file/shown_view.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto::sync {
namespace {

using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::k_ana;
using testing::k_bia;
using testing::nth_person;
using testing::person;

const std::array<person, 3> k_users{k_ana, k_ana, k_bia};

enum step { edit_1, edit_2, edit_3, sync_1, sync_2, sync_3, resolve, assign, unassign, k_steps };
using left_over = std::array<int, k_steps>;
const left_over k_all{1, 1, 1, 2, 2, 2, 1, 1, 1};

/// A laptop: what the server told, what waits, and the versions that it can read.
struct tiny_laptop {
  replica::server_view told;
  std::vector<domain::version> waiting;
  std::map<version_id, domain::version> known;
  std::vector<version_id> refused;
};

struct tiny_world {
  acceptance_world server;
  std::array<tiny_laptop, 3> laptops;
  left_over left = k_all;
  std::set<version_id> accepted;      ///< Ana's and not exempt from being kept
  std::set<version_id> accepted_bia;  ///< Bia's
  std::set<version_id> granted;       ///< what the administrator put into Ana's view
};

domain::version sample() {
  return by(k_ana, a_patient());
}

class walker {
 public:
  /// How many orders lead from here to the end.
  std::uint64_t walk(const tiny_world& at) {
    const auto key = key_of(at);
    if (const auto seen = paths_.find(key); seen != paths_.end()) return seen->second;
    check_rest(at);
    std::uint64_t paths = 0;
    bool last = true;
    for (int s = 0; s < k_steps; ++s) {
      const auto index = static_cast<std::size_t>(s);
      if (at.left[index] == 0) continue;
      last = false;
      auto next = at;
      --next.left[index];
      const auto before = bias_view(at);
      take(next, static_cast<step>(s));
      if (s != edit_3 && s != sync_3) {
        EXPECT_EQ(bias_view(next), before) << "Bia's view moved";
      }
      if (::testing::Test::HasFailure()) return paths;
      paths += walk(next);
    }
    return paths_[key] = last ? 1 : paths;
  }
  [[nodiscard]] std::size_t states() const { return paths_.size(); }
  [[nodiscard]] std::size_t conflicts() const { return conflicts_; }
  [[nodiscard]] std::size_t merges() const { return merges_; }
  [[nodiscard]] std::size_t resolved() const { return resolved_; }

 private:
  static std::string ids(const std::vector<version_id>& list) {
    std::string out = "[";
    for (const auto& id : list) out += id.raw().substr(0, 8);
    return out + "]";
  }
  static std::string bias_view(const tiny_world& w) {
    const auto* view = w.server.view(k_bia, sample());
    return view == nullptr ? "" : ids(view->state.heads) + ids(view->state.drafts);
  }
  static std::string key_of(const tiny_world& w) {
    std::string out;
    for (const int n : w.left) out += static_cast<char>('0' + n);
    for (const auto& [id, record] : w.server.records) {
      for (const auto& [user, view] : record.views) {
        out += ids(view.state.heads) + ids({view.state.pinned.value_or(version_id{})});
      }
      for (const auto& [user, seen] : record.visible) out += ids({seen.begin(), seen.end()});
      out += std::to_string(record.removed.size());
      std::set<version_id> all;
      for (const auto& node : record.graph) all.insert(node.id);
      out += ids({all.begin(), all.end()});
    }
    for (const auto& l : w.laptops) {
      out += '/';
      out += ids(l.told.heads) + ids({l.told.pinned.value_or(version_id{})});
      for (const auto& v : l.waiting) out += v.id.raw().substr(0, 8);
      for (const auto& [id, v] : l.known) out += id.raw().substr(0, 8);
    }
    out += ids({w.accepted.begin(), w.accepted.end()});
    return out + ids({w.granted.begin(), w.granted.end()});
  }

  static domain::version_dag dag_of(const tiny_laptop& l) {
    domain::version_dag dag;
    for (const auto& [id, v] : l.known) {
      dag.add({id, v.header.parents, v.header.generation, false});
    }
    return dag;
  }
  static replica::shown_view shown(const tiny_laptop& l) {
    std::vector<replica::local_version> p;
    for (const auto& v : l.waiting) p.push_back({v.id, v.header.status});
    return replica::make_shown_view(l.told, p, dag_of(l), {});
  }

  void take(tiny_world& w, step s) {
    switch (s) {
      case edit_1:
      case edit_2:
      case edit_3:
        return edit(w, static_cast<std::size_t>(s - edit_1));
      case sync_1:
      case sync_2:
      case sync_3:
        return sync(w, static_cast<std::size_t>(s - sync_1));
      case resolve:
        return resolve_one(w);
      case assign:
        return assign_one(w);
      default:
        return unassign_one(w);
    }
  }

  static void save(tiny_laptop& l, const domain::version& v) {
    l.waiting.push_back(v);
    l.known.emplace(v.id, v);
  }

  /// Laptops 1 and 2 edit different groups, so that their edits merge where the rules allow it.
  static void edit(tiny_world& w, std::size_t n) {
    auto& l = w.laptops[n];
    const auto now = shown(l);
    auto b = a_patient();
    if (now.active) b.after({&l.known.at(*now.active)});
    const char* field[] = {"rg", "cidade_paciente", "rg"};
    b.with(field[n], std::to_string(n + 1).c_str()).salt(n + 1);
    save(l, by(k_users[n], b));
  }

  void resolve_one(tiny_world& w) {
    auto& l = w.laptops[0];
    const auto now = shown(l);
    if (now.heads.size() < 2) return;
    ++resolved_;
    std::vector<const domain::version*> heads;
    for (const auto& id : now.heads) heads.push_back(&l.known.at(id));
    save(l, by(k_ana, a_patient().after(heads).with("sexo", "F").salt(9)));
  }

  void push(tiny_world& w, std::size_t n) {
    auto& l = w.laptops[n];
    if (l.waiting.empty()) return;
    const auto plan = w.server.push(k_users[n], l.waiting);
    merges_ += plan.merges.size();
    for (std::size_t i = 0; i < l.waiting.size(); ++i) {
      const auto& line = plan.results[i];
      if (line.outcome == wire::push_outcome::refused) {
        l.refused.push_back(line.version);
        l.known.erase(line.version);
      } else {
        (n < 2 ? w.accepted : w.accepted_bia).insert(line.version);
      }
    }
    // The same again changes nothing.
    const auto again = w.server.push(k_users[n], l.waiting);
    EXPECT_TRUE(again.versions.empty() && again.events.empty() && again.views.empty());
    l.waiting.clear();
  }

  static void pull(tiny_world& w, std::size_t n) {
    auto& l = w.laptops[n];
    const auto& user = k_users[n];
    const auto at = w.server.records.begin();
    const auto* view = w.server.view(user, sample());
    l.told = {};
    l.known.clear();
    if (view == nullptr) return;
    l.told.heads = view->state.heads;
    l.told.active = view->active;
    l.told.pinned = view->state.pinned;
    for (const auto& [key, stored] : w.server.stored) {
      if (!at->second.visible[user.key].contains(stored.id)) continue;
      l.known.emplace(stored.id, domain::decode_version({stored.header, *stored.payload}).value());
    }
  }

  void sync(tiny_world& w, std::size_t n) {
    push(w, n);
    pull(w, n);
  }

  /// What Bia has as active, else what Ana has.
  static void assign_one(tiny_world& w) {
    if (w.server.records.empty()) return;
    const auto* bias = w.server.view(k_bia, sample());
    const auto* anas = w.server.view(k_ana, sample());
    if (bias == nullptr && anas == nullptr) return;
    const auto id = bias != nullptr ? *bias->active : *anas->active;
    for (const auto& [key, stored] : w.server.stored) {
      if (stored.id != id) continue;
      w.server.assign(k_ana, domain::decode_version({stored.header, *stored.payload}).value());
      break;
    }
    w.accepted.clear();
    w.granted.insert(id);
  }

  static void unassign_one(tiny_world& w) {
    if (w.server.view(k_ana, sample()) == nullptr) return;
    w.server.unassign(k_ana, sample());
    w.accepted.clear();
  }

  // ---- The invariants, after everybody has synced ----

  void check_rest(tiny_world w) {
    for (int round = 0; round < 2; ++round) {
      for (std::size_t n = 0; n < 3; ++n) sync(w, n);
    }
    if (w.server.records.empty()) return;
    const auto& record = w.server.records.begin()->second;
    domain::version_dag dag;
    std::map<version_id, store::pk> authors;
    for (const auto& node : record.graph) {
      dag.add({node.id, node.parents, node.generation, false});
      authors[node.id] = node.author;
    }
    for (const auto& user : {k_ana, k_bia}) {
      const auto* view = w.server.view(user, sample());
      const bool conflict = record.conflicts.contains(user.key);
      EXPECT_EQ(conflict, view != nullptr && view->state.heads.size() > 1) << "books on conflicts";
      conflicts_ += conflict;
      if (view == nullptr) continue;
      check_view(*view, dag, user.key == k_ana.key ? w.accepted : w.accepted_bia);
      for (const auto& id : record.visible.at(user.key)) {
        const auto by = authors.at(id);
        const bool merge = by == 900;
        const bool granted = user.key == k_ana.key && w.granted.contains(id);
        EXPECT_TRUE(by == user.key || merge || granted) << "somebody else's version is visible";
      }
    }
    for (std::size_t n = 0; n < 3; ++n) {
      const auto* view = w.server.view(k_users[n], sample());
      const auto now = shown(w.laptops[n]);
      EXPECT_EQ(now.heads, view == nullptr ? std::vector<version_id>{} : view->state.heads);
      EXPECT_EQ(now.active, view == nullptr ? std::nullopt : view->active);
    }
  }

  static void check_view(const store::view_row& view, const domain::version_dag& dag,
                         const std::set<version_id>& accepted) {
    const auto& heads = view.state.heads;
    EXPECT_TRUE(std::is_sorted(heads.begin(), heads.end()));
    EXPECT_EQ(view.active, domain::active_version(view.state, dag));
    EXPECT_TRUE(std::find(heads.begin(), heads.end(), *view.active) != heads.end());
    for (const auto& a : heads) {
      for (const auto& b : heads) {
        EXPECT_FALSE(!view.state.pinned && dag.is_ancestor(a, b)) << "a head above a head";
      }
    }
    for (const auto& id : accepted) {
      EXPECT_TRUE(std::any_of(heads.begin(), heads.end(), [&](const version_id& head) {
        return head == id || dag.is_ancestor(id, head);
      })) << "an accepted version is neither a head nor an ancestor of one";
    }
  }

  std::unordered_map<std::string, std::uint64_t> paths_;
  std::size_t conflicts_ = 0, merges_ = 0, resolved_ = 0;
};

TEST(SmallWorlds, EveryOrderKeepsEverything) {
  for (const auto policy : {domain::merge_policy::automatic, domain::merge_policy::manual}) {
    tiny_world start;
    start.server.policy = policy;
    walker all;
    const auto paths = all.walk(start);
    ASSERT_FALSE(HasFailure());
    std::cout << (policy == domain::merge_policy::automatic ? "auto" : "manual") << ": " << paths
              << " orders of 12 steps, over " << all.states() << " states; " << all.conflicts()
              << " conflicts, " << all.merges() << " merges, " << all.resolved()
              << " resolutions\n";
    // 12! / (2! 2! 2!): none was left out.
    EXPECT_EQ(paths, 59'875'200U);
  }
}

}  // namespace
}  // namespace autocusto::sync
