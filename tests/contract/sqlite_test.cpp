// What only the embedded database has: one process that writes, group commit, its files.
#include <atomic>
#include <csignal>
#include <latch>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/settings.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/contract/backend.hpp"
#include "tests/support/process.hpp"

namespace autocusto::test {
namespace {

using testing::nth;

class on_sqlite : public ::testing::Test {
 protected:
  temporary_folder folder_{"autocusto-store"};
  std::string path() const { return folder_.path().string(); }
};

TEST_F(on_sqlite, a_file_that_does_not_exist_is_only_made_when_asked_for) {
  EXPECT_THROW(static_cast<void>(store::open_sqlite(path(), false, false)), store::database_error);
  EXPECT_THROW(static_cast<void>(store::open_sqlite(path(), false, true)), store::database_error);
  EXPECT_NO_THROW(static_cast<void>(store::open_sqlite(path(), true, false)));
  struct stat facts {};
  ASSERT_EQ(::stat((folder_ / "store.sqlite").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(on_sqlite, a_second_process_is_told_who_writes_and_takes_over_when_it_dies) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = store::open_sqlite(path(), true, false);
    const auto made = held->migrate(std::nullopt, false);
    held->write(
        [](store::settings::writes settings) { settings.set_setting("from", "the first"); });
    const char byte = made ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  try {
    const auto second = store::open_sqlite(path(), true, false);
    ADD_FAILURE() << "two processes write";
  } catch (const store::database_error& e) {
    EXPECT_NE(std::string(e.what()).find(std::to_string(child)), std::string::npos) << e.what();
  }
  const auto beside = store::open_sqlite(path(), false, true);
  beside->read(
      [](store::settings::reads settings) { EXPECT_EQ(settings.setting("from"), "the first"); });
  EXPECT_THROW(beside->write([](store::transaction&) {}), store::database_error);
  EXPECT_THROW(static_cast<void>(beside->migrate(0, false)), store::database_error);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const auto next = store::open_sqlite(path(), false, false);
  next->read(
      [](store::settings::reads settings) { EXPECT_EQ(settings.setting("from"), "the first"); });
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(on_sqlite, waiting_writers_share_one_commit) {
  const auto db = store::open_sqlite(path(), true, false);
  ASSERT_TRUE(db->migrate(std::nullopt, false));
  constexpr int k_waiting = 10;
  std::latch inside(2);
  std::latch go(2);
  std::thread first([&] {
    db->write([&](store::settings::writes settings) {
      settings.set_setting("first", "1");
      inside.arrive_and_wait();
      go.arrive_and_wait();
    });
  });
  inside.arrive_and_wait();
  const auto before = db->metrics().transactions;
  std::vector<std::thread> others;
  for (int i = 0; i < k_waiting; ++i) {
    others.emplace_back([&, i] {
      db->write(
          [i](store::settings::writes settings) { settings.set_setting(std::to_string(i), "1"); });
    });
  }
  EXPECT_TRUE(eventually([&] { return db->metrics().waiting == k_waiting; }));
  go.arrive_and_wait();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_LT(db->metrics().transactions - before, k_waiting);
  db->read([&](store::settings::reads settings) {
    for (int i = 0; i < k_waiting; ++i) EXPECT_TRUE(settings.setting(std::to_string(i)));
  });
}

TEST_F(on_sqlite, the_log_is_moved_into_the_file_at_the_end_and_now_and_then) {
  const std::string log = folder_ / "store.sqlite-wal";
  const auto size_of_log = [&] {
    struct stat facts {};
    return ::stat(log.c_str(), &facts) == 0 ? facts.st_size : 0;
  };
  auto db = store::open_sqlite(path(), true, false);
  ASSERT_TRUE(db->migrate(std::nullopt, false));
  for (int i = 0; i < 60; ++i) {
    db->write([i](store::settings::writes settings) {
      settings.set_setting("large " + std::to_string(i), std::string(1'000'000, 'x'));
    });
    EXPECT_LT(size_of_log(), 40'000'000);
  }
  db.reset();
  EXPECT_EQ(size_of_log(), 0);
}

TEST_F(on_sqlite, a_copy_made_while_others_write_is_whole) {
  const auto db = store::open_sqlite(path(), true, false);
  ASSERT_TRUE(db->migrate(std::nullopt, false));
  const actor by = add_actor(*db, 1);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::size_t n = 1; !stop; ++n) {
      const std::vector<domain::version> one{patient_root(n, by)};
      db->write([&](store::transaction& tx) { push(tx, by, one, nth<push_id>(n)); });
    }
  });
  EXPECT_TRUE(eventually([&] { return db->metrics().transactions > 20; }));
  {
    sqlite::database from(folder_ / "store.sqlite", {});
    sqlite::backup(from, folder_ / "copy.sqlite");
  }
  stop = true;
  writer.join();
  sqlite::open_options options;
  options.mode = sqlite::open_mode::read_write;
  sqlite::database copy(folder_ / "copy.sqlite", options);
  sqlite::statement check(copy, "PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.column_bytes(0), "ok");
  sqlite::statement counts(
      copy, "SELECT (SELECT count(*) FROM version) - (SELECT sum(seq) FROM feed_head)");
  ASSERT_TRUE(counts.step());
  EXPECT_EQ(counts.column_int(0), 0);
}

TEST_F(on_sqlite, a_full_disk_fails_the_writers_and_loses_nothing_before) {
  const auto db = store::open_sqlite(path(), true, false);
  ASSERT_TRUE(db->migrate(std::nullopt, false));
  db->write([](store::settings::writes settings) { settings.set_setting("before", "1"); });
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1'000'000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(db->write([](store::settings::writes settings) {
    settings.set_setting("too much", std::string(5'000'000, 'x'));
  }),
               store::database_error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_NO_THROW(
      db->write([](store::settings::writes settings) { settings.set_setting("after", "1"); }));
  db->read([](store::settings::reads settings) {
    EXPECT_TRUE(settings.setting("before"));
    EXPECT_TRUE(settings.setting("after"));
    EXPECT_FALSE(settings.setting("too much"));
  });
  EXPECT_TRUE(db->healthy());
}

}  // namespace
}  // namespace autocusto::test
