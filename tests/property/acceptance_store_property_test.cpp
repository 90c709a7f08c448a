// Random work of two doctors with two laptops each, and of an admin, against one real store. After
// every step nobody else's view has moved and nothing accepted is lost; in the end every laptop
// shows what the server has, down to the chain, and the whole store verifies.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/store/feed.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "shared/domain/dag.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

/// What to do, on which laptop, with which record, and two numbers that choose further.
using step = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t, std::uint8_t, std::uint8_t>;

constexpr std::array k_fields{"rg", "idade", "peso", "cidade_paciente"};

class story {
 public:
  story() : world_(store::open_sqlite(folder_.path().string(), true, false)) {
    users_ = {world_.add_user("ana@example.org"), world_.add_user("bia@example.org")};
    for (std::size_t i = 0; i < 4; ++i) {
      laptops_.push_back(world_.add_device(users_[i / 2], "laptop " + std::to_string(i)));
      known_.emplace_back();
    }
  }

  void run(const step& s) {
    const auto [act, who, record, one, two] = s;
    const std::size_t d = who % laptops_.size();
    const auto others = picture_of_others(laptops_[d].who.user.key);
    bool own_act = true;
    switch (act % 10) {
      case 0:
        push(d, {root(d, record, one, two)});
        break;
      case 1:
      case 2:
      case 3:
        edit(d, record, one, two, false);
        break;
      case 4:
        edit(d, record, one, two, true);
        break;
      case 5:
        join(d, record);
        break;
      case 6:
        discard(d, record, one);
        break;
      case 7:
        pull(d);
        break;
      case 8:
        repeat(d, record, one);
        break;
      case 9:
        own_act = false;
        administer(d, record, one, two);
        break;
    }
    if (own_act) RC_ASSERT(picture_of_others(laptops_[d].who.user.key) == others);
    nothing_lost();
  }

  void finish() {
    for (std::size_t d = 0; d < laptops_.size(); ++d) {
      world_.pull(laptops_[d], 3);
      compare(laptops_[d]);
    }
    RC_ASSERT(laptops_[0].replica.at() == laptops_[1].replica.at());
    RC_ASSERT(laptops_[2].replica.at() == laptops_[3].replica.at());
    const auto report = world_.verify();
    for (const auto& f : report.findings) RC_LOG() << f.what << ' ' << f.where << '\n';
    RC_ASSERT(report.clean());
  }

 private:
  using edits = std::map<record_id, std::vector<domain::version>>;

  testing::version_builder patient(std::uint8_t record) const {
    return a_patient(nth_cpf(record % 3));
  }

  domain::version root(std::size_t d, std::uint8_t record, std::uint8_t one, std::uint8_t two) {
    auto b = patient(record).salt(++salts_);
    b.with(k_fields[one % k_fields.size()], std::to_string(30 + two % 3).c_str());
    return laptops_[d].version(b);
  }

  /// The laptop's versions of a record: its own, and what pages brought.
  std::vector<domain::version>& known(std::size_t d, std::uint8_t record) {
    return known_[d][patient(record).make().header.record.id];
  }

  void edit(std::size_t d, std::uint8_t record, std::uint8_t one, std::uint8_t two, bool draft) {
    auto& mine = known(d, record);
    if (mine.empty()) return;
    const auto parent = mine[one % mine.size()];
    auto b = patient(record).after({&parent}).salt(++salts_);
    b.with(k_fields[two % k_fields.size()], std::to_string(40 + two % 5).c_str());
    if (draft) b.draft();
    const auto first = laptops_[d].version(b);
    if (two % 7 != 0) return push(d, {first});
    push(d, {first, laptops_[d].version(patient(record).after({&first}).with("sexo", "F"))});
  }

