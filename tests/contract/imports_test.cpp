// What an import keeps and takes back, call by call.
#include <algorithm>
#include <array>

#include "server/store/feed.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/removal.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::feed_kind;
using store::import_origin;
using store::pk;

constexpr const char* k_source = "legado";

class imports : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);
  actor bia_ = add_actor(*db_, 2);

  pk add_run(const char* source = k_source) {
    store::import_run_row row;
    row.source = source;
    row.layout = "g3";
    row.options = "{}";
    row.started_at = 5;
    return write([&](store::imports::runs::writes runs) {
      row.version_floor = runs.greatest_version();
      row.view_floor = runs.greatest_view();
      return runs.add_import_run(row);
    });
  }

  struct brought {
    pk record = 0, version = 0, view = 0;
    version_id id;
    record_id record_public;
  };
  /// A record with one version and one view of the user, all of the run.
  brought bring(pk run, const actor& to, std::size_t n, std::int64_t legacy_id) {
    const auto value = patient_root(n, to);
    return write([&](store::transaction& tx) {
      brought out;
      out.id = value.id;
      out.record_public = value.header.record.id;
      const store::wanted_record wanted[] = {
          {value.header.record.id, "patient", std::to_string(n), true}};
      out.record = store::records::writes(tx).lock_records(wanted)[0]->key;
      store::new_version fresh;
      fresh.record = out.record;
      fresh.number = 1;
      fresh.author = to.user.key;
      fresh.device = to.device.key;
      fresh.value = &value;
      fresh.import_run = run;
      out.version = store::versions::writes(tx).add_versions(std::span(&fresh, 1))[0];
      const store::import_version_row made[] = {
          {import_origin::patient_version, legacy_id, out.version, run, 7, 77}};
      store::imports::rows::writes(tx).add_import_versions(k_source, made);
      store::view_row view;
      view.user = to.user.key;
      view.record = out.record;
      view.state.incarnation = *incarnation_id::from_raw(value.id.raw().substr(0, 16));
      view.state.heads = {value.id};
      view.active = value.id;
      view.import_run = run;
      out.view = store::views::writes(tx).save_views(std::span(&view, 1))[0];
      append(tx, to, feed_kind::assigned, out.view, out.version, run);
      return out;
    });
  }
  static void append(store::feed::writes feed, const actor& to, feed_kind kind, pk view, pk version,
                     std::optional<pk> run) {
    const pk owner[] = {to.user.key};
    auto heads = feed.lock_heads(owner);
    auto row = next_item(heads.at(0).head, to.user.key, kind, view, version);
    row.import_run = run;
    feed.append(std::span(&row, 1), heads);
  }
};
SYNC_ON_BOTH(imports);

TEST_P(imports, a_run_is_kept_with_its_report) {
  const pk run = add_run();
  EXPECT_FALSE(read([](store::imports::runs::reads runs) { return runs.import_run(77); }));
  EXPECT_FALSE(write([](store::imports::runs::writes runs) { return runs.lock_import_run(77); }));
  db_->write([&](store::imports::runs::writes runs) {
    auto row = runs.lock_import_run(run).value();
    EXPECT_EQ(row.source, k_source);
    EXPECT_FALSE(row.finished_at);
    EXPECT_FALSE(row.report);
    row.finished_at = 9;
    row.versions = 3;
    row.views = 2;
    row.users = 1;
    row.report = "{\"a\":1}";
    runs.save_import_run(row);
    row.report.reset();
    row.rolled_back_at = 11;
    runs.save_import_run(row);
  });
  const auto row =
      read([&](store::imports::runs::reads runs) { return runs.import_run(run).value(); });
  EXPECT_EQ(row.report, "{\"a\":1}") << "saving without a report keeps it";
  EXPECT_EQ(row.finished_at, 9);
  EXPECT_EQ(row.rolled_back_at, 11);
  EXPECT_EQ(row.versions * 100 + row.views * 10 + row.users, 321);
  const pk second = add_run("outro");
  const auto all = read([](store::imports::runs::reads runs) { return runs.import_runs(); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].key, run);
  EXPECT_EQ(all[1].key, second);
  EXPECT_FALSE(all[0].report) << "lists come without reports";
}

