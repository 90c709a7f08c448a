// What only PostgreSQL can do to us: parallel transactions, lost connections, several processes.
#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/postgres/connection.hpp"
#include "server/store/pushes.hpp"
#include "server/store/settings.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::pk;
using testing::nth;

class on_postgres : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);

  // Ends the server processes that are inside a transaction now.
  void end_open_transactions() {
    backend_->query(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname=current_database() AND state LIKE 'idle in transaction%'");
  }
  void end_all_connections() {
    backend_->query(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname=current_database() AND pid<>pg_backend_pid()");
  }
};
INSTANTIATE_TEST_SUITE_P(databases, on_postgres, ::testing::Values(kind::postgres),
                         ::testing::PrintToStringParamName());

TEST_P(on_postgres, open_transactions_commit_in_every_order_and_no_item_is_skipped) {
  const std::array<std::array<std::size_t, 3>, 6> orders{
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  std::int64_t last = 0;
  std::size_t n = 0;
  const auto read_on = [&] {
    for (const auto& item :
         read([&](store::feed::reads feed) { return feed.feed(ana_.user.key, last, 100); })) {
      EXPECT_EQ(item.seq, last + 1);
      last = item.seq;
    }
  };
  for (const auto& order : orders) {
    std::latch all_open(4);
    std::array<std::promise<void>, 3> may_go;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t, number = ++n] {
        const std::vector<domain::version> roots{patient_root(number, ana_)};
        actor device = ana_;
        device.device.id = nth<device_id>(1'000 + number);
        db_->write([&](store::transaction& tx) {
          device.device.key = store::people::writes(tx).add_device(device.device);
          store::settings::writes(tx).set_setting("open " + std::to_string(number), "1");
          all_open.arrive_and_wait();
          may_go[t].get_future().wait();
          push(tx, device, roots, nth<push_id>(number));
        });
      });
    }
    all_open.arrive_and_wait();
    for (const std::size_t t : order) {
      read_on();
      may_go[t].set_value();
    }
    for (std::thread& thread : threads) thread.join();
    read_on();
  }
  EXPECT_EQ(last, 18);
}

TEST_P(on_postgres, a_held_head_makes_the_next_writer_wait_and_readers_see_neither) {
  std::promise<void> appended;
  std::promise<void> may_commit;
  std::thread first([&] {
    db_->write([&](store::transaction& tx) {
      push(tx, ana_, std::vector{patient_root(1, ana_)}, nth<push_id>(1));
      appended.set_value();
      may_commit.get_future().wait();
    });
  });
  appended.get_future().wait();
  std::atomic<bool> second_done = false;
  std::thread second([&] {
    actor other = ana_;
    other.device.id = nth<device_id>(60);
    db_->write([&](store::transaction& tx) {
      other.device.key = store::people::writes(tx).add_device(other.device);
      push(tx, other, std::vector{patient_root(2, ana_)}, nth<push_id>(2));
    });
    second_done = true;
  });
  EXPECT_TRUE(eventually([&] {
    return backend_->query(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type='Lock' "
               "AND datname=current_database()") == "1";
  }));
  EXPECT_FALSE(second_done);
  EXPECT_TRUE(
      read([&](store::feed::reads feed) { return feed.feed(ana_.user.key, 0, 10); }).empty());
  may_commit.set_value();
  first.join();
  second.join();
  const auto items = read([&](store::feed::reads feed) { return feed.feed(ana_.user.key, 0, 10); });
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].record_public, patient_root(1, ana_).header.record.id);
}

TEST_P(on_postgres, a_connection_lost_inside_the_work_runs_it_again) {
  int runs = 0;
  db_->write([&](store::transaction& tx) {
    ++runs;
    store::settings::writes(tx).set_setting("run", std::to_string(runs));
    if (runs == 1) end_open_transactions();
    push(tx, ana_, std::vector{patient_root(1, ana_)}, nth<push_id>(1));
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.setting("run"); }), "2");
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.stats(); }).versions, 1);
  EXPECT_GE(db_->metrics().retries, 1);
}

TEST_P(on_postgres, a_connection_lost_at_the_commit_is_in_doubt_and_never_run_again) {
  int runs = 0;
  try {
    db_->write([&](store::transaction& tx) {
      ++runs;
      push(tx, ana_, std::vector{patient_root(1, ana_)}, nth<push_id>(1));
      end_open_transactions();
    });
    ADD_FAILURE() << "the commit cannot have been told";
  } catch (const store::database_error& e) {
    EXPECT_TRUE(e.in_doubt());
    EXPECT_TRUE(e.retryable());
  }
  EXPECT_EQ(runs, 1);
  const bool stored =
      read([](store::pushes::reads pushes) { return pushes.push(nth<push_id>(1)); }).has_value();
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.stats(); }).versions,
            stored ? 1 : 0);
}

