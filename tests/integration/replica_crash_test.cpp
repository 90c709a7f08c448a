// Killed in the middle, and several processes on one folder.
//
// A child process does the work on a file layer that kills it at its n-th write, for every n until
// it gets through. Each time the replica must be sound and either as before or as after, and a page
// cut in two must not be there at all.
#include <array>
#include <chrono>
#include <functional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/sqlite/lock_file.hpp"
#include "tests/integration/replica_fixture.hpp"
#include "tests/support/crash_vfs.hpp"

namespace autocusto::replica {
namespace {

constexpr int k_more_writes_than_any_act = 2000;

std::unique_ptr<replica_store> open_home(const std::string& home, std::string_view passphrase) {
  static test::hand_clock clock;
  auto opened = replica_store::open(home, passphrase, test::quick_environment(clock));
  return opened ? *std::move(opened) : nullptr;
}

/// Runs `work` in a child that dies at its n-th write. True if it came to its end.
bool survives(int n, const std::string& home, const std::function<bool(replica_store&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    test::die_at_write(n);
    auto store = open_home(home, test::k_passphrase);
    const bool done = store != nullptr && work(*store);
    ::_exit(done ? 0 : 1);  // without closing anything
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    return false;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the work itself failed";
  return true;
}

struct ReplicaCrash : ::testing::Test {
  small_server server;
  laptop ana{server};
  int points = 0;

  void expect_sound() {
    const auto report = ana->read().verify();
    EXPECT_TRUE(report.problems.empty()) << report.problems.front() << " (point " << points << ")";
  }
  /// Kills the work at every write in turn; `check` looks at the replica after each.
  void at_every_write(const std::function<bool(replica_store&)>& work,
                      const std::function<void()>& check, int step = 1) {
    for (int n = 1; n < k_more_writes_than_any_act; n += step) {
      ana.close();
      const bool through = survives(n, ana.home(), work);
      ++points;
      ana.reopen();
      expect_sound();
      check();
      if (through || ::testing::Test::HasFailure()) return;
    }
    ADD_FAILURE() << "the work never came to its end";
  }
};

TEST_F(ReplicaCrash, ASaveIsThereWholeOrNotAtAll) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "João")));
  std::size_t before = 1;
  at_every_write(
      [](replica_store& store) {
        return store.edit()
            .save(set_field(k_cpf, "rg", std::to_string(store.read().status().pending)))
            .has_value();
      },
      [&] {
        const auto now = ana->read().history("patient", k_cpf)->size();
        EXPECT_TRUE(now == before || now == before + 1) << now << " after " << before;
        EXPECT_EQ(ana->read().status().pending, now);
        before = now;
      });
  EXPECT_GT(points, 3);
}

TEST_F(ReplicaCrash, ManyLinesAreThereTogetherOrNotAtAll) {
  std::uint32_t round = 0;
  std::size_t before = 0;
  constexpr std::uint32_t k_lines = 300;
  at_every_write(
      [&round](replica_store& store) {
        std::vector<edit> lines;
        for (std::uint32_t n = 0; n < k_lines; ++n) {
          lines.push_back(patient_edit(cpf(round * k_lines + n), "Paciente"));
        }
        return store.edit().save_all(lines).has_value();
      },
      [&] {
        const auto now = ana->read().list("patient")->size();
        EXPECT_TRUE(now == before || now == before + k_lines) << now << " after " << before;
        if (now != before) ++round;
        before = now;
      },
      37);
}

TEST_F(ReplicaCrash, ACutPullLosesAtMostOnePage) {
  {
    laptop writer(server, "outro");
    std::vector<edit> lines;
    for (std::uint32_t n = 0; n < 30; ++n) lines.push_back(patient_edit(cpf(n), "Paciente"));
    ASSERT_TRUE(writer->edit().save_all(lines));
    writer.push();
  }
  constexpr std::size_t k_page = 10;
  const auto device = ana.device();
  std::size_t before = 0;
  at_every_write(
      [&](replica_store& store) {
        for (bool more = true; more;) {
          const auto from = store.sync().cursor();
          auto page = server.page(from, device, k_page);
          more = page.more;
          const auto checked = engine::check_page(std::move(page), from);
          if (!checked || !store.sync().apply_page(*checked)) return false;
        }
        return true;
      },
      [&] {
        const auto records = ana->read().list("patient")->size();
        EXPECT_EQ(records, static_cast<std::size_t>(ana->sync().cursor().seq))
            << "page and cursor are one";
        EXPECT_EQ(records % k_page, 0U) << "a page is whole or absent";
        EXPECT_GE(records, before);
        before = records;
      });
  EXPECT_EQ(ana->sync().cursor(), server.end());
  EXPECT_GT(points, 20);
}