TEST_P(imports, accounts_are_held_until_their_run_releases_them) {
  const pk run = add_run();
  const pk other = add_run("outro");
  using store::account_hold;
  db_->write([&](store::transaction& tx) {
    store::imports::runs::writes runs(tx);
    for (const auto& who : {ana_, bia_})
      store::people::writes(tx).set_user_enabled(who.user.key, false);
    runs.add_import_user(k_source, {2, bia_.user.key, run, true, account_hold::leave});
    runs.add_import_user(k_source, {1, ana_.user.key, run, true, account_hold::enable});
    runs.add_import_user("outro", {1, ana_.user.key, other, false, account_hold::none});
  });
  const auto rows =
      read([](store::imports::runs::reads runs) { return runs.import_users(k_source); });
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].legacy_id, 1);
  EXPECT_EQ(rows[0].held, account_hold::enable);
  EXPECT_EQ(rows[1].owner, bia_.user.key);
  const auto look = [&](const actor& who) {
    return read([&](store::people::reads people) {
      const pk key[] = {who.user.key};
      return std::pair(people.is_held(key[0]), people.users_by_pk(key).at(0).enabled);
    });
  };
  EXPECT_EQ(look(ana_), std::pair(true, false));
  db_->write([&](store::imports::pending::writes pending) {
    pending.release_import_users("outro", other);
  });
  EXPECT_EQ(look(ana_), std::pair(true, false)) << "held by another run";
  db_->write([&](store::imports::pending::writes pending) {
    pending.release_import_users(k_source, run);
  });
  EXPECT_EQ(look(ana_), std::pair(false, true));
  EXPECT_EQ(look(bia_), std::pair(false, false)) << "inactive in the source";
}

TEST_P(imports, a_held_account_that_is_disabled_meanwhile_is_not_enabled_by_the_release) {
  const pk run = add_run();
  db_->write([&](store::transaction& tx) {
    store::imports::runs::writes(tx).add_import_user(
        k_source, {1, ana_.user.key, run, true, store::account_hold::enable});
    store::people::writes(tx).set_user_enabled(ana_.user.key, false);
  });
  EXPECT_EQ(
      read([](store::imports::runs::reads runs) { return runs.import_users(k_source); }).at(0).held,
      store::account_hold::leave);
  db_->write([&](store::imports::pending::writes pending) {
    pending.release_import_users(k_source, run);
  });
  const pk key[] = {ana_.user.key};
  EXPECT_FALSE(
      read([&](store::people::reads people) { return people.users_by_pk(key).at(0); }).enabled);
}

TEST_P(imports, twins_share_an_e_mail) {
  auto twin = ana_.user;
  twin.id = testing::nth<user_id>(50);
  twin.email = "DOCTOR1@example.org";
  EXPECT_TRUE(read([&](store::people::reads people) { return people.email_taken(twin.email); }));
  EXPECT_FALSE(
      read([](store::people::reads people) { return people.email_taken("x@example.org"); }));
  const pk key =
      write([&](store::imports::runs::writes runs) { return runs.add_twin_user(twin, 31); });
  read([&](store::people::reads people) {
    EXPECT_EQ(people.user_by_email(ana_.user.email)->key, ana_.user.key);
    EXPECT_EQ(people.user_by_email(twin.email)->key, key);
    EXPECT_FALSE(people.user_by_email("Doctor1@example.org")) << "neither of the two";
    EXPECT_EQ(people.user_by_email(ana_.user.email + "#31")->key, key);
    return 0;
  });
}

