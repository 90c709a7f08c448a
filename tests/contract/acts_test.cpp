// Pushes, conflicts, quarantine, audit, statistics.
#include "server/store/audit.hpp"
#include "server/store/conflicts.hpp"
#include "server/store/pushes.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/settings.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::conflict_state;
using store::pk;
using testing::nth;

class acts : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);
  actor bia_ = add_actor(*db_, 2);
};
SYNC_ON_BOTH(acts);

TEST_P(acts, a_push_is_kept_with_its_answer) {
  const store::push_row push{nth<push_id>(5),  ana_.device.key,
                             "{\"object\":1}", std::string("\0s", 2) + std::string(62, 's'),
                             "{\"answer\":1}", 77};
  db_->write([&](store::pushes::writes pushes) { pushes.add_push(push); });
  const auto found = read([&](store::pushes::reads pushes) { return pushes.push(push.id); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->device, push.device);
  EXPECT_EQ(found->object, push.object);
  EXPECT_EQ(found->signature, push.signature);
  EXPECT_EQ(found->answer, push.answer);
  EXPECT_EQ(found->received_at, 77);
  EXPECT_FALSE(read([](store::pushes::reads pushes) { return pushes.push(nth<push_id>(6)); }));
  EXPECT_THROW(db_->write([&](store::pushes::writes pushes) { pushes.add_push(push); }),
               store::database_error);
}

TEST_P(acts, pushes_are_walked_by_id) {
  db_->write([&](store::pushes::writes pushes) {
    for (const std::size_t n : {30U, 10U, 20U}) {
      pushes.add_push({nth<push_id>(n), ana_.device.key, "o", "s", "a", 0});
    }
  });
  db_->read([](store::pushes::reads pushes) {
    const auto first = pushes.pushes_after(std::nullopt, 2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].id, nth<push_id>(10));
    const auto rest = pushes.pushes_after(first[1].id, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, nth<push_id>(30));
  });
}

TEST_P(acts, a_conflict_shows_the_heads_of_now_and_keeps_those_of_its_end) {
  const domain::version root = patient_root(1, ana_);
  const auto done = push_all(ana_, {root}, 1);
  const pk view = done.views[0];
  store::conflict_row c;
  c.view = view;
  c.base = root.id;
  c.heads = {nth<version_id>(1), nth<version_id>(2)};
  c.opened_at = 10;
  c.key = write([&](store::conflicts::writes conflicts) {
            return conflicts.save_conflicts(std::span(&c, 1));
          }).at(0);
  auto open = read([&](store::conflicts::reads conflicts) {
    return conflicts.open_conflicts(std::span(&view, 1));
  });
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].key, c.key);
  EXPECT_EQ(open[0].base, root.id);
  EXPECT_EQ(open[0].heads, std::vector{root.id});
  EXPECT_EQ(open[0].opened_at, 10);
  const auto entry =
      read([&](store::conflicts::reads conflicts) { return conflicts.conflict(c.key); });
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->view.key, view);
  EXPECT_EQ(entry->record.natural_key, root.payload.key);
  EXPECT_EQ(entry->user.email, ana_.user.email);

  c.state = conflict_state::merged;
  c.closed_at = 20;
  store::conflict_row next;
  next.view = view;
  next.heads = c.heads;
  const store::conflict_row both[] = {next, c};
  db_->write([&](store::conflicts::writes conflicts) { conflicts.save_conflicts(both); });
  open = read([&](store::conflicts::reads conflicts) {
    return conflicts.open_conflicts(std::span(&view, 1));
  });
  ASSERT_EQ(open.size(), 1U);
  EXPECT_NE(open[0].key, c.key);
  EXPECT_FALSE(open[0].base);
  const auto closed =
      read([&](store::conflicts::reads conflicts) { return conflicts.conflict(c.key); });
  EXPECT_EQ(closed->conflict.state, conflict_state::merged);
  EXPECT_EQ(closed->conflict.heads, c.heads);
  EXPECT_EQ(closed->conflict.closed_at, 20);
}

TEST_P(acts, a_view_has_one_open_conflict_at_most) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  store::conflict_row c;
  c.view = done.views[0];
  const store::conflict_row both[] = {c, c};
  EXPECT_THROW(
      db_->write([&](store::conflicts::writes conflicts) { conflicts.save_conflicts(both); }),
      store::database_error);
}