TEST_P(on_postgres, idle_connections_that_died_are_replaced_without_a_word) {
  std::latch together(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      db_->read([&](store::settings::reads settings) {
        static_cast<void>(settings.setting("a"));
        together.arrive_and_wait();
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(db_->metrics().connections, 4);
  end_all_connections();
  EXPECT_NO_THROW(
      db_->read([](store::settings::reads settings) { static_cast<void>(settings.setting("a")); }));
  end_all_connections();
  EXPECT_NO_THROW(
      db_->write([](store::settings::writes settings) { settings.set_setting("a", "b"); }));
  EXPECT_EQ(db_->metrics().busy, 0);
}

TEST_P(on_postgres, writers_survive_that_connections_are_ended_all_the_time) {
  constexpr std::size_t k_threads = 3;
  constexpr std::size_t k_pushes = 12;
  std::vector<actor> actors;
  for (std::size_t t = 0; t < k_threads; ++t) actors.push_back(add_actor(*db_, 20 + t));
  std::atomic<std::size_t> running = k_threads;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < k_pushes; ++i) {
        const std::size_t n = 1 + t * k_pushes + i;
        const std::vector<domain::version> one{patient_root(n, actors[t])};
        // As a client does: the same push again until it is known to be stored.
        for (bool stored = false; !stored;) {
          try {
            db_->write([&](store::transaction& tx) {
              stored = store::pushes::reads(tx).push(nth<push_id>(n)).has_value();
              if (!stored) push(tx, actors[t], one, nth<push_id>(n));
            });
            stored = true;
          } catch (const store::database_error& e) {
            EXPECT_TRUE(e.retryable());
            stored = false;
          }
        }
      }
      --running;
    });
  }
  while (running > 0) end_all_connections();
  for (std::thread& thread : threads) thread.join();
  const auto s = read([](store::settings::reads settings) { return settings.stats(); });
  EXPECT_EQ(s.versions, static_cast<std::int64_t>(k_threads * k_pushes));
  EXPECT_EQ(s.feed_items, s.versions);
  EXPECT_EQ(s.pushes, s.versions);
  for (const actor& a : actors) {
    std::int64_t last = 0;
    for (const auto& item :
         read([&](store::feed::reads feed) { return feed.feed(a.user.key, 0, 100); })) {
      EXPECT_EQ(item.seq, ++last);
    }
    EXPECT_EQ(last, static_cast<std::int64_t>(k_pushes));
  }
}

TEST_P(on_postgres, another_process_is_woken_with_the_user_and_after_a_loss_with_nobody) {
  std::mutex mutex;
  std::multiset<user_id> woken;  // outlives the store, whose thread fills it
  const auto other = backend_->open_beside();
  other->on_wake([&](const user_id& user) {
    const std::lock_guard lock(mutex);
    woken.insert(user);
  });
  const auto has = [&](const user_id& user) {
    const std::lock_guard lock(mutex);
    return woken.contains(user);
  };
  // Listening starts on a thread of its own, so the first notifications may be too early.
  EXPECT_TRUE(eventually([&] {
    db_->write([](store::feed::writes feed) { feed.wake(nth<user_id>(5)); });
    return has(nth<user_id>(5));
  }));
  EXPECT_FALSE(has(user_id()));
  end_all_connections();
  EXPECT_TRUE(eventually([&] { return has(user_id()); }));
  EXPECT_TRUE(eventually([&] {
    db_->write([](store::feed::writes feed) { feed.wake(nth<user_id>(6)); });
    return has(nth<user_id>(6));
  }));
}

TEST_P(on_postgres, a_server_that_is_not_there_is_a_retryable_error) {
  const auto nowhere = store::open_postgres("postgresql://127.0.0.1:1/nothing", 2);
  try {
    nowhere->read([](store::snapshot&) {});
    ADD_FAILURE() << "nobody listens there";
  } catch (const store::database_error& e) {
    EXPECT_TRUE(e.retryable());
    EXPECT_FALSE(e.in_doubt());
  }
  EXPECT_FALSE(nowhere->healthy());
  EXPECT_EQ(nowhere->metrics().connections, 0);
}

TEST_P(on_postgres, errors_name_the_query_and_never_its_values) {
  try {
    db_->write([&](store::people::writes people) {
      store::user_row again = ana_.user;
      again.id = nth<user_id>(77);
      people.add_user(again);
    });
    ADD_FAILURE() << "the e-mail is taken";
  } catch (const store::database_error& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("add_user"), std::string::npos);
    EXPECT_NE(what.find("23505"), std::string::npos);
    EXPECT_EQ(what.find("example.org"), std::string::npos);
  }
}

TEST_P(on_postgres, sessions_flush_commits_and_bound_their_waits_whatever_the_servers_defaults) {
  const std::string name = backend_->query("SELECT current_database()");
  backend_->query("ALTER DATABASE " + name + " SET synchronous_commit=off");
  backend_->query("ALTER DATABASE " + name + " SET statement_timeout=0");
  store::pg_connection connection(backend_->location());
  const auto setting = [&](const store::sql_query& q) {
    std::string found;
    connection.run(q, {}, [&found](const store::sql_row& row) { found = row.bytes(0); });
    return found;
  };
  static constexpr store::sql_query flushed{"a", "SELECT current_setting('synchronous_commit')"};
  static constexpr store::sql_query bounded{"b", "SELECT current_setting('statement_timeout')"};
  EXPECT_EQ(setting(flushed), "on");
  EXPECT_EQ(setting(bounded), "30s");
}

TEST_P(on_postgres, a_stronger_flush_setting_stays) {
  const std::string name = backend_->query("SELECT current_database()");
  backend_->query("ALTER DATABASE " + name + " SET synchronous_commit=remote_apply");
  store::pg_connection connection(backend_->location());
  static constexpr store::sql_query q{"a", "SELECT current_setting('synchronous_commit')"};
  connection.run(q, {}, [](const store::sql_row& row) { EXPECT_EQ(row.bytes(0), "remote_apply"); });
}

TEST_P(on_postgres, another_host_is_reached_with_a_checked_certificate_unless_told_otherwise) {
  // A name that leads to this machine but does not look like it; nobody speaks TLS here.
  const std::string url = backend_->location();
  const auto at = url.find("127.0.0.1");
  ASSERT_NE(at, std::string::npos);
  const std::string foreign = url.substr(0, at) + "0.0.0.0" + url.substr(at + 9);
  EXPECT_THROW(store::pg_connection connection(foreign), store::postgres_error);
  EXPECT_NO_THROW(store::pg_connection connection(foreign + "?sslmode=disable"));
}

}  // namespace
}  // namespace autocusto::test
