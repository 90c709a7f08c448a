// What a transaction promises: all or nothing, alone, numbered without gaps, and who is woken.
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/store/versions.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::pk;
using testing::nth;

class transactions : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);
};
SYNC_ON_BOTH(transactions);

struct change_of_mind : std::runtime_error {
  change_of_mind() : std::runtime_error("never mind") {}
};

TEST_P(transactions, what_work_throws_comes_out_and_undoes_its_changes) {
  EXPECT_THROW(db_->write([&](store::settings::writes settings) {
    settings.set_setting("a", "1");
    throw change_of_mind();
  }),
               change_of_mind);
  EXPECT_FALSE(read([](store::settings::reads settings) { return settings.setting("a"); }));
  EXPECT_THROW(db_->read([](store::snapshot&) { throw change_of_mind(); }), change_of_mind);
  EXPECT_NO_THROW(
      db_->write([](store::settings::writes settings) { settings.set_setting("a", "2"); }));
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.setting("a"); }), "2");
}

TEST_P(transactions, a_failed_statement_undoes_the_whole_work_even_when_it_is_swallowed_or_not) {
  const auto broken = [&](store::transaction& tx) {
    store::settings::writes(tx).set_setting("b", "1");
    store::people::writes(tx).add_user(ana_.user);  // the e-mail is taken
  };
  EXPECT_THROW(db_->write(broken), store::database_error);
  EXPECT_FALSE(read([](store::settings::reads settings) { return settings.setting("b"); }));
}

