// Settings, users, devices, enrollments, sessions, challenges, policies.
#include "server/store/people.hpp"

#include <latch>
#include <thread>

#include "server/store/audit.hpp"
#include "server/store/credentials.hpp"
#include "server/store/settings.hpp"
#include "shared/base/limits.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::pk;
using testing::nth;

class people : public contract {};
SYNC_ON_BOTH(people);

TEST_P(people, settings_are_kept_and_replaced) {
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.setting("server"); }),
            std::nullopt);
  db_->write([](store::settings::writes settings) { settings.set_setting("server", "one"); });
  db_->write(
      [](store::settings::writes settings) { settings.set_setting("server", "dois, à direita"); });
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.setting("server"); }),
            "dois, à direita");
}

TEST_P(people, users_are_found_by_email_in_any_case_and_by_id) {
  store::user_row admin;
  admin.id = nth<user_id>(7);
  admin.email = "Ana.Souza@Example.org";
  admin.role = store::user_role::admin;
  admin.created_at = 42;
  const pk key =
      write([&](store::transaction& tx) { return store::people::writes(tx).add_user(admin); });
  const actor other = add_actor(*db_, 1);
  db_->read([&](store::snapshot& snapshot) {
    const auto found = store::people::reads(snapshot).user_by_email("aNA.souza@example.ORG");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->key, key);
    EXPECT_EQ(found->id, admin.id);
    EXPECT_EQ(found->email, "Ana.Souza@Example.org");
    EXPECT_EQ(found->role, store::user_role::admin);
    EXPECT_TRUE(found->enabled);
    EXPECT_EQ(found->created_at, 42);
    EXPECT_EQ(store::people::reads(snapshot).user_by_id(admin.id)->key, key);
    EXPECT_FALSE(store::people::reads(snapshot).user_by_email("nobody@example.org"));
    EXPECT_FALSE(store::people::reads(snapshot).user_by_id(nth<user_id>(99)));
    const pk keys[] = {key, other.user.key, 999'999};
    EXPECT_EQ(store::people::reads(snapshot).users_by_pk(keys).size(), 2U);
    const user_id ids[] = {nth<user_id>(99), other.user.id};
    const auto by_ids = store::people::reads(snapshot).users_by_ids(ids);
    ASSERT_EQ(by_ids.size(), 1U);
    EXPECT_EQ(by_ids[0].email, other.user.email);
    EXPECT_TRUE(store::people::reads(snapshot).users_by_ids({}).empty());
    EXPECT_EQ(store::people::reads(snapshot).all_users().size(), 2U);
  });
  db_->write(
      [&](store::transaction& tx) { store::people::writes(tx).set_user_enabled(key, false); });
  EXPECT_FALSE(read([&](store::snapshot& snapshot) {
    return store::people::reads(snapshot).user_by_id(admin.id)->enabled;
  }));
}

TEST_P(people, the_same_email_in_another_case_is_refused) {
  static_cast<void>(add_actor(*db_, 1));
  store::user_row again;
  again.id = nth<user_id>(2);
  again.email = "DOCTOR1@example.org";
  EXPECT_THROW(
      db_->write([&](store::transaction& tx) { store::people::writes(tx).add_user(again); }),
      store::database_error);
}

