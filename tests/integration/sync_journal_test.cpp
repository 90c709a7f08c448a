// The journal of acts: applied once, in any order, by several processes; and a file that fails.
#include "server/store/credentials.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/settings.hpp"
#include "server/sync/journal.hpp"
#include "shared/base/limits.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using store::journal_entry;
using store::journaled_act;
using testing::a_patient;

struct memory_file final : sync::journal_file {
  std::vector<std::string> lines() override { return kept; }
  result<void> append(const std::string& line) override {
    if (full) return fail(errc::unavailable, "full");
    kept.push_back(line);
    return {};
  }
  std::vector<std::string> kept;
  bool full = false;
};

class acts_of_journal : public sync_test {
 protected:
  sync::journal journal() { return {file, world.keys, *world.random}; }

  journal_entry entry(journaled_act what, const user_id& user, unix_millis at) {
    journal_entry e;
    e.id = world.random->make<act_id>();
    e.what = what;
    e.user = user;
    e.at = at;
    return e;
  }
  journal_entry added_user(const user_id& id, const std::string& email) {
    auto e = entry(journaled_act::user_added, id, 10);
    e.email = email;
    return e;
  }
  journal_entry added_device(const user_id& user, const device_id& id) {
    auto e = entry(journaled_act::device_added, user, 20);
    e.device = id;
    e.device_name = "laptop";
    e.public_key = std::string(32, 'k');
    return e;
  }
  journal_entry revoked(const user_id& user, const device_id& id, bool lost = false) {
    auto e = entry(journaled_act::device_revoked, user, 30);
    e.device = id;
    e.lost = lost;
    return e;
  }
  journal_entry withdrawn(const user_id& user, const std::string& code_hash) {
    auto e = entry(journaled_act::enrollment_revoked, user, 40);
    e.code_hash = code_hash;
    return e;
  }
  journal_entry reenrollment(const std::string& policy, unix_millis at) {
    auto e = entry(journaled_act::reenrollment_set, carla, at);
    e.policy = policy;
    return e;
  }
  std::optional<std::string> reenrollment() {
    std::optional<std::string> out;
    world.db->read(
        [&](store::settings::reads settings) { out = settings.setting("reenrollment"); });
    return out;
  }
  std::size_t apply(const std::vector<journal_entry>& entries) {
    memory_file own;
    sync::journal one(own, world.keys, *world.random);
    for (const auto& e : entries) one.note(e).value();
    return one.apply(*world.db, 99);
  }
  store::user_row user(const user_id& id) {
    std::optional<store::user_row> out;
    world.db->read([&](store::people::reads people) { out = people.user_by_id(id); });
    return out.value();
  }
  store::device_row device(const device_id& id) {
    std::optional<store::device_row> out;
    world.db->read([&](store::people::reads people) { out = people.device_by_id(id); });
    return out.value();
  }

  memory_file file;
  const user_id carla = testing::nth<user_id>(300);
  const device_id hers = testing::nth<device_id>(301);
};

TEST_P(acts_of_journal, each_kind_survives_the_file_and_is_noted_once) {
  auto removed = entry(journaled_act::view_removed, carla, 5);
  removed.record = testing::nth<record_id>(1);
  removed.incarnation = testing::nth<incarnation_id>(2);
  auto device = added_device(carla, hers);
  device.code_hash = std::string(32, 'c');
  device.replaces = testing::nth<device_id>(9);
  const std::vector<journal_entry> all{added_user(carla, "carla@example.org"),
                                       entry(journaled_act::user_disabled, carla, 1),
                                       entry(journaled_act::user_enabled, carla, 2),
                                       device,
                                       revoked(carla, hers, true),
                                       removed,
                                       withdrawn(carla, std::string(32, 'w')),
                                       reenrollment("approve", 50)};
  auto one = journal();
  for (const auto& e : all) {
    one.note(e).value();
    one.note(e).value();
    EXPECT_EQ(store::encode_entry(store::decode_entry(store::encode_entry(e)).value()),
              store::encode_entry(e));
  }
  EXPECT_EQ(file.kept.size(), all.size());
  auto again = journal();
  EXPECT_EQ(again.skipped(), 0U);
  for (const auto& e : all) again.note(e).value();
  EXPECT_EQ(file.kept.size(), all.size());
}

TEST_P(acts_of_journal, of_the_policies_of_reenrollment_the_latest_counts) {
  EXPECT_EQ(apply({reenrollment("approve", 50)}), 1U);
  EXPECT_EQ(reenrollment(), "approve");
  EXPECT_EQ(apply({reenrollment("allow", 40)}), 1U) << "from the journal of another process";
  EXPECT_EQ(reenrollment(), "approve");
  EXPECT_EQ(apply({reenrollment("allow", 60)}), 1U);
  EXPECT_EQ(reenrollment(), "allow");
  auto odd = reenrollment("perhaps", 70);
  EXPECT_FALSE(store::decode_entry(store::encode_entry(odd)));
}