TEST_P(acts, the_conflict_list_hides_the_closed_and_the_dismissed) {
  const auto done =
      push_all(ana_, {patient_root(1, ana_), patient_root(2, ana_), patient_root(3, ana_)}, 1);
  std::vector<store::conflict_row> rows(3);
  for (std::size_t i = 0; i < 3; ++i) rows[i].view = done.views[i];
  rows[1].state = conflict_state::resolved;
  const auto keys =
      write([&](store::conflicts::writes conflicts) { return conflicts.save_conflicts(rows); });
  db_->write([&](store::conflicts::writes conflicts) { conflicts.dismiss_conflict(keys[2]); });
  const auto count = [&](bool closed, bool dismissed) {
    return read([&](store::conflicts::reads conflicts) {
             return conflicts.conflict_list(closed, dismissed);
           })
        .size();
  };
  EXPECT_EQ(count(false, false), 1U);
  EXPECT_EQ(count(true, false), 2U);
  EXPECT_EQ(count(false, true), 2U);
  EXPECT_EQ(count(true, true), 3U);
  EXPECT_TRUE(read([&](store::conflicts::reads conflicts) {
                return conflicts.conflict(keys[2]);
              })->conflict.dismissed);
  EXPECT_FALSE(read([](store::conflicts::reads conflicts) { return conflicts.conflict(987'654); }));
}

TEST_P(acts, quarantine_keeps_the_bytes_and_counts_them) {
  store::quarantine_row q;
  q.device = ana_.device.key;
  q.user = ana_.user.key;
  q.code = "invalid_field";
  q.message = "O campo passa do limite.";
  q.version = nth<version_id>(1);
  q.header = std::string("h\0h", 3);
  q.payload = "payload";
  q.received_at = 9;
  store::quarantine_row second = q;
  second.version = std::nullopt;
  second.payload = "more payload";
  const store::quarantine_row both[] = {q, second};
  db_->write([&](store::quarantine::writes quarantine) { quarantine.add_quarantine(both); });
  db_->read([&](store::quarantine::reads quarantine) {
    const auto used = quarantine.quarantine_used(ana_.device.key);
    EXPECT_EQ(used.items, 2);
    EXPECT_EQ(used.bytes, 3 + 7 + 3 + 12);
    EXPECT_EQ(quarantine.quarantine_used(bia_.device.key).items, 0);
    EXPECT_EQ(quarantine.quarantine_used(bia_.device.key).bytes, 0);
    EXPECT_EQ(quarantine.quarantine_used_by(ana_.user.key).items, 2);
    EXPECT_EQ(quarantine.quarantine_used_by(ana_.user.key).bytes, 3 + 7 + 3 + 12);
    EXPECT_EQ(quarantine.quarantine_used_by(bia_.user.key).items, 0);
    const auto list = quarantine.quarantine_list();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_GT(list[0].key, list[1].key);
    EXPECT_TRUE(list[1].header.empty());
    EXPECT_TRUE(list[1].payload.empty());
    EXPECT_EQ(list[1].code, q.code);
    const auto whole = quarantine.quarantine(list[1].key);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->header, q.header);
    EXPECT_EQ(whole->payload, q.payload);
    EXPECT_EQ(whole->version, q.version);
    EXPECT_EQ(whole->message, q.message);
    EXPECT_EQ(whole->received_at, 9);
    EXPECT_FALSE(quarantine.quarantine(list[0].key)->version);
    EXPECT_FALSE(quarantine.quarantine(987'654));
  });
}

TEST_P(acts, the_audit_log_is_found_by_user_record_time_and_act) {
  db_->write([&](store::audit::writes audit) {
    for (std::int64_t n = 1; n <= 4; ++n) {
      store::audit_row row;
      row.at = n * 10;
      row.actor = n % 2 == 1 ? ana_.user.key : bia_.user.key;
      row.what = "assign";
      if (n == 2) row.subject_user = ana_.user.key;
      if (n == 3) row.subject_record = 55;
      if (n == 3) row.act = nth<act_id>(3);
      row.device = bia_.device.key;
      row.object = "{}";
      row.signature = n == 3 ? std::string(64, 's') : "";
      audit.add_audit(row);
    }
  });
  db_->read([&](store::audit::reads audit) {
    const auto all = audit.audit({}, {}, 0, 0, 10);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].at, 10);
    EXPECT_EQ(audit.audit({}, {}, 25, 0, 10).size(), 2U);
    EXPECT_EQ(audit.audit({}, {}, 0, all[2].key, 10).size(), 1U);
    EXPECT_EQ(audit.audit({}, {}, 0, 0, 3).size(), 3U);
    EXPECT_EQ(audit.audit(ana_.user.key, {}, 0, 0, 10).size(), 3U);
    EXPECT_EQ(audit.audit({}, 55, 0, 0, 10).size(), 1U);
    const auto one = audit.audit_by_act(nth<act_id>(3));
    ASSERT_TRUE(one);
    EXPECT_EQ(one->subject_record, 55);
    EXPECT_EQ(one->signature.size(), 64U);
    EXPECT_EQ(one->device, bia_.device.key);
    EXPECT_FALSE(one->subject_user);
    EXPECT_FALSE(audit.audit_by_act(nth<act_id>(4)));
  });
}

TEST_P(acts, the_audit_log_cannot_be_rewritten) {
  store::audit_row row;
  row.actor = ana_.user.key;
  row.what = "user.add";
  row.act = nth<act_id>(1);
  db_->write([&](store::audit::writes audit) { audit.add_audit(row); });
  EXPECT_ANY_THROW(backend_->query("UPDATE audit_log SET what='nothing'"));
  EXPECT_ANY_THROW(backend_->query("DELETE FROM audit_log"));
  EXPECT_THROW(db_->write([&](store::audit::writes audit) { audit.add_audit(row); }),
               store::database_error);
}

TEST_P(acts, statistics_count_everything) {
  const domain::version root = patient_root(1, ana_);
  const auto done = push_all(ana_, {root, edit_of({&root}, ana_, 2)}, 1);
  store::conflict_row c;
  c.view = done.views[0];
  store::quarantine_row q;
  q.device = ana_.device.key;
  q.user = ana_.user.key;
  db_->write([&](store::transaction& tx) {
    store::conflicts::writes(tx).save_conflicts(std::span(&c, 1));
    store::quarantine::writes(tx).add_quarantine(std::span(&q, 1));
  });
  const auto s = read([](store::settings::reads settings) { return settings.stats(); });
  EXPECT_EQ(s.users, 2);
  EXPECT_EQ(s.devices, 2);
  EXPECT_EQ(s.records, 1);
  EXPECT_EQ(s.versions, 2);
  EXPECT_EQ(s.open_views, 1);
  EXPECT_EQ(s.open_conflicts, 1);
  EXPECT_EQ(s.quarantined, 1);
  EXPECT_EQ(s.pushes, 1);
  EXPECT_EQ(s.feed_items, 2);
}

}  // namespace
}  // namespace autocusto::test