TEST_P(people, devices_keep_what_happens_to_them) {
  const actor a = add_actor(*db_, 1);
  store::device_row second;
  second.id = nth<device_id>(50);
  second.user = a.user.key;
  second.name = "notebook da clínica";
  second.public_key = std::string("\0\1\2", 3) + std::string(29, 'x');
  second.enrolled_at = 5;
  second.replaces = a.device.key;
  second.pending = true;
  second.key =
      write([&](store::transaction& tx) { return store::people::writes(tx).add_device(second); });
  db_->write([&](store::transaction& tx) {
    store::people::writes(tx).device_seen(second.key, 77);
    store::people::writes(tx).set_last_push(second.key, nth<push_id>(3));
  });
  auto found = read([&](store::snapshot& snapshot) {
    return store::people::reads(snapshot).device_by_id(second.id);
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, a.user.key);
  EXPECT_EQ(found->name, second.name);
  EXPECT_EQ(found->public_key, second.public_key);
  EXPECT_EQ(found->enrolled_at, 5);
  EXPECT_EQ(found->last_seen, 77);
  EXPECT_EQ(found->last_push, nth<push_id>(3));
  EXPECT_EQ(found->replaces, a.device.key);
  EXPECT_TRUE(found->pending);
  EXPECT_FALSE(found->revoked_at);
  db_->write([&](store::transaction& tx) {
    store::people::writes(tx).revoke_device(second.key, 99, true);
  });
  found = write(
      [&](store::transaction& tx) { return store::people::writes(tx).lock_device(second.id); });
  EXPECT_EQ(found->revoked_at, 99);
  EXPECT_TRUE(found->lost);
  db_->read([&](store::snapshot& snapshot) {
    EXPECT_FALSE(store::people::reads(snapshot).device_by_id(nth<device_id>(98)));
    const pk keys[] = {a.device.key, second.key};
    EXPECT_EQ(store::people::reads(snapshot).devices_by_pk(keys).size(), 2U);
    EXPECT_EQ(store::people::reads(snapshot).all_devices().size(), 2U);
    const auto others = store::people::reads(snapshot).devices_replacing(a.device.key);
    ASSERT_EQ(others.size(), 1U);
    EXPECT_EQ(others[0].id, second.id);
    EXPECT_TRUE(store::people::reads(snapshot).devices_replacing(second.key).empty());
    EXPECT_EQ(store::people::reads(snapshot).devices_of_user(a.user.key).size(), 2U);
    EXPECT_EQ(store::people::reads(snapshot).devices_of_user(a.user.key)[1].id, second.id);
    EXPECT_TRUE(store::people::reads(snapshot).devices_of_user(999'999).empty());
  });
}

TEST_P(people, a_device_without_a_key_has_none) {
  const actor a = add_actor(*db_, 1);
  store::device_row keyless;
  keyless.id = nth<device_id>(60);
  keyless.user = a.user.key;
  keyless.name = "?";
  keyless.key =
      write([&](store::transaction& tx) { return store::people::writes(tx).add_device(keyless); });
  const auto found = [&] {
    return read([&](store::snapshot& snapshot) {
             return store::people::reads(snapshot).device_by_id(keyless.id);
           })
        .value();
  };
  EXPECT_TRUE(found().public_key.empty());
  const auto stored = [&] {
    return backend_->query(
        "SELECT CASE WHEN public_key IS NULL THEN 'none' ELSE 'some' END "
        "FROM device WHERE name='?'");
  };
  EXPECT_EQ(stored(), "none");
  keyless.public_key = a.device.public_key;
  db_->write([&](store::transaction& tx) { store::people::writes(tx).update_device(keyless); });
  EXPECT_EQ(found().public_key, a.device.public_key);
  EXPECT_EQ(stored(), "some");
}

TEST_P(people, an_enrollment_code_is_used_by_one_device) {
  const actor a = add_actor(*db_, 1);
  const std::string code(32, 'c');
  db_->write([&](store::credentials::writes credentials) {
    credentials.add_enrollment({code, a.user.key, 500, {}});
  });
  auto found =
      read([&](store::credentials::reads credentials) { return credentials.enrollment(code); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, a.user.key);
  EXPECT_EQ(found->expires_at, 500);
  EXPECT_FALSE(found->device);
  db_->write([&](store::credentials::writes credentials) {
    credentials.use_enrollment(code, a.device.key);
  });
  found = read([&](store::credentials::reads credentials) { return credentials.enrollment(code); });
  EXPECT_EQ(found->device, a.device.key);
  EXPECT_FALSE(read([](store::credentials::reads credentials) {
    return credentials.enrollment(std::string(32, 'd'));
  }));
}

TEST_P(people, who_has_a_code_is_told_while_it_is_good_and_unused) {
  const actor ana = add_actor(*db_, 1);
  const actor bia = add_actor(*db_, 2);
  const auto invited = [&](unix_millis now) {
    return read(
        [&](store::credentials::reads credentials) { return credentials.users_with_code(now); });
  };
  EXPECT_TRUE(invited(0).empty());
  db_->write([&](store::credentials::writes credentials) {
    credentials.add_enrollment({std::string(32, 'a'), ana.user.key, 500, {}});
    credentials.add_enrollment({std::string(32, 'b'), ana.user.key, 600, {}});
    credentials.add_enrollment({std::string(32, 'c'), bia.user.key, 700, {}});
  });
  EXPECT_EQ(invited(0).size(), 2U) << "each user once";
  EXPECT_EQ(invited(599).size(), 2U);
  EXPECT_EQ(invited(600), (std::vector<pk>{bia.user.key})) << "good until, not at, its end";
  db_->write([&](store::credentials::writes credentials) {
    credentials.use_enrollment(std::string(32, 'c'), bia.device.key);
  });
  EXPECT_TRUE(invited(600).empty());
}

TEST_P(people, the_latest_time_is_that_of_a_device_a_session_or_the_log) {
  const actor a = add_actor(*db_, 1);
  const auto latest = [&] {
    return read([](store::settings::reads settings) { return settings.latest_time(); });
  };
  const auto enrolled = latest();
  EXPECT_EQ(enrolled, a.device.enrolled_at);
  db_->write([&](store::transaction& tx) {
    store::people::writes(tx).device_seen(a.device.key, enrolled + 10);
  });
  EXPECT_EQ(latest(), enrolled + 10);
  db_->write([&](store::credentials::writes credentials) {
    store::session_row session;
    session.token_hash = std::string(32, 't');
    session.device = a.device.key;
    session.expires_at = enrolled + 20 + limits::session_millis;
    credentials.add_session(session);
  });
  EXPECT_EQ(latest(), enrolled + 20);
  db_->write([&](store::audit::writes audit) {
    store::audit_row line;
    line.actor = a.user.key;
    line.what = "init";
    line.object = "{}";
    line.at = enrolled + 30;
    audit.add_audit(line);
  });
  EXPECT_EQ(latest(), enrolled + 30);
}

TEST_P(people, an_open_code_is_listed_and_voided_and_a_used_one_stays) {
  const actor ana = add_actor(*db_, 1);
  const actor bia = add_actor(*db_, 2);
  const auto code = [](char c) { return std::string(32, c); };
  db_->write([&](store::credentials::writes credentials) {
    credentials.add_enrollment({code('b'), ana.user.key, 600, {}});
    credentials.add_enrollment({code('a'), ana.user.key, 500, {}});
    credentials.add_enrollment({code('c'), bia.user.key, 700, {}});
    credentials.add_enrollment({code('d'), ana.user.key, 800, ana.device.key});
  });
  const auto open = [&](unix_millis now) {
    std::string out;
    db_->read([&](store::credentials::reads credentials) {
      out.clear();
      for (const auto& row : credentials.open_enrollments(now)) out += row.code_hash[0];
    });
    return out;
  };
  EXPECT_EQ(open(0), "abc") << "the first to expire first";
  EXPECT_EQ(open(500), "bc");
  EXPECT_TRUE(write([&](store::credentials::writes credentials) {
    return credentials.void_enrollment(code('c'));
  }));
  EXPECT_FALSE(write([&](store::credentials::writes credentials) {
    return credentials.void_enrollment(code('c'));
  }));
  EXPECT_FALSE(write([&](store::credentials::writes credentials) {
    return credentials.void_enrollment(code('d'));
  })) << "used";
  db_->write([&](store::credentials::writes credentials) {
    credentials.void_enrollments(bia.user.key, 1000);
  });
  EXPECT_EQ(open(0), "ab");
  db_->write([&](store::credentials::writes credentials) {
    credentials.void_enrollments(ana.user.key, 500);
  });
  EXPECT_EQ(open(0), "b") << "those that expire until then";
  db_->write([&](store::credentials::writes credentials) {
    credentials.void_enrollments(ana.user.key, 1000);
  });
  EXPECT_EQ(open(0), "");
  EXPECT_TRUE(read(
      [&](store::credentials::reads credentials) { return credentials.enrollment(code('d')); }));
}

TEST_P(people, one_code_used_by_many_at_once_makes_one_device) {
  constexpr std::size_t k_threads = 8;
  const actor a = add_actor(*db_, 1);
  const std::string code(32, 'c');
  db_->write([&](store::credentials::writes credentials) {
    credentials.add_enrollment({code, a.user.key, 500, {}});
  });
  const auto before = read([](store::snapshot& snapshot) {
    return store::people::reads(snapshot).all_devices().size();
  });
  std::latch together(k_threads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      together.arrive_and_wait();
      db_->write([&](store::transaction& tx) {
        store::credentials::writes credentials(tx);
        const auto found = credentials.lock_enrollment(code);
        if (!found || found->device) return;
        store::device_row device = a.device;
        device.id = nth<device_id>(100 + t);
        credentials.use_enrollment(code, store::people::writes(tx).add_device(device));
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read([](store::snapshot& snapshot) {
              return store::people::reads(snapshot).all_devices().size();
            }),
            before + 1);
  EXPECT_FALSE(write([](store::credentials::writes credentials) {
    return credentials.lock_enrollment(std::string(32, 'd'));
  }));
}

TEST_P(people, a_session_tells_device_and_user_and_ends_with_either) {
  const actor a = add_actor(*db_, 1);
  const actor b = add_actor(*db_, 2);
  const std::string of_a(32, 'a');
  const std::string of_b(32, 'b');
  db_->write([&](store::credentials::writes credentials) {
    credentials.add_session({of_a, a.device.key, store::session_scope::surrender, 100});
    credentials.add_session({of_b, b.device.key, store::session_scope::full, 200});
  });
  const auto owner =
      read([&](store::credentials::reads credentials) { return credentials.session(of_a); });
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->session.scope, store::session_scope::surrender);
  EXPECT_EQ(owner->session.expires_at, 100);
  EXPECT_EQ(owner->device.id, a.device.id);
  EXPECT_EQ(owner->user.email, a.user.email);
  db_->write([&](store::credentials::writes credentials) {
    credentials.end_sessions_of_device(a.device.key);
  });
  EXPECT_FALSE(
      read([&](store::credentials::reads credentials) { return credentials.session(of_a); }));
  EXPECT_TRUE(
      read([&](store::credentials::reads credentials) { return credentials.session(of_b); }));
  db_->write([&](store::credentials::writes credentials) {
    credentials.end_sessions_of_user(b.user.key);
  });
  EXPECT_FALSE(
      read([&](store::credentials::reads credentials) { return credentials.session(of_b); }));
}

TEST_P(people, a_challenge_is_spent_once) {
  const std::string hash(32, 'h');
  EXPECT_TRUE(write([&](store::credentials::writes credentials) {
    return credentials.spend_challenge(hash, 100);
  }));
  EXPECT_FALSE(write([&](store::credentials::writes credentials) {
    return credentials.spend_challenge(hash, 100);
  }));
  EXPECT_TRUE(write([&](store::credentials::writes credentials) {
    return credentials.spend_challenge(std::string(32, 'i'), 100);
  }));
}

TEST_P(people, purging_removes_exactly_what_has_expired) {
  const actor a = add_actor(*db_, 1);
  const std::string old_hash(32, 'o');
  const std::string new_hash(32, 'n');
  const std::string used_hash(32, 'u');
  db_->write([&](store::credentials::writes credentials) {
    for (const auto& [hash, time] : {std::pair(old_hash, 10), std::pair(new_hash, 30)}) {
      credentials.add_session({hash, a.device.key, store::session_scope::full, time});
      credentials.add_enrollment({hash, a.user.key, time, {}});
      EXPECT_TRUE(credentials.spend_challenge(hash, time));
    }
    credentials.add_enrollment({used_hash, a.user.key, 10, a.device.key});
    credentials.purge_expired(20);
  });
  db_->write([&](store::credentials::writes credentials) {
    EXPECT_FALSE(credentials.session(old_hash));
    EXPECT_TRUE(credentials.session(new_hash));
    EXPECT_FALSE(credentials.enrollment(old_hash));
    EXPECT_TRUE(credentials.enrollment(new_hash));
    EXPECT_TRUE(credentials.enrollment(used_hash));
    EXPECT_TRUE(credentials.spend_challenge(old_hash, 40));
    EXPECT_FALSE(credentials.spend_challenge(new_hash, 40));
    constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;
    credentials.purge_expired(7 * k_day);
    EXPECT_TRUE(credentials.enrollment(used_hash));
    credentials.purge_expired(8 * k_day);
    EXPECT_FALSE(credentials.enrollment(used_hash)) << "used codes do not pile up";
  });
}

TEST_P(people, the_users_own_policy_goes_before_the_kinds) {
  using domain::merge_policy;
  const actor a = add_actor(*db_, 1);
  const auto policy = [&] {
    return read(
        [&](store::settings::reads settings) { return settings.policy(a.user.key, "patient"); });
  };
  EXPECT_EQ(policy(), merge_policy::automatic);
  db_->write([](store::settings::writes settings) {
    settings.set_policy({"patient", {}, merge_policy::manual});
  });
  EXPECT_EQ(policy(), merge_policy::manual);
  db_->write([&](store::settings::writes settings) {
    settings.set_policy({"patient", a.user.key, merge_policy::automatic});
  });
  EXPECT_EQ(policy(), merge_policy::automatic);
  db_->write([](store::settings::writes settings) {
    settings.set_policy({"patient", {}, merge_policy::automatic});
  });
  const auto all = read([](store::settings::reads settings) { return settings.policies(); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[0].user);
  EXPECT_EQ(all[0].policy, merge_policy::automatic);
  EXPECT_EQ(all[1].user, a.user.key);
  EXPECT_EQ(all[1].kind, "patient");
}

}  // namespace
}  // namespace autocusto::test
