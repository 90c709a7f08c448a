// The replica on a disk that fails, at every write, flush and truncation of a laptop's day.
//
// The day (save, edit, draft, publish, push, receipt, page, removal, erasing) is lived again and
// again, each time with the fault one operation later, until it comes to its end unharmed. After
// each the program is started again: the file must be whole, and whatever a call said was done must
// be there.
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/replica/describe_failure.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/support/fault_disk.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::replica {
namespace {

using test::cpf;
using test::disk_fault;
using test::fault_disk;
using test::laptop;
using test::patient_edit;
using test::set_field;
using test::small_server;
using test::torn;

constexpr std::uint64_t k_more_than_a_day_writes = 500;

struct trouble {
  const char* name;
  disk_fault fault;
  torn after = torn::all;
};

class DiskOfTheReplica : public ::testing::TestWithParam<trouble> {
 protected:
  void keep(result<saved> made) {
    ASSERT_TRUE(made) << made.error().message;
    saved_.insert(made->version);
  }

  /// What a laptop does in a day; throws when the disk gives up.
  void live(std::uint32_t day) {
    const auto key = cpf(day);
    keep(ana->edit().save(patient_edit(key, "João")));
    keep(ana->edit().save(set_field(key, "rg", "primeiro")));
    auto draft = set_field(key, "rg", "segundo");
    draft.draft = true;
    keep(ana->edit().save(draft));
    keep(ana->edit().publish("patient", key, std::nullopt, std::nullopt));
    ana.push();
    ASSERT_TRUE(ana.pull(3));
    keep(ana->edit().save(set_field(key, "sexo", "M")));
    ana.push();
    // Somebody takes the record of the day before away.
    if (last_ && !taken_.contains(*last_)) {
      taken_.insert(*last_);
      server.unassign(*last_);
    }
    ASSERT_TRUE(ana.pull(2));
    ASSERT_TRUE(ana->sync().erase_removed(false));
    last_ = server.record_of("patient", key);
  }

  void expect_everything() {
    const auto report = ana->read().verify();
    ASSERT_TRUE(report.problems.empty()) << report.problems.front();
    std::set<version_id> held;
    for (std::uint32_t day = 1; day <= days_; ++day) {
      const auto history = ana->read().history("patient", cpf(day));
      if (!history) continue;
      for (const auto& info : *history) held.insert(info.id);
    }
    for (const auto& id : saved_) {
      if (held.contains(id)) continue;
      // Erased with its record; and nothing is erased that the server does not have.
      ASSERT_TRUE(taken_.contains(server.version(id).header.record.id)) << "a save is lost";
    }
  }

  small_server server;
  laptop ana{server};
  std::set<version_id> saved_;
  std::set<record_id> taken_;
  std::optional<record_id> last_;
  std::uint32_t days_ = 0;
};

TEST_P(DiskOfTheReplica, WhatWasDoneStaysDone) {
  std::uint64_t n = 1;
  for (; n < k_more_than_a_day_writes; ++n) {
    ana.close();
    fault_disk disk(ana.home());
    ana.reopen();
    disk.arm(GetParam().fault, n);
    ++days_;
    try {
      live(days_);
    } catch (const sqlite::sqlite_error&) {
      ASSERT_TRUE(disk.struck());
    }
    ASSERT_FALSE(HasFatalFailure()) << "at operation " << n;
    const bool through = !disk.struck();
    ana.close();
    if (GetParam().fault == disk_fault::power_loss) {
      disk.settle(GetParam().after, n);
    } else {
      disk.mend();
    }
    ana.reopen();
    ASSERT_NO_FATAL_FAILURE(expect_everything()) << "at operation " << n;
    // Whatever was cut is made up for, and nothing of it twice.
    ana.sync();
    ASSERT_TRUE(ana->sync().erase_removed(false));
    ASSERT_NO_FATAL_FAILURE(expect_everything()) << "after operation " << n;
    ASSERT_EQ(ana->read().status().pending, 0U);
    ana.close();
    if (through) break;
  }
  ana.reopen();
  EXPECT_LT(n, k_more_than_a_day_writes) << "the day never came to its end";
  RecordProperty("points", static_cast<int>(n));
  std::printf("%s: %d points of failure\n", GetParam().name, static_cast<int>(n));
}

// SQLite's shared index of the log cannot be made on such a disk.
TEST(FullDiskOfTheReplica, IsReadAndToldAndWrittenAgainWhenThereIsRoom) {
  small_server server;
  laptop ana{server};
  ASSERT_TRUE(ana->edit().save(patient_edit(cpf(1), "João")));
  const auto expect_read = [&ana] {
    EXPECT_TRUE(ana->read().show("patient", cpf(1)));
    EXPECT_EQ(ana->read().list("patient")->size(), 1U);
    EXPECT_TRUE(ana->read().verify().problems.empty());
    EXPECT_EQ(ana->read().status().pending, 1U);
  };
  ana.close();
  fault_disk disk(ana.home());
  disk.fill();
  EXPECT_TRUE(replica_store::exists(ana.home()));
  ana.reopen();
  expect_read();
  try {
    static_cast<void>(ana->edit().save(set_field(cpf(1), "rg", "12")));
    ADD_FAILURE() << "there is no room for it";
  } catch (const std::exception& e) {
    EXPECT_THAT(describe_failure(e).message, ::testing::HasSubstr("The disk is full"));
  }
  expect_read();
  ana.close();
  disk.mend();
  ana.reopen();
  EXPECT_TRUE(ana->edit().save(set_field(cpf(1), "rg", "12")));
  ana.close();
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DiskOfTheReplica,
    ::testing::Values(trouble{"fails", disk_fault::fails}, trouble{"cut", disk_fault::cut_short},
                      trouble{"full", disk_fault::full},
                      trouble{"power_nothing", disk_fault::power_loss, torn::nothing},
                      trouble{"power_some", disk_fault::power_loss, torn::some},
                      trouble{"power_all", disk_fault::power_loss, torn::all}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace autocusto::replica
