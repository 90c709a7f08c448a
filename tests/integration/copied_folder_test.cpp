// A real laptop's folder is copied, and a real server notices; the copy becomes a device of its
// own.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "client/sync/enrollment.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

using namespace std::chrono_literals;
namespace engine_ = autocusto::engine;

/// A laptop whose folder was copied while an edit waited in it; both copies went on.
class copied_folder : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    mine = std::make_unique<sync_laptop>(homes / "laptop", world.invite("ana@example.org"),
                                         world.node->address().port);
    mine->save(nth_cpf(1), "Ana");
    expect_ok(mine->sync());
    mine->save(nth_cpf(2), "Bia");  // waits in both
    copy_ = homes / "copy";
    std::filesystem::copy(mine->home, copy_, std::filesystem::copy_options::recursive);
    other = std::make_unique<sync_laptop>(copy_);
  }
  void enroll_again() {
    const auto who = engine_::enroll_device_again(other->replica->identity(), std::nullopt, "copy");
    ASSERT_TRUE(who) << who.error().message;
    other = std::make_unique<sync_laptop>(other->home);  // the next start of the program
  }
  void expect_all_the_same(std::size_t count) {
    for (int round = 0; round < 2; ++round) {
      expect_ok(mine->sync());
      expect_ok(other->sync());
    }
    EXPECT_EQ(everything(*mine), everything(*other));
    EXPECT_EQ(everything(*mine).size(), count);
    for (auto* each : {mine.get(), other.get()}) {
      EXPECT_EQ(each->replica->read().status().pending + each->replica->read().status().unpulled,
                0U);
      EXPECT_TRUE(each->replica->read().refused().empty());
      EXPECT_TRUE(each->replica->read().verify().problems.empty());
    }
  }

  server_world world{test::engine::sqlite};
  temporary_folder homes;
  std::unique_ptr<sync_laptop> mine;
  std::unique_ptr<sync_laptop> other;
  std::string copy_;
};

TEST_F(copied_folder, a_link_mends_what_a_server_with_a_wrong_clock_has_told) {
  // So far ahead that no certificate of this authority reaches there.
  const unix_millis years = unix_millis{40} * 365 * 24 * k_hour;
  other->replica->identity().set_server_time(world.clock.now() + years).value();
  auto address = engine_::address_of(other->replica->identity()).value();
  address.port = world.node->address().port;
  const auto refused =
      transport::remote(address).challenge(other->replica->identity().who()->device);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.code, errc::untrusted_server);
  EXPECT_NE(refused.error().what.message.find("enroll LINK --again"), std::string::npos);

  auto link = wire::decode_enrollment_link(world.invite("ana@example.org")).value();
  link.port = world.node->address().port;
  const auto who = engine_::enroll_device_again(other->replica->identity(), link, "copy");
  ASSERT_TRUE(who) << who.error().message;
  other = std::make_unique<sync_laptop>(other->home);
  expect_ok(other->sync());
  EXPECT_EQ(everything(*other).size(), 2U) << "and its edits are still here";
}

TEST_F(copied_folder, a_link_is_not_spent_on_a_folder_that_was_erased) {
  ASSERT_TRUE(other->replica->sync().erase_everything(true));
  auto link = wire::decode_enrollment_link(world.invite("ana@example.org")).value();
  link.port = world.node->address().port;
  const auto refused = engine_::enroll_device_again(other->replica->identity(), link, "copy");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("autocusto wipe"), std::string::npos);
  sync_laptop fresh(homes / "fresh", wire::encode(link), link.port);
  expect_ok(fresh.sync());
}

TEST_F(copied_folder, a_trust_object_is_told_until_it_is_kept) {
  world.stop();
  const auto done =
      server_command({"rotate", "signing-key", "--data", world.folder(), "--overlap", "0"});
  ASSERT_EQ(done.exit, 0) << done.out << done.err;
  world.start();
  auto address = engine_::address_of(mine->replica->identity()).value();
  address.port = world.node->address().port;
  transport::remote line(address);
  const auto device = mine->replica->identity().who()->device;
  const auto key = mine->replica->identity().device_key();
  line.sign_in(device, key, mine->replica->identity().last_push()).value();
  ASSERT_TRUE(line.last_learned().trust);
  // The replica was busy, so it was not kept; the next session tells it again.
  line.sign_in(device, key, mine->replica->identity().last_push()).value();
  ASSERT_TRUE(line.last_learned().trust);
  const auto before = mine->replica->identity().who()->trust;
  ASSERT_TRUE(mine->port->note_learned(line.last_learned()));
  const auto kept = mine->replica->identity().who()->trust;
  EXPECT_NE(kept.object, before.object);
  ASSERT_TRUE(mine->replica->identity().set_trust(before)) << "another process that is behind";
  EXPECT_EQ(mine->replica->identity().who()->trust.object, kept.object);
}