TEST_P(imports, rows_of_the_source_are_found_again) {
  EXPECT_FALSE(
      read([](store::imports::rows::reads rows) { return rows.has_imported_versions(k_source); }));
  const pk run = add_run();
  const auto a = bring(run, ana_, 1, 11);
  const auto b = bring(run, ana_, 2, 12);
  read([&](store::snapshot& snapshot) {
    store::imports::rows::reads rows(snapshot);
    store::imports::runs::reads runs(snapshot);
    EXPECT_TRUE(rows.has_imported_versions(k_source));
    EXPECT_FALSE(rows.has_imported_versions("outro"));
    const std::int64_t ids[] = {11, 99};
    const auto found = rows.imported_versions(k_source, import_origin::patient_version, ids);
    EXPECT_EQ(found.size(), 1U);
    EXPECT_EQ(found.at(0).id, a.id);
    EXPECT_EQ(found.at(0).record, a.record_public);
    EXPECT_EQ(found.at(0).row.version, a.version);
    EXPECT_EQ(found.at(0).row.number * 100 + found.at(0).row.digest, 777);
    EXPECT_EQ(found.at(0).generation, 1);
    EXPECT_TRUE(rows.imported_versions(k_source, import_origin::clinic_version, ids).empty());
    EXPECT_TRUE(rows.imported_versions("outro", import_origin::patient_version, ids).empty());
    const pk versions[] = {b.version};
    EXPECT_EQ(rows.import_rows_of(k_source, versions).at(0).legacy_id, 12);
    const record_id records[] = {b.record_public, testing::nth<record_id>(9)};
    EXPECT_EQ(store::records::reads(snapshot).records_by_ids(records).size(), 1U);
    EXPECT_EQ(runs.greatest_version(), b.version);
    EXPECT_EQ(runs.greatest_view(), b.view);
    return 0;
  });
  // A row that changed has two versions: the newer one counts.
  db_->write([&](store::imports::rows::writes rows) {
    const store::import_version_row changed[] = {
        {import_origin::patient_version, 11, b.version, run, 7, 78}};
    rows.add_import_versions(k_source, changed);
  });
  const std::int64_t ids[] = {11};
  EXPECT_EQ(read([&](store::imports::rows::reads rows) {
              return rows.imported_versions(k_source, import_origin::patient_version, ids);
            })
                .at(0)
                .id,
            b.id);
}

TEST_P(imports, rows_are_kept_for_later) {
  const pk run = add_run();
  const pk later = add_run();
  store::import_kept_row row;
  row.origin = "processos_processo";
  row.legacy_id = 4;
  row.outcome = store::kept_outcome::quarantined;
  row.digest = 40;
  row.reason = "MISSING_DISEASE";
  row.content = "{\"id\":4}";
  const auto keep = [&](pk by) {
    db_->write([&](store::imports::rows::writes rows) {
      rows.keep_rows(k_source, by, std::span(&row, 1));
    });
  };
  keep(run);
  row.digest = 41;
  keep(run);  // again in the same run: replaced
  const std::int64_t ids[] = {4, 5};
  const auto digests = [&] {
    return read([&](store::imports::rows::reads rows) {
      return rows.kept_digests(k_source, row.origin, ids);
    });
  };
  EXPECT_EQ(digests(), (std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 41}}));
  row.digest = 42;
  keep(later);
  EXPECT_EQ(digests(), (std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 42}}));
  const auto kept = read(
      [&](store::imports::rows::reads rows) { return rows.kept_rows(run, row.origin, 0, 10); });
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].content, row.content);
  EXPECT_EQ(kept[0].reason, row.reason);
  EXPECT_EQ(kept[0].outcome, store::kept_outcome::quarantined);
  EXPECT_TRUE(read([&](store::imports::rows::reads rows) {
                return rows.kept_rows(run, row.origin, 4, 10);
              }).empty());
  db_->write([&](store::imports::removal::writes removal) { removal.remove_kept_rows(later); });
  EXPECT_EQ(digests(), (std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 41}}));
}