TEST_P(acts_of_journal, lines_that_are_not_this_servers_are_skipped) {
  auto one = journal();
  one.note(added_user(carla, "carla@example.org")).value();
  const auto good = file.kept[0];
  const auto other_key = crypto::signing_key::generate(*world.random);
  auto foreign_keys = world.keys;
  foreign_keys.signing = &other_key;
  memory_file foreign;
  sync::journal theirs(foreign, foreign_keys, *world.random);
  theirs.note(added_user(carla, "carla@example.org")).value();
  auto other_server = world.keys;
  other_server.server = testing::nth<server_id>(77);
  memory_file elsewhere;
  sync::journal at_elsewhere(elsewhere, other_server, *world.random);
  at_elsewhere.note(added_user(carla, "carla@example.org")).value();
  file.kept = {foreign.kept[0], elsewhere.kept[0], good.substr(0, 40), "", "[]", good};
  EXPECT_EQ(journal().skipped(), 5U);
}

TEST_P(acts_of_journal, lines_of_a_key_that_was_replaced_still_count) {
  auto before = journal();
  before.note(added_user(carla, "carla@example.org")).value();
  const auto next = crypto::signing_key::generate(*world.random);
  auto later = world.keys;
  later.signing = &next;
  EXPECT_EQ(sync::journal(file, later, *world.random).skipped(), 1U);
  const std::vector<crypto::public_key> retired{world.signing.public_half()};
  later.retired = retired;
  sync::journal after(file, later, *world.random);
  EXPECT_EQ(after.skipped(), 0U);
  after.note(added_device(carla, hers)).value();
  EXPECT_EQ(sync::journal(file, later, *world.random).skipped(), 0U);
  EXPECT_EQ(journal().skipped(), 1U) << "who has the old keys only knows nothing of the new one";
}

TEST_P(acts_of_journal, what_the_database_lacks_is_done_once) {
  const std::vector<journal_entry> all{added_user(carla, "carla@example.org"),
                                       added_device(carla, hers), revoked(carla, hers)};
  EXPECT_EQ(apply(all), 3U);
  EXPECT_EQ(apply(all), 0U);
  EXPECT_EQ(user(carla).email, "carla@example.org");
  EXPECT_TRUE(user(carla).enabled);
  EXPECT_EQ(device(hers).public_key, std::string(32, 'k'));
  EXPECT_TRUE(device(hers).revoked_at);
}

TEST_P(acts_of_journal, several_journals_may_come_in_any_order) {
  // A revocation before the device is known, a disablement before the user is.
  apply({revoked(carla, hers, true)});
  apply({entry(journaled_act::user_disabled, carla, 50)});
  EXPECT_TRUE(store::is_placeholder(user(carla)));
  apply({added_device(carla, hers)});
  apply({added_user(carla, "carla@example.org")});
  EXPECT_EQ(user(carla).email, "carla@example.org");
  EXPECT_FALSE(user(carla).enabled);
  EXPECT_TRUE(device(hers).revoked_at);
  EXPECT_TRUE(device(hers).lost);
  EXPECT_FALSE(store::is_placeholder(device(hers)));
}

TEST_P(acts_of_journal, of_disabling_and_enabling_the_later_counts) {
  const auto ana = world.add_user("ana@example.org");
  apply({entry(journaled_act::user_enabled, ana.id, 200)});
  apply({entry(journaled_act::user_disabled, ana.id, 100)});
  EXPECT_TRUE(user(ana.id).enabled);
  apply({entry(journaled_act::user_disabled, ana.id, 300)});
  EXPECT_FALSE(user(ana.id).enabled);
}

TEST_P(acts_of_journal, a_database_that_went_back_revives_no_code) {
  const auto ana = world.add_user("ana@example.org");
  const auto laptop = world.add_device(ana, "laptop");
  const auto code = [](char c) { return std::string(32, c); };
  // Made at 100, 200 and 300, as a backup has them.
  const auto put_back = [&] {
    world.db->write([&](store::credentials::writes credentials) {
      for (const auto at : {100, 200, 300}) {
        credentials.void_enrollment(code(static_cast<char>('0' + at / 100)));
        credentials.add_enrollment({code(static_cast<char>('0' + at / 100)), ana.key,
                                    at + limits::enrollment_millis, std::nullopt});
      }
    });
  };
  const auto open = [&] {
    std::string out;
    world.db->read([&](store::credentials::reads credentials) {
      out.clear();
      for (const auto& row : credentials.open_enrollments(0)) out += row.code_hash[0];
    });
    return out;
  };
  put_back();
  apply({withdrawn(ana.id, code('2'))});
  EXPECT_EQ(open(), "13");
  put_back();
  apply({entry(journaled_act::user_enabled, ana.id, 250)});
  apply({entry(journaled_act::user_disabled, ana.id, 200)});
  EXPECT_TRUE(user(ana.id).enabled);
  EXPECT_EQ(open(), "3") << "also where the user was enabled again meanwhile";
  put_back();
  auto gone = revoked(ana.id, laptop.who.device.id);
  gone.at = 150;
  apply({gone});
  EXPECT_EQ(open(), "23");
}