TEST_F(ReplicaCrash, AReceiptIsAppliedWholeOrNotAtAll) {
  for (std::uint32_t n = 0; n < 5; ++n) {
    ASSERT_TRUE(ana->edit().save(patient_edit(cpf(n), "Paciente")));
  }
  ana.start_push();
  const auto pending = *ana->sync().inflight_push();
  const auto receipt = server.push(pending.object, pending.request);
  at_every_write(
      [&](replica_store& store) { return store.sync().apply_receipt(receipt).has_value(); },
      [&] {
        const auto status = ana->read().status();
        EXPECT_EQ(status.pending + status.unpulled, 5U);
        EXPECT_EQ(ana->sync().inflight_push().has_value(), status.pending == 5);
        EXPECT_EQ(ana->identity().last_push().has_value(), status.pending == 0);
      });
  EXPECT_EQ(ana->read().status().pending, 0U);
}

TEST_F(ReplicaCrash, APushThatFollowsIsNeitherLostNorSentTwice) {
  ASSERT_TRUE(ana->edit().save(patient_edit(cpf(1), "Primeira")));
  const auto first = ana.start_push();
  ASSERT_TRUE(ana->edit().save(patient_edit(cpf(2), "Segunda")));
  const auto second = ana.start_push(first.id);
  const auto receipt = server.push(first, ana->sync().inflight_push()->request);
  at_every_write(
      [&](replica_store& store) { return store.sync().apply_receipt(receipt).has_value(); },
      [&] {
        const bool applied = ana->identity().last_push() == first.id;
        EXPECT_EQ(ana->sync().inflight_push()->object.id, applied ? second.id : first.id);
        EXPECT_EQ(ana->read().status().pending, applied ? 1U : 2U);
      });
  EXPECT_EQ(ana.push().acknowledged, 1U);
  EXPECT_EQ(ana->identity().last_push(), second.id);
}

TEST_F(ReplicaCrash, APushIsOnDiskBeforeItIsSent) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "João")));
  const auto out = ana->sync().next_outbox();
  const auto who = *ana->identity().who();
  wire::push_object object;
  object.server = who.server;
  object.device = who.device;
  object.actor = who.user;
  object.versions = out.ids;
  const wire::signed_object signed_form{wire::encode_object(object), std::string(64, 's')};
  at_every_write([&](replica_store& store) { return store.sync().save_push(object).has_value(); },
                 [&] {
                   const auto kept = ana->sync().inflight_push();
                   if (!kept) return;
                   EXPECT_EQ(kept->request.object.object, signed_form.object);
                   EXPECT_TRUE(ana->sync().drop_push(kept->object.id));
                 });
}

TEST_F(ReplicaCrash, ErasingNeverLeavesHalfARecord) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "João")));
  ASSERT_TRUE(ana->edit().save(patient_edit(cpf(5), "Fica")));
  ana.sync();
  server.unassign(server.record_of("patient", k_cpf));
  ana.pull();
  for (int n = 1; n < k_more_writes_than_any_act; ++n) {
    ana.close();
    const bool through = survives(
        n, ana.home(), [](replica_store& s) { return s.sync().erase_removed(false).has_value(); });
    ana.reopen();
    EXPECT_EQ(ana->read().list("patient")->size(), 1U);
    EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
    if (through) break;
  }
  EXPECT_EQ(ana->read().status().hidden, 0U);
  ASSERT_TRUE(ana->sync().erase_removed(false));
  EXPECT_EQ(ana->read().verify().records, 1U);
  expect_sound();
}