TEST_P(imports, what_waits_for_the_end_is_read_in_order_and_goes_with_its_run) {
  const pk run = add_run();
  std::vector<store::import_pending_row> rows;
  for (const auto& [record, owner] : {std::pair<pk, pk>{2, 9}, {1, 8}, {1, 7}}) {
    auto& row = rows.emplace_back();
    row.record = record;
    row.owner = owner;
    row.incarnation = testing::nth<incarnation_id>(static_cast<std::size_t>(owner));
    row.versions = {{testing::nth<version_id>(1), false}, {testing::nth<version_id>(2), true}};
  }
  db_->write([&](store::imports::pending::writes pending) {
    pending.add_pending(run, rows);
    rows[0].versions.pop_back();
    pending.add_pending(run, std::span(rows).first(1));
  });
  const auto page = [&](pk record, pk owner, std::int64_t limit) {
    return read([&](store::imports::pending::reads pending) {
      return pending.pending_rows(run, record, owner, limit);
    });
  };
  const auto first = page(0, 0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].owner * 10 + first[1].owner, 78);
  EXPECT_EQ(first[0].incarnation, rows[2].incarnation);
  ASSERT_EQ(first[0].versions.size(), 2U);
  EXPECT_FALSE(first[0].versions[0].assigned);
  EXPECT_TRUE(first[0].versions[1].assigned);
  EXPECT_EQ(first[0].versions[1].version, testing::nth<version_id>(2));
  const auto rest = page(1, 8, 5);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].versions.size(), 1U) << "the second one replaced it";
  db_->write([&](store::imports::pending::writes pending) { pending.remove_pending(run + 1); });
  EXPECT_EQ(page(0, 0, 9).size(), 3U);
  db_->write([&](store::imports::pending::writes pending) { pending.remove_pending(run); });
  EXPECT_TRUE(page(0, 0, 9).empty());
}

TEST_P(imports, views_tell_what_an_import_showed_last) {
  const pk run = add_run();
  const auto a = bring(run, ana_, 1, 11);
  const auto own = push_all(ana_, {patient_root(2, ana_)}, 1);
  const pk records[] = {a.record, own.records[0].key};
  EXPECT_EQ(
      read([&](store::imports::rows::reads rows) { return rows.views_of_records(records); }).size(),
      2U);
  const pk views[] = {a.view, own.views[0]};
  const auto last =
      read([&](store::imports::rows::reads rows) { return rows.last_imported(views); });
  ASSERT_EQ(last.size(), 1U) << "the other view has nothing imported";
  EXPECT_EQ(last[0], std::pair(a.view, a.id));
  auto shown = read([&](store::feed::reads feed) { return feed.shown_versions(views); });
  ASSERT_EQ(shown.size(), 2U);
  std::sort(shown.begin(), shown.end(), [](auto& x, auto& y) { return x.seq < y.seq; });
  EXPECT_EQ(shown[0].version, a.version);
  EXPECT_EQ(shown[0].import_run, run);
  EXPECT_EQ(shown[0].seq, 1);
  EXPECT_FALSE(shown[1].import_run);
  EXPECT_EQ(shown[1].seq, 2);
}

TEST_P(imports, spans_tell_what_devices_were_given) {
  const pk run = add_run();
  bring(run, ana_, 1, 11);
  bring(run, ana_, 2, 12);
  push_all(bia_, {patient_root(3, bia_)}, 1);
  const pk owners[] = {ana_.user.key, bia_.user.key};
  const auto span = [&] {
    auto found = read(
        [&](store::imports::removal::reads removal) { return removal.import_spans(run, owners); });
    EXPECT_EQ(found.size(), 1U) << "only who has items of the run";
    return found.at(0);
  };
  EXPECT_EQ(span().owner, ana_.user.key);
  EXPECT_EQ(span().first * 100 + span().last * 10 + span().count, 122);
  EXPECT_EQ(span().head, 2);
  EXPECT_EQ(span().given, 0);
  db_->write([&](store::feed::writes feed) {
    feed.note_given(ana_.device.key, 2);
    feed.note_given(ana_.device.key, 1);
  });
  EXPECT_EQ(span().given, 2) << "never less";
}

TEST_P(imports, views_that_were_moved_are_remembered_as_they_were_first) {
  const pk run = add_run();
  const auto a = bring(run, ana_, 1, 11);
  store::import_view_row row;
  row.view = a.view;
  row.before.heads = {a.id};
  row.before.pinned = a.id;
  row.active_before = a.id;
  db_->write([&](store::imports::rows::writes rows) {
    rows.add_import_views(run, std::span(&row, 1));
    row.before.heads.clear();
    rows.add_import_views(run, std::span(&row, 1));
  });
  const auto moved =
      write([&](store::imports::removal::reads removal) { return removal.moved_views(run); });
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].before.heads, std::vector{a.id});
  EXPECT_EQ(moved[0].before.pinned, a.id);
  EXPECT_EQ(moved[0].active_before, a.id);
  db_->write([&](store::imports::removal::writes removal) {
    removal.forget_moved_views(run, std::array{a.view});
  });
  EXPECT_TRUE(write([&](store::imports::removal::reads removal) {
                return removal.moved_views(run);
              }).empty());
}