  void join(std::size_t d, std::uint8_t record) {
    const auto id = patient(record).make().header.record.id;
    const auto at = laptops_[d].replica.views().find(id);
    if (at == laptops_[d].replica.views().end() || at->second.heads.size() < 2) return;
    std::vector<const domain::version*> parents;
    for (const auto& v : known(d, record)) {
      const auto& heads = at->second.heads;
      if (std::find(heads.begin(), heads.end(), v.id) != heads.end()) parents.push_back(&v);
    }
    std::sort(parents.begin(), parents.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    if (parents.size() == at->second.heads.size()) {
      push(d, {laptops_[d].version(patient(record).after(parents).salt(++salts_))});
    }
  }

  void discard(std::size_t d, std::uint8_t record, std::uint8_t one) {
    const auto& mine = known(d, record);
    if (mine.empty()) return;
    push_options options;
    options.discards = {mine[one % mine.size()].id};
    world_.push(laptops_[d], {}, options);
  }

  void push(std::size_t d, const std::vector<domain::version>& versions) {
    push_options options;
    options.id = world_.random->make<push_id>();
    const auto body = world_.push_body(laptops_[d], versions, options);
    const auto lines = world_.push(laptops_[d], versions, options);
    RC_ASSERT(lines.size() == versions.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto& v = versions[i];
      if (lines[i].outcome == wire::push_outcome::refused) {
        // Only what the story can run into; anything else would be a refusal without reason.
        RC_ASSERT(std::set<std::string>(
                      {"parent_unavailable", "access_removed", "parent_refused", "too_many_heads"})
                      .contains(lines[i].code));
        continue;
      }
      known_[d][v.header.record.id].push_back(v);
      if (v.header.status == domain::version_status::active) {
        accepted_[{laptops_[d].who.user.key, v.header.record.id}].insert(v.id);
      }
    }
    // The same push once more: the same answer, byte for byte.
    auto again = world_.pushes.push(laptops_[d].who, body);
    RC_ASSERT(words(world_.lines(again)) == words(lines));
  }

  /// Versions that the server has, in a fresh push: all duplicates or out of reach, nothing moves.
  void repeat(std::size_t d, std::uint8_t record, std::uint8_t one) {
    const auto& mine = known(d, record);
    std::vector<domain::version> own;
    for (const auto& v : mine) {
      if (v.header.device == laptops_[d].who.device.id) own.push_back(v);
    }
    if (own.empty()) return;
    const auto before = picture_of_others(0);
    const auto& v = own[one % own.size()];
    const auto lines = world_.push(laptops_[d], {v});
    RC_ASSERT(words(lines) == "duplicate" || words(lines) == "access_removed");
    RC_ASSERT(picture_of_others(0) == before);
  }

  void pull(std::size_t d) {
    auto& laptop = laptops_[d];
    for (bool more = true; more;) {
      const auto page = world_.changes.changes(laptop.who, laptop.replica.at(), 4).value();
      laptop.replica.apply(page, laptop.who.user.id, world_.keys.server_secret);
      for (const auto& sent : page.versions) {
        auto v = domain::decode_version({sent.header, *sent.payload}).value();
        RC_ASSERT(may_see(laptop.who.user, v));
        auto& list = known_[d][v.header.record.id];
        const bool there =
            std::any_of(list.begin(), list.end(), [&](const auto& k) { return k.id == v.id; });
        if (!there) list.push_back(std::move(v));
      }
      for (const auto& item : page.items) {
        if (!item.hash_only && item.kind == wire::item_kind::removed) {
          known_[d].erase(item.record);
        }
      }
      more = page.more;
    }
  }

  /// Own versions, assigned ones, and merges of such.
  bool may_see(const store::user_row& user, const domain::version& v) {
    if (v.header.author == user.id || assigned_[user.key].contains(v.id)) return true;
    bool merge_of_own = v.header.author == system_user();
    world_.db->read([&](store::versions::reads versions) {
      for (const auto& [id, key] : versions.version_keys(v.header.parents)) {
        const auto bytes = versions.versions(std::vector{key}).at(0);
        const auto parent = domain::decode_version({bytes.header, *bytes.payload}).value();
        merge_of_own = merge_of_own && may_see(user, parent);
      }
    });
    return merge_of_own;
  }

  void administer(std::size_t d, std::uint8_t record, std::uint8_t one, std::uint8_t two) {
    const auto& user = laptops_[d].who.user;
    const auto id = patient(record).make().header.record.id;
    const auto view = world_.view(user, id);
    if (two % 3 == 0) {
      const auto done = world_.unassign(user, id);
      RC_ASSERT(done.has_value() == view.has_value());
      if (done) accepted_.erase({user.key, id});
      return;
    }
    std::vector<version_id> all;
    domain::version_dag dag;
    world_.db->read([&](store::snapshot& snapshot) {
      const auto row = store::records::reads(snapshot).record(id);
      if (!row) return;
      for (const auto& n : store::versions::reads(snapshot).graphs(std::vector{row->key}, 0)) {
        if (n.status == domain::version_status::active) all.push_back(n.id);
      }
    });
    if (all.empty()) return;
    auto v = patient(record).make();
    v.id = all[one % all.size()];
    const auto heads = view ? view->state.heads : std::vector<version_id>{};
    auto wrong = heads;
    wrong.push_back(version_id{});
    RC_ASSERT(world_.assign(user, v, wrong).error().code == errc::view_moved);
    RC_ASSERT(world_.assign(user, v, heads).has_value());
    assigned_[user.key].insert(v.id);
    accepted_.erase({user.key, id});
  }

  /// Views and feed positions of everybody but this user.
  std::vector<std::tuple<store::pk, store::pk, domain::view_state, std::int64_t>> picture_of_others(
      store::pk but) {
    std::vector<std::tuple<store::pk, store::pk, domain::view_state, std::int64_t>> out;
    world_.db->read([&](store::snapshot& snapshot) {
      for (const auto& view : store::views::reads(snapshot).views_after(0, 1000)) {
        if (view.user != but) {
          out.emplace_back(view.user, view.key, view.state,
                           store::feed::reads(snapshot).head(view.user).seq);
        }
      }
    });
    return out;
  }

  /// Whatever was accepted since the last act of an admin is a head or an ancestor of one.
  void nothing_lost() {
    for (const auto& [where, ids] : accepted_) {
      const auto& user = where.first == users_[0].key ? users_[0] : users_[1];
      const auto view = world_.view(user, where.second);
      RC_ASSERT(view.has_value());
      domain::version_dag dag;
      world_.db->read([&](store::versions::reads versions) {
        for (const auto& n : versions.graphs(std::vector{view->record}, 0)) {
          dag.add({n.id, n.parents, n.generation, n.status == domain::version_status::draft});
        }
      });
      for (const auto& id : ids) {
        const auto& heads = view->state.heads;
        RC_ASSERT(std::any_of(heads.begin(), heads.end(), [&](const version_id& head) {
          return head == id || dag.is_ancestor(id, head);
        }));
      }
    }
  }

  void compare(const sync_device& laptop) {
    const auto views = world_.views(laptop.who.user);
    const auto& shown = laptop.replica.views();
    RC_ASSERT(shown.size() == views.size());
    for (const auto& view : views) {
      const auto at = std::find_if(shown.begin(), shown.end(), [&](const auto& entry) {
        return entry.second.incarnation == view.state.incarnation;
      });
      RC_ASSERT(at != shown.end());
      RC_ASSERT(at->second.heads == view.state.heads);
      RC_ASSERT(at->second.active == view.active);
      RC_ASSERT(at->second.pinned == view.state.pinned);
      RC_ASSERT(at->second.drafts == view.state.drafts);
      RC_ASSERT(at->second.conflict.has_value() == (view.state.heads.size() > 1));
    }
    world_.db->read([&](store::feed::reads feed) {
      const auto head = feed.head(laptop.who.user.key);
      RC_ASSERT(laptop.replica.at() == (wire::cursor{head.seq, head.chain}));
    });
  }

  temporary_folder folder_{"autocusto-story"};
  sync_world world_;
  std::vector<store::user_row> users_;
  std::vector<sync_device> laptops_;
  std::vector<edits> known_;
  std::map<std::pair<store::pk, record_id>, std::set<version_id>> accepted_;
  std::map<store::pk, std::set<version_id>> assigned_;
  std::size_t salts_ = 0;
};

RC_GTEST_PROP(SyncStory, EndsTheSameForEverybody, (const std::vector<step>& steps)) {
  story s;
  for (const auto& each : steps) s.run(each);
  s.finish();
}

}  // namespace
}  // namespace autocusto::test