TEST_P(acts_of_journal, what_was_revoked_along_and_approved_comes_in_any_order) {
  const auto ana = world.add_user("ana@example.org");
  const auto first = world.add_device(ana, "laptop").who.device.id;
  const auto child = world.random->make<device_id>();
  const auto waiting = world.random->make<device_id>();
  const auto approved = world.random->make<device_id>();
  const auto added = [&](const device_id& id, bool pending) {
    auto e = added_device(ana.id, id);
    e.replaces = first;
    e.pending = pending;
    return e;
  };
  auto act = revoked(ana.id, first, true);
  auto along = revoked(ana.id, child, true);
  along.id = store::revoked_along(act.id, child);
  EXPECT_NE(along.id, store::revoked_along(act.id, first));
  auto approval = entry(journaled_act::device_approved, ana.id, 50);
  approval.device = approved;
  apply({along, approval});  // before the devices are known
  apply({added(child, false), added(approved, true)});
  apply({added(waiting, true), act});
  EXPECT_TRUE(device(first).lost);
  EXPECT_TRUE(device(child).lost);
  EXPECT_FALSE(device(approved).pending);
  EXPECT_FALSE(device(approved).revoked_at);
  EXPECT_TRUE(device(waiting).pending);
  for (const auto& e : {along, approval, added(waiting, true)}) {
    EXPECT_EQ(store::encode_entry(store::decode_entry(store::encode_entry(e)).value()),
              store::encode_entry(e));
  }
}

TEST_P(acts_of_journal, an_email_that_was_given_away_anew_stays_with_who_has_it) {
  const auto other = world.add_user("carla@example.org");
  apply({added_user(carla, "Carla@example.org"), added_device(carla, hers)});
  EXPECT_TRUE(store::is_placeholder(user(carla)));
  EXPECT_FALSE(user(carla).enabled);
  EXPECT_EQ(user(other.id).email, "carla@example.org");
}

TEST_P(acts_of_journal, only_the_incarnation_that_was_removed_is_closed) {
  const auto ana = world.add_user("ana@example.org");
  auto laptop = world.add_device(ana, "laptop");
  const auto root = laptop.version(a_patient());
  const auto incarnation = world.push(laptop, {root})[0].incarnation.value();
  auto removed = entry(journaled_act::view_removed, ana.id, 5);
  removed.record = root.header.record.id;
  removed.incarnation = testing::nth<incarnation_id>(50);
  apply({removed});
  EXPECT_TRUE(world.view(ana, root.header.record.id)) << "another one";
  removed.id = world.random->make<act_id>();
  removed.incarnation = incarnation;
  apply({removed});
  EXPECT_FALSE(world.view(ana, root.header.record.id));
  world.pull(laptop);
  EXPECT_TRUE(laptop.replica.views().empty()) << "its laptops are told";
  const auto report = world.verify();
  for (const auto& f : report.findings) ADD_FAILURE() << f.what << " " << f.where;
}

TEST_P(acts_of_journal, a_view_that_the_database_never_saw_is_not_opened_by_a_proof) {
  const auto ana = world.add_user("ana@example.org");
  auto laptop = world.add_device(ana, "laptop");
  const auto root = laptop.version(a_patient());
  auto removed = entry(journaled_act::view_removed, ana.id, 5);
  removed.record = root.header.record.id;
  removed.incarnation = testing::nth<incarnation_id>(50);
  apply({removed});
  push_options options;
  options.change_request = [&](wire::push_request& r) {
    r.versions[0].incarnation = removed.incarnation;
    r.versions[0].proof =
        wire::make_proof(world.keys.server_secret, ana.id, removed.incarnation, root.id);
  };
  EXPECT_EQ(words(world.push(laptop, {root}, options)), "access_removed");
  std::int64_t records = -1;
  world.db->read([&](store::settings::reads settings) { records = settings.stats().records; });
  EXPECT_EQ(records, 0) << "no empty record is left behind";
}

TEST_P(acts_of_journal, a_full_disk_is_an_error_and_asking_again_mends_it) {
  auto one = journal();
  const auto e = added_user(carla, "carla@example.org");
  file.full = true;
  EXPECT_EQ(one.note(e).error().code, errc::unavailable);
  EXPECT_EQ(one.apply(*world.db, 1), 0U) << "what could not be written is not remembered either";
  file.full = false;
  one.note(e).value();
  EXPECT_EQ(file.kept.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(stores, acts_of_journal, ::testing::Values("sqlite", "postgres"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace autocusto::test