TEST_P(imports, a_run_is_taken_apart_and_leaves_nothing) {
  const auto schema = backend_->schema();
  const pk run = add_run();
  const pk account = write([&](store::transaction& tx) {
    store::imports::runs::writes runs(tx);
    auto user = bia_.user;
    user.id = testing::nth<user_id>(60);
    user.email = "new@example.org";
    const pk key = store::people::writes(tx).add_user(user);
    runs.add_import_user(k_source, {1, ana_.user.key, run, false, {}});
    runs.add_import_user(k_source, {2, key, run, true, {}});
    runs.add_import_user(k_source, {3, bia_.user.key, run, true, {}});
    return key;
  });
  const auto a = bring(run, ana_, 1, 11);
  db_->write([&](store::imports::removal::writes removal) {
    EXPECT_EQ(removal.versions_of_run(run, 0, 10), (std::vector{std::pair(a.version, a.record)}));
    EXPECT_TRUE(removal.versions_of_run(run, a.version, 10).empty());
    EXPECT_EQ(removal.views_of_run(run, 0, 10).at(0).key, a.view);
    const pk owners[] = {ana_.user.key};
    removal.begin_removal();
    removal.cut_feeds(run, removal.import_spans(run, owners));
    removal.remove_views(std::array{a.view});
    removal.remove_versions(std::array{a.version}, std::array{a.record});
    removal.remove_kept_rows(run);
    const auto accounts = removal.remove_import_users(k_source, run, {});
    EXPECT_EQ(accounts.gone, 1);
    EXPECT_EQ(accounts.disabled, std::vector{bia_.user.key}) << "has a device, so it stays";
    removal.end_removal();
  });
  read([&](store::snapshot& snapshot) {
    store::feed::reads feed(snapshot);
    store::people::reads people(snapshot);
    EXPECT_EQ(feed.head(ana_.user.key).seq, 0);
    EXPECT_TRUE(feed.feed(ana_.user.key, 0, 10).empty());
    EXPECT_TRUE(store::versions::reads(snapshot).versions_after(0, 10).empty());
    EXPECT_TRUE(store::views::reads(snapshot).views_after(0, 10).empty());
    EXPECT_TRUE(store::records::reads(snapshot).records_after(0, 10).empty());
    EXPECT_FALSE(store::imports::rows::reads(snapshot).has_imported_versions(k_source));
    EXPECT_TRUE(store::imports::runs::reads(snapshot).import_users(k_source).empty());
    const pk keys[] = {account};
    EXPECT_TRUE(people.users_by_pk(keys).empty());
    const pk kept[] = {bia_.user.key};
    EXPECT_FALSE(people.users_by_pk(kept).at(0).enabled);
    const pk there[] = {ana_.user.key};
    EXPECT_TRUE(people.users_by_pk(there).at(0).enabled) << "was there before";
    return 0;
  });
  EXPECT_EQ(backend_->schema(), schema) << "what the removal needed is gone";
}

TEST_P(imports, a_feed_is_cut_back_to_where_it_was) {
  push_all(ana_, {patient_root(5, ana_)}, 1);
  const auto before = read([&](store::feed::reads feed) { return feed.head(ana_.user.key); });
  const pk run = add_run();
  bring(run, ana_, 1, 11);
  db_->write([&](store::imports::removal::writes removal) {
    const pk owners[] = {ana_.user.key};
    removal.cut_feeds(run, removal.import_spans(run, owners));
  });
  const auto after = read([&](store::feed::reads feed) { return feed.head(ana_.user.key); });
  EXPECT_EQ(after.seq, before.seq);
  EXPECT_EQ(after.chain, before.chain);
}

}  // namespace
}  // namespace autocusto::test