TEST_P(transactions, failures_of_some_never_touch_what_others_wrote_at_the_same_time) {
  constexpr int k_threads = 8;
  constexpr int k_rounds = 20;
  std::vector<std::thread> threads;
  std::atomic<int> thrown = 0;
  for (int t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < k_rounds; ++i) {
        const std::string name = std::to_string(t) + "/" + std::to_string(i);
        try {
          db_->write([&](store::settings::writes settings) {
            settings.set_setting(name, "kept");
            if (i % 3 == 0) throw change_of_mind();
          });
        } catch (const change_of_mind&) {
          ++thrown;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(thrown, k_threads * 7);
  db_->read([&](store::settings::reads settings) {
    for (int t = 0; t < k_threads; ++t) {
      for (int i = 0; i < k_rounds; ++i) {
        const auto found = settings.setting(std::to_string(t) + "/" + std::to_string(i));
        EXPECT_EQ(found.has_value(), i % 3 != 0);
      }
    }
  });
}

TEST_P(transactions, parallel_writers_number_a_record_without_gap_or_repeat) {
  constexpr std::size_t k_threads = 6;
  constexpr std::size_t k_versions = 15;
  std::vector<actor> actors;
  for (std::size_t t = 0; t < k_threads; ++t) actors.push_back(add_actor(*db_, 10 + t));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      domain::version last = patient_root(1, actors[t]);
      for (std::size_t i = 0; i < k_versions; ++i) {
        const std::vector<domain::version> one{last, patient_root(100 + t * 20 + i, actors[t])};
        db_->write([&](store::transaction& tx) {
          push(tx, actors[t], one, nth<push_id>(1 + t * k_versions + i));
        });
        last = edit_of({&one[0]}, actors[t], i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const domain::version any = patient_root(1, ana_);
  const auto nodes = read([&](store::snapshot& snapshot) {
    const pk record = store::records::reads(snapshot).record(any.header.record.id)->key;
    return store::versions::reads(snapshot).graphs(std::span(&record, 1), 0);
  });
  ASSERT_EQ(nodes.size(), k_threads * k_versions);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(nodes[i].number, static_cast<std::int64_t>(i) + 1);
  }
}

TEST_P(transactions, opposite_orders_of_records_do_not_hinder_each_other) {
  std::vector<actor> actors{add_actor(*db_, 11), add_actor(*db_, 12)};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 20; ++i) {
        std::vector<domain::version> roots;
        for (std::size_t n = 0; n < 10; ++n) {
          roots.push_back(patient_root(20 * i + (t == 0 ? n : 9 - n), actors[t]));
        }
        db_->write([&](store::transaction& tx) {
          push(tx, actors[t], roots, nth<push_id>(1 + 100 * t + i));
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read([](store::settings::reads settings) { return settings.stats(); }).versions,
            2 * 20 * 10);
  EXPECT_EQ(db_->metrics().retries, 0);
}

TEST_P(transactions, a_read_sees_one_moment) {
  db_->read([&](store::snapshot& snapshot) {
    EXPECT_FALSE(store::settings::reads(snapshot).setting("later"));
    db_->write([](store::settings::writes settings) { settings.set_setting("later", "1"); });
    EXPECT_FALSE(store::settings::reads(snapshot).setting("later"));
  });
  EXPECT_TRUE(read([](store::settings::reads settings) { return settings.setting("later"); }));
}

TEST_P(transactions, a_write_sees_its_own_changes) {
  db_->write([&](store::transaction& tx) {
    store::settings::writes settings(tx);
    settings.set_setting("own", "1");
    EXPECT_EQ(settings.setting("own"), "1");
    push(tx, ana_, std::vector{patient_root(1, ana_)}, nth<push_id>(1));
    EXPECT_EQ(store::feed::reads(tx).head(ana_.user.key).seq, 1);
    EXPECT_EQ(store::people::reads(tx).device_by_id(ana_.device.id)->last_push, nth<push_id>(1));
  });
}

TEST_P(transactions, users_are_woken_after_the_commit_and_never_after_a_rollback) {
  std::mutex mutex;
  std::multiset<user_id> woken;
  db_->on_wake([&](const user_id& user) {
    EXPECT_TRUE(read([](store::settings::reads settings) { return settings.setting("done"); }));
    const std::lock_guard lock(mutex);
    woken.insert(user);
  });
  EXPECT_THROW(db_->write([&](store::feed::writes feed) {
    feed.wake(nth<user_id>(66));
    throw change_of_mind();
  }),
               change_of_mind);
  db_->write([&](store::transaction& tx) {
    store::feed::writes feed(tx);
    store::settings::writes(tx).set_setting("done", "1");
    feed.wake(nth<user_id>(1));
    feed.wake(nth<user_id>(2));
  });
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return woken.contains(nth<user_id>(1)) && woken.contains(nth<user_id>(2));
  }));
  const std::lock_guard lock(mutex);
  EXPECT_FALSE(woken.contains(nth<user_id>(66)));
}

TEST_P(transactions, a_second_process_reads_what_the_first_has_committed) {
  const auto beside = backend_->open_beside();
  db_->write([](store::settings::writes settings) { settings.set_setting("seen", "yes"); });
  beside->read([](store::settings::reads settings) { EXPECT_EQ(settings.setting("seen"), "yes"); });
  EXPECT_TRUE(beside->healthy());
}

TEST_P(transactions, everything_is_there_after_closing_and_opening) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  db_.reset();
  db_ = backend_->open();
  EXPECT_EQ(read([&](store::versions::reads versions) {
              return versions.versions(done.versions);
            }).size(),
            1U);
}

TEST_P(transactions, metrics_count_what_ran) {
  const auto before = db_->metrics();
  db_->write([](store::settings::writes settings) { settings.set_setting("x", "y"); });
  db_->read([](store::settings::reads settings) { static_cast<void>(settings.setting("x")); });
  const auto after = db_->metrics();
  EXPECT_GT(after.transactions, before.transactions);
  EXPECT_GT(after.seconds, before.seconds);
  EXPECT_GE(after.connections, 1);
  EXPECT_EQ(after.busy, 0);
  EXPECT_TRUE(db_->healthy());
}

}  // namespace
}  // namespace autocusto::test