TEST_F(copied_folder, goes_on_as_a_device_of_its_own_with_all_its_edits) {
  const auto before = mine->replica->identity().who()->device;
  expect_ok(mine->sync());
  mine->save(nth_cpf(3), "Cida");
  expect_ok(mine->sync());
  other->save(nth_cpf(1), "Ana Maria");
  other->save(nth_cpf(4), "Dora");
  EXPECT_EQ(why(other->sync()), errc::prev_push_old);
  enroll_again();
  const auto now = other->replica->identity().who().value();
  EXPECT_NE(now.device, before);
  EXPECT_EQ(now.device_name, "copy");
  other->save(nth_cpf(5), "Eva");
  expect_ok(other->sync());
  mine->save(nth_cpf(6), "Flora");
  expect_all_the_same(7);
  // A second copy of the first, and a copy of the copy.
  const std::string third = homes / "third";
  std::filesystem::copy(other->home, third, std::filesystem::copy_options::recursive);
  other->save(nth_cpf(7), "Gina");
  expect_ok(other->sync());
  mine = std::move(other);
  other = std::make_unique<sync_laptop>(third);
  other->save(nth_cpf(8), "Hilda");
  EXPECT_EQ(why(other->sync()), errc::prev_push_old);
  enroll_again();
  expect_all_the_same(9);
}

TEST_F(copied_folder, with_a_push_under_way_whose_answer_is_lost) {
  // The copy has a push that was kept and sent; its answer never came.
  other->save(nth_cpf(4), "Dora");
  other->line->next = [n = 0]() mutable { return ++n == 3 ? mishap::lost_answer : mishap::none; };
  EXPECT_EQ(why(other->sync()), errc::unreachable);
  ASSERT_TRUE(other->replica->sync().inflight_push());
  other->line->next = [] { return mishap::none; };
  mine->save(nth_cpf(3), "Cida");
  EXPECT_EQ(why(mine->sync()), errc::prev_push_old) << "now the first one is the second";
  std::swap(mine, other);
  enroll_again();
  expect_all_the_same(4);
}

/// A watching program, in a thread of its own.
class watcher {
 public:
  explicit watcher(sync_laptop& on) : runner_(*on.port, *on.line, crypto::system_random()) {
    thread_ = std::thread([this] {
      engine_::run_options options;
      options.watch = true;
      options.probe_interval = 20ms;
      options.longest_wait = 20ms;
      options.on_round = [this](const std::optional<error>&) { ++rounds; };
      result = runner_.run(options);
      ended = true;
    });
  }
  ~watcher() {
    runner_.stop();
    thread_.join();
  }
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  std::atomic<int> rounds{0};
  std::atomic<bool> ended{false};
  engine_::run_result result;  ///< once it has ended

 private:
  engine_::sync_runner runner_;
  std::thread thread_;
};

template <class Happened>
bool soon(const Happened& happened) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!happened() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return happened();
}

TEST_F(copied_folder, a_program_that_watches_goes_over_to_the_new_device) {
  expect_ok(mine->sync());
  enroll_again();
  sync_laptop editor(copy_);  // another process on the same folder
  {
    const watcher watches(*other);
    ASSERT_TRUE(soon([&] { return watches.rounds > 0; }));
    const auto made = engine_::enroll_device_again(editor.replica->identity(), std::nullopt, "");
    ASSERT_TRUE(made) << made.error().message;
    editor.save(nth_cpf(4), "Dora");
    EXPECT_TRUE(soon([&] { return editor.replica->read().status().pending == 0; }));
    EXPECT_FALSE(watches.ended);
  }
  other = std::make_unique<sync_laptop>(copy_);
  expect_all_the_same(3);
}

TEST_F(copied_folder, a_cut_leaves_the_old_device_or_the_new_one) {
  expect_ok(mine->sync());
  mine->save(nth_cpf(3), "Cida");
  expect_ok(mine->sync());
  other->save(nth_cpf(4), "Dora");
  const auto before = other->replica->identity().who()->device;
  // The key is made and the request sent, and the program is killed before the answer.
  const auto key = other->replica->identity().next_device_key().value().public_half();
  other = std::make_unique<sync_laptop>(copy_);
  EXPECT_EQ(other->replica->identity().who()->device, before);
  EXPECT_EQ(other->replica->identity().next_device_key().value().public_half(), key)
      << "the same key again";
  EXPECT_EQ(why(other->sync()), errc::prev_push_old) << "the old one, whole";
  enroll_again();
  other = std::make_unique<sync_laptop>(copy_);
  EXPECT_EQ(other->replica->identity().device_key().public_half(), key);
  EXPECT_NE(other->replica->identity().next_device_key().value().public_half(), key)
      << "for the next time";
  expect_all_the_same(4);
}

TEST_F(copied_folder, a_laptop_that_watched_meanwhile_is_told_too) {
  // `mine` has a session and waits; the copy pushes in its name.
  expect_ok(mine->sync());
  const std::string third = homes / "third";
  std::filesystem::copy(mine->home, third, std::filesystem::copy_options::recursive);
  sync_laptop late(third);
  {
    const watcher watches(*mine);
    ASSERT_TRUE(soon([&] { return watches.rounds > 0; }));
    late.save(nth_cpf(4), "Dora");
    expect_ok(late.sync());
    ASSERT_TRUE(soon([&] { return watches.ended.load(); })) << "it is told, and ends by itself";
    EXPECT_EQ(why(watches.result), errc::prev_push_old);
  }
  std::swap(mine, other);
  mine = std::make_unique<sync_laptop>(third);
  enroll_again();
  expect_all_the_same(3);
}

}  // namespace
}  // namespace autocusto::test