TEST_F(ReplicaCrash, APassphraseIsTheOldOrTheNewOne) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "João")));
  ana.close();
  bool changed = false;
  for (int n = 1; !changed && n < k_more_writes_than_any_act; ++n) {
    const bool through = survives(n, ana.home(), [](replica_store& store) {
      return store.change_passphrase(test::k_passphrase, "outra senha").has_value();
    });
    auto by_old = open_home(ana.home(), test::k_passphrase);
    auto by_new = open_home(ana.home(), "outra senha");
    ASSERT_NE(by_old == nullptr, by_new == nullptr) << "exactly one opens, at write " << n;
    auto& store = by_old ? *by_old : *by_new;
    EXPECT_TRUE(store.read().show("patient", k_cpf));
    changed = by_new != nullptr;
    EXPECT_TRUE(changed || !through);
  }
  EXPECT_TRUE(changed);
}

TEST_F(ReplicaCrash, AReplicaWhoseMakingWasCutCanBeMadeAgain) {
  test::hand_clock clock;
  const test::temporary_folder folder("replica");
  for (int n = 1; n < k_more_writes_than_any_act; ++n) {
    const auto home = folder / std::to_string(n);
    const pid_t child = ::fork();
    if (child == 0) {
      test::die_at_write(n);
      const auto made =
          replica_store::create(home, test::k_passphrase, test::quick_environment(clock));
      ::_exit(made ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      EXPECT_TRUE(replica_store::exists(home));
      EXPECT_GT(n, 3);
      return;
    }
    if (!replica_store::exists(home)) {
      ASSERT_TRUE(replica_store::create(home, test::k_passphrase, test::quick_environment(clock)));
    }
    ASSERT_TRUE(open_home(home, test::k_passphrase)) << "at write " << n;
  }
  ADD_FAILURE() << "the making never came to its end";
}

/// A child process that waits to be told, by a byte each way.
class helper_process {
 public:
  explicit helper_process(const std::function<void(helper_process&)>& work) {
    if (::pipe(to_child_.data()) != 0 || ::pipe(to_parent_.data()) != 0) throw std::bad_alloc();
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::swap(to_child_, to_parent_);
    work(*this);
    ::_exit(0);
  }
  void tell() { EXPECT_EQ(::write(to_child_[1], "x", 1), 1); }
  void hear() {
    char byte = 0;
    EXPECT_EQ(::read(to_parent_[0], &byte, 1), 1);
  }
  int wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    return status;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  std::array<int, 2> to_child_{};
  std::array<int, 2> to_parent_{};
  pid_t pid_ = -1;
};

TEST_F(ReplicaCrash, WhoWaitsTooLongIsToldWhichProcessHoldsTheLock) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "João")));
  const auto path = ana.home() + "/replica.lock";
  helper_process holder([&path](helper_process& me) {
    const auto held = sqlite::lock_file::acquire(path, std::chrono::seconds(1));
    me.tell();
    me.hear();
  });
  holder.hear();
  EXPECT_TRUE(ana->read().show("patient", k_cpf)) << "readers do not wait";
  const auto start = std::chrono::steady_clock::now();
  const auto refused = ana->edit().save(set_field(k_cpf, "peso", "70"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(4900));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::replica_busy);
  EXPECT_NE(refused.error().message.find(std::to_string(holder.pid())), std::string::npos)
      << refused.error().message;
  holder.tell();
  EXPECT_EQ(holder.wait(), 0);
  EXPECT_TRUE(ana->edit().save(set_field(k_cpf, "peso", "70")));
}

TEST_F(ReplicaCrash, TwoProcessesWorkSideBySide) {
  constexpr std::uint32_t k_each = 40;
  const auto home = ana.home();
  helper_process other([&home](helper_process& me) {
    auto store = open_home(home, test::k_passphrase);
    me.tell();
    for (std::uint32_t n = 0; n < k_each; ++n) {
      if (!store->edit().save(patient_edit(cpf(1000 + n), "Outro"))) ::_exit(1);
    }
  });
  other.hear();
  for (std::uint32_t n = 0; n < k_each; ++n) {
    ASSERT_TRUE(ana->edit().save(patient_edit(cpf(n), "Um")));
  }
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(ana->read().list("patient")->size(), 2U * k_each);
  EXPECT_EQ(ana->read().status().pending, 2U * k_each);
  expect_sound();
}

}  // namespace
}  // namespace autocusto::replica
