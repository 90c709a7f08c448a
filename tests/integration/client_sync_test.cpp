// Real replicas that sync with a real server over TLS in one process, over a line that loses and
// repeats answers: nothing is lost, nothing happens twice.
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/store/erasures.hpp"
#include "server/store/quarantine.hpp"
#include "server/sync/acts.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/version.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

using namespace std::chrono_literals;

class client_sync : public ::testing::Test {
 protected:
  void SetUp() override { world.start(); }

  std::unique_ptr<sync_laptop> laptop(const std::string& email) {
    const auto folder = homes / ("laptop" + std::to_string(made_++));
    return std::make_unique<sync_laptop>(folder, world.invite(email), world.node->address().port);
  }
  void restart() {
    const auto port = world.node->address().port;
    world.stop();
    app::node_options options;
    options.folder = world.folder();
    options.listen = app::listen_address{"127.0.0.1", port};
    options.clock = &world.clock;
    options.log = &world.log;
    world.node = app::node::start(options).value();
  }

  server_world world{engine::sqlite};
  temporary_folder homes;

 private:
  int made_ = 0;
};

TEST_F(client_sync, two_laptops_of_one_doctor_share_everything) {
  auto first = laptop("ana@example.org");
  auto second = laptop("ana@example.org");
  for (int n = 0; n < 5; ++n) first->save(nth_cpf(n), "Paciente " + std::to_string(n));
  const auto pushed = first->sync();
  expect_ok(pushed);
  EXPECT_EQ(pushed.how.totals.pushed, 5);
  EXPECT_EQ(pushed.how.totals.accepted, 5);
  EXPECT_EQ(pushed.how.totals.pulled, 0);
  const auto pulled = second->sync();
  expect_ok(pulled);
  EXPECT_EQ(pulled.how.totals.pulled, 5);
  EXPECT_EQ(everything(*first), everything(*second));
  EXPECT_EQ(first->replica->sync().cursor(), second->replica->sync().cursor());
  EXPECT_EQ(first->replica->read().status().pending + first->replica->read().status().unpulled, 0U);

  const auto nothing = second->sync();
  expect_ok(nothing);
  EXPECT_EQ(nothing.how.totals, autocusto::engine::counts{});
  EXPECT_TRUE(second->replica->read().status().last_sync->ok);
}

TEST_F(client_sync, edits_on_both_sides_are_counted_and_shown) {
  auto first = laptop("ana@example.org");
  auto second = laptop("ana@example.org");
  first->save(nth_cpf(1), "Ana");
  expect_ok(first->sync());
  expect_ok(second->sync());
  first->save(nth_cpf(1), "Ana Maria");
  second->save(nth_cpf(1), "Ana Clara");
  expect_ok(first->sync());
  const auto torn = second->sync();
  expect_ok(torn);
  EXPECT_EQ(torn.how.totals.siblings, 1);
  EXPECT_EQ(torn.how.totals.accepted, 1);
  EXPECT_EQ(torn.how.totals.pulled, 1);
  EXPECT_EQ(torn.conflicts, 1);
  EXPECT_EQ(first->sync().conflicts, 1);
}

TEST_F(client_sync, a_limit_of_the_server_is_told_with_its_time_and_nothing_is_lost) {
  world.stop();
  auto settings = app::load_config(world.folder()).value();
  settings.limits.pushes_per_minute.device = 1;
  ASSERT_TRUE(app::save_config(world.folder(), settings));
  world.start();
  auto mine = laptop("ana@example.org");
  auto other = laptop("ana@example.org");
  mine->save(nth_cpf(1), "Ana");
  expect_ok(mine->sync());
  other->save(nth_cpf(2), "Bia");
  expect_ok(other->sync());
  mine->save(nth_cpf(3), "Carla");
  const auto limited = mine->sync();
  ASSERT_TRUE(limited.how.why);
  EXPECT_EQ(limited.how.why->code, errc::too_many_requests);
  EXPECT_EQ(limited.how.why->limit, 1);
  EXPECT_THAT(limited.how.why->message, ::testing::HasSubstr("in 1 min."));
  EXPECT_EQ(limited.how.totals.pulled, 1) << "pulling goes on";
  EXPECT_EQ(mine->replica->read().status().pending, 1U);
  world.clock.advance(k_minute);
  const auto later = mine->sync();
  expect_ok(later);
  EXPECT_EQ(later.how.totals.accepted, 1);
}

TEST_F(client_sync, lost_and_repeated_answers_lose_and_repeat_nothing) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    const auto roll = [&dice](unsigned sides) {
      return std::uniform_int_distribution<unsigned>(0, sides - 1)(dice);
    };
    const std::string email = "doctor" + std::to_string(seed) + "@example.org";
    std::vector<std::unique_ptr<sync_laptop>> laptops;
    for (int i = 0; i < 3; ++i) laptops.push_back(laptop(email));
    for (auto& each : laptops) {
      each->line->page_limit = 3;
      each->line->next = [&roll] {
        const unsigned r = roll(10);
        return r < 2   ? mishap::lost_request
               : r < 4 ? mishap::lost_answer
               : r < 5 ? mishap::repeated
                       : mishap::none;
      };
    }
    std::set<version_id> saved;
    for (int round = 0; round < 40; ++round) {
      auto& one = *laptops[roll(3)];
      const int key = static_cast<int>(100 * seed + roll(6));
      saved.insert(one.save(nth_cpf(key), "Nome " + std::to_string(round)).version);
      if (roll(2) == 0) static_cast<void>(laptops[roll(3)]->sync());
    }
    for (auto& each : laptops) {
      each->line->next = [] { return mishap::none; };
    }
    for (int round = 0; round < 2; ++round) {
      for (auto& each : laptops) expect_ok(each->sync());
    }
    const auto all = everything(*laptops[0]);
    EXPECT_TRUE(std::includes(all.begin(), all.end(), saved.begin(), saved.end()));
    for (auto& each : laptops) {
      EXPECT_EQ(everything(*each), all);
      EXPECT_EQ(each->replica->sync().cursor(), laptops[0]->replica->sync().cursor());
      EXPECT_TRUE(each->replica->read().refused().empty());
      EXPECT_EQ(each->replica->read().status().pending + each->replica->read().status().unpulled,
                0U);
      EXPECT_TRUE(each->replica->read().verify().problems.empty());
      EXPECT_FALSE(each->replica->sync().inflight_push());
    }
    // One item for each version: what was sent twice was stored once.
    EXPECT_EQ(laptops[0]->replica->sync().cursor().seq, static_cast<std::int64_t>(all.size()));
  }
}

TEST_F(client_sync, thousands_that_wait_go_out_batch_by_batch_whatever_is_lost) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    auto mine = laptop("many" + std::to_string(seed) + "@example.org");
    mine->line->next = [&dice] {
      const unsigned r = std::uniform_int_distribution<unsigned>(0, 9)(dice);
      return r < 2   ? mishap::lost_request
             : r < 4 ? mishap::lost_answer
             : r < 5 ? mishap::repeated
                     : mishap::none;
    };
    constexpr int k_patients = 3500;
    const auto saved = mine->save_many(k_patients);
    for (int tries = 0; tries < 100 && mine->sync().how.why; ++tries) continue;
    mine->line->next = [] { return mishap::none; };
    expect_ok(mine->sync());
    EXPECT_EQ(everything(*mine), saved);
    EXPECT_EQ(mine->replica->sync().cursor().seq, k_patients) << "each was stored once";
    EXPECT_EQ(mine->replica->read().status().pending + mine->replica->read().status().unpulled, 0U);
    EXPECT_TRUE(mine->replica->read().verify().problems.empty());
  }
}

/// Two pushes are at the server, and the laptop dies before it has applied the first one's receipt.
TEST_F(client_sync, two_pushes_whose_answers_were_lost_are_no_copied_folder) {
  auto mine = laptop("ana@example.org");
  const std::string home = mine->home;
  const std::string copy = home + "-copy";
  const auto saved = mine->save_many(4);
  mine->port = std::make_unique<replica::sync_store>(mine->replica->file(), 2);
  mine->line->next = [&] {
    const auto other = replica::replica_store::open(home, "senha", sync_laptop::environment());
    const auto kept = (*other)->sync().inflight_push();
    if (!kept || std::filesystem::exists(copy)) return mishap::none;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(200);
    while (!(*other)->sync().inflight_push()->queued_push) {
      if (std::chrono::steady_clock::now() > deadline) return mishap::lost_request;
    }
    std::filesystem::copy(home, copy, std::filesystem::copy_options::recursive);
    return mishap::none;
  };
  expect_ok(mine->sync());
  ASSERT_TRUE(std::filesystem::exists(copy));
  mine.reset();
  std::filesystem::remove_all(home);
  std::filesystem::rename(copy, home);
  sync_laptop again(home);
  ASSERT_TRUE(again.replica->sync().inflight_push()->queued_push);
  expect_ok(again.sync());
  EXPECT_EQ(everything(again), saved);
  EXPECT_EQ(again.replica->sync().cursor().seq, 4) << "each was stored once";
  EXPECT_EQ(again.replica->read().status().pending + again.replica->read().status().unpulled, 0U);
}

TEST_F(client_sync, a_session_that_ended_is_renewed_without_asking) {
  auto mine = laptop("ana@example.org");
  expect_ok(mine->sync());
  world.clock.advance(2 * k_hour);
  mine->save(nth_cpf(1), "Ana");
  const auto r = mine->sync();
  expect_ok(r);
  EXPECT_EQ(r.how.totals.accepted, 1);
}

TEST_F(client_sync, a_server_that_is_away_costs_nothing_but_time) {
  auto mine = laptop("ana@example.org");
  expect_ok(mine->sync());
  const auto port = world.node->address().port;
  world.stop();
  mine->save(nth_cpf(1), "Ana");
  EXPECT_EQ(why(mine->sync()), errc::unreachable);
  EXPECT_EQ(mine->replica->read().status().pending, 1U);
  EXPECT_FALSE(mine->replica->read().status().last_sync->ok);
  app::node_options options;
  options.folder = world.folder();
  options.listen = app::listen_address{"127.0.0.1", port};
  options.clock = &world.clock;
  options.log = &world.log;
  world.node = app::node::start(options).value();
  const auto r = mine->sync();
  expect_ok(r);
  EXPECT_EQ(r.how.totals.accepted, 1);
}

/// What the store says of a device that lost its access.
struct given_up {
  std::int64_t quarantined = 0;
  bool erased = false;
};

class client_surrender : public client_sync {
 protected:
  void revoke(const device_id& device, bool lost = false) {
    world.node->database().write([&](store::people::writes people) {
      people.revoke_device(people.device_by_id(device).value().key, world.clock.now(), lost);
    });
  }
  given_up look(const device_id& device) {
    given_up out;
    world.node->database().read([&](store::snapshot& snapshot) {
      const auto key = store::people::reads(snapshot).device_by_id(device).value().key;
      out.quarantined = store::quarantine::reads(snapshot).quarantine_used(key).items;
      out.erased = !store::erasures::reads(snapshot).erasures_of_everything(key).empty();
    });
    return out;
  }
};

TEST_F(client_surrender, a_revoked_laptop_hands_over_and_erases_itself_whatever_is_lost) {
  for (const auto what : {mishap::lost_request, mishap::lost_answer, mishap::repeated}) {
    int calls = 5;
    for (int n = 0; n < calls; ++n) {
      SCOPED_TRACE(n);
      auto mine = laptop("ana@example.org");
      mine->save(nth_cpf(1), "Ana");
      expect_ok(mine->sync());
      mine->save(nth_cpf(2), "Bia");
      const auto device = mine->replica->identity().who().value().device;
      revoke(device);
      int call = 0;
      mine->line->next = [&] { return call++ == n ? what : mishap::none; };
      bool wiped = false;
      for (int round = 0; round < 3 && !wiped; ++round) {
        const auto r = mine->sync();
        wiped = r.how.wiped;
        EXPECT_TRUE(!wiped || why(r) == errc::device_revoked);
      }
      EXPECT_TRUE(wiped);
      EXPECT_FALSE(replica::replica_store::exists(mine->home));
      EXPECT_EQ(look(device).quarantined, 1) << "once";
      EXPECT_TRUE(look(device).erased);
    }
  }
}

TEST_F(client_surrender, what_another_process_saves_meanwhile_is_refused_or_handed_over) {
  for (int n = 0; n < 5; ++n) {
    SCOPED_TRACE(n);
    auto mine = laptop("ana@example.org");
    sync_laptop same(mine->home);
    mine->save(nth_cpf(1), "Ana");
    expect_ok(mine->sync());
    const auto device = mine->replica->identity().who().value().device;
    revoke(device);
    int call = 0;
    std::int64_t saved = 0;
    mine->line->next = [&] {
      if (call++ == n) {
        replica::edit what;
        what.kind = "patient";
        what.key = nth_cpf(2);
        what.fields = {{"nome_paciente", "Bia"}, {"nome_mae", "M"}, {"end_paciente", "R"}};
        const auto made = same.replica->edit().save(what);
        if (made) {
          ++saved;
        } else {
          EXPECT_EQ(made.error().code, errc::device_revoked);
        }
      }
      return mishap::none;
    };
    EXPECT_TRUE(mine->sync().how.wiped);
    EXPECT_EQ(look(device).quarantined, saved) << "what was told to be saved is not nowhere";
    EXPECT_TRUE(look(device).erased);
  }
}

TEST_F(client_surrender, a_full_quarantine_keeps_the_laptop_sealed_until_there_is_room) {
  auto mine = laptop("ana@example.org");
  mine->save(nth_cpf(1), "Ana");
  expect_ok(mine->sync());
  const auto device = mine->replica->identity().who().value().device;
  store::pk filler = 0;
  world.node->database().write([&](store::transaction& tx) {
    const auto from = store::people::reads(tx).device_by_id(device).value();
    store::quarantine::writes quarantine(tx);
    const std::string whole(limits::quarantine_bytes, 'x');
    const store::quarantine_row row{0, from.key, from.user, {}, {}, {}, {}, whole, 0};
    quarantine.add_quarantine(std::span(&row, 1));
    filler = quarantine.quarantine_list().at(0).key;
  });
  mine->save(nth_cpf(2), "Bia");
  revoke(device);
  for (int round = 0; round < 2; ++round) {
    const auto kept = mine->sync();
    EXPECT_EQ(why(kept), errc::device_revoked);
    EXPECT_FALSE(kept.how.wiped);
    EXPECT_EQ(mine->replica->read().status().sealed->code, "quarantine_full");
    EXPECT_FALSE(look(device).erased);
  }
  world.node->database().write([&](store::quarantine::writes at) { at.remove_quarantine(filler); });
  EXPECT_TRUE(mine->sync().how.wiped);
  EXPECT_EQ(look(device).quarantined, 1);
  EXPECT_TRUE(look(device).erased);
}

TEST_F(client_surrender, a_lost_laptop_erases_first_and_says_so_later) {
  auto mine = laptop("ana@example.org");
  mine->save(nth_cpf(1), "Ana");
  expect_ok(mine->sync());
  mine->save(nth_cpf(2), "Bia");
  const auto device = mine->replica->identity().who().value().device;
  revoke(device, true);
  int call = 0;
  mine->line->next = [&] { return call++ < 3 ? mishap::none : mishap::lost_request; };
  EXPECT_EQ(why(mine->sync()), errc::unreachable);
  EXPECT_TRUE(mine->replica->identity().erased()) << "whether or not anybody can be told";
  EXPECT_FALSE(look(device).erased);
  mine->line->next = [] { return mishap::none; };
  EXPECT_TRUE(mine->sync().how.wiped);
  EXPECT_TRUE(look(device).erased);
  EXPECT_EQ(look(device).quarantined, 0);
}

TEST_F(client_sync, an_edit_of_a_record_that_is_taken_away_reaches_quarantine_and_is_erased) {
  auto mine = laptop("ana@example.org");
  sync_laptop same(mine->home);
  mine->save(nth_cpf(1), "Ana");
  expect_ok(mine->sync());
  const auto record =
      domain::make_record_id(mine->replica->identity().tenant_key()->view(), "patient", nth_cpf(1));
  // The page with the removal is asked for before anybody knows of the edit.
  bool once = true;
  mine->line->next = [&] {
    if (!std::exchange(once, false)) return mishap::none;
    same.save(nth_cpf(1), "Ana Maria");
    const auto from = world.user("ana@example.org");
    world.node->database().write([&](store::transaction& tx) {
      const sync::act_environment env{&crypto::system_random(), world.clock.now()};
      sync::unassign(tx, env, from, record, std::nullopt).value();
    });
    return mishap::none;
  };
  const auto r = mine->sync();
  expect_ok(r);
  EXPECT_EQ(r.how.totals.refused, 1);
  EXPECT_EQ(unsynced_count(*mine->replica), 0U);
  EXPECT_EQ(mine->replica->read().status().hidden, 0U)
      << "erased as soon as the server had the edit";
  EXPECT_TRUE(mine->replica->read().list("patient")->empty());
}

TEST_F(client_sync, a_copied_folder_is_noticed_and_keeps_its_edits) {
  auto mine = laptop("ana@example.org");
  mine->save(nth_cpf(1), "Ana");
  expect_ok(mine->sync());
  const std::string copy = homes / "copy";
  std::filesystem::copy(mine->home, copy, std::filesystem::copy_options::recursive);
  mine->save(nth_cpf(2), "Bia");
  expect_ok(mine->sync());
  sync_laptop other(copy);
  other.save(nth_cpf(3), "Cida");
  EXPECT_EQ(why(other.sync()), errc::prev_push_old);
  EXPECT_EQ(other.replica->read().status().pending, 1U);
  expect_ok(mine->sync());
}

TEST_F(client_sync, two_processes_of_one_laptop_sync_side_by_side) {
  auto mine = laptop("ana@example.org");
  sync_laptop same(mine->home);
  for (int n = 0; n < 20; ++n) {
    (n % 2 == 0 ? *mine : same).save(nth_cpf(n), "Paciente");
    // The other process pushes between the look and the push of this one.
    bool once = true;
    mine->line->next = [&] {
      if (std::exchange(once, false)) static_cast<void>(same.sync());
      return mishap::none;
    };
    expect_ok(mine->sync());
  }
  expect_ok(same.sync());
  EXPECT_EQ(everything(same).size(), 20U);
  EXPECT_EQ(mine->replica->read().status().pending + mine->replica->read().status().unpulled, 0U);
}

TEST_F(client_sync, watching_brings_and_takes_changes_at_once) {
  auto watching = laptop("ana@example.org");
  auto other = laptop("ana@example.org");
  sync_laptop editor(watching->home);  // another process on the same folder
  autocusto::engine::sync_runner runner(*watching->port, *watching->line, crypto::system_random());
  autocusto::engine::run_result result;
  std::atomic<int> rounds{0};
  std::atomic<int> failures{0};
  std::thread runs([&] {
    autocusto::engine::run_options options;
    options.watch = true;
    options.probe_interval = 20ms;
    options.longest_wait = 20ms;
    options.on_round = [&rounds, &failures](const std::optional<error>& failed) {
      ++(failed ? failures : rounds);
    };
    result = runner.run(options);
  });
  const auto soon = [](const auto& happened) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!happened() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return happened();
  };
  EXPECT_TRUE(soon([&] { return rounds > 0; }));
  other->save(nth_cpf(1), "Ana");
  expect_ok(other->sync());
  EXPECT_TRUE(soon([&] { return editor.replica->read().list("patient").value().size() == 1; }));
  editor.save(nth_cpf(2), "Bia");
  EXPECT_TRUE(soon([&] {
    return other->sync().how.totals.pulled > 0 || other->replica->sync().cursor().seq == 2;
  }));
  restart();
  other->save(nth_cpf(3), "Cida");
  EXPECT_TRUE(soon([&] { return !other->sync().how.why; }));
  EXPECT_TRUE(soon([&] { return editor.replica->read().list("patient").value().size() == 3; }));
  EXPECT_TRUE(soon([&] { return editor.replica->read().status().last_sync->ok; }));
  EXPECT_TRUE(soon([&] { return !editor.replica->read().status().pending; }));
  const int failed = failures;
  runner.stop();
  runs.join();
  expect_ok(result);
  EXPECT_EQ(failures, failed) << "to be stopped is no failure";
  EXPECT_TRUE(editor.replica->read().status().last_sync->ok);
  EXPECT_GE(result.how.totals.pushed, 1);
}

TEST_F(client_sync, another_server_is_not_believed) {
  auto mine = laptop("ana@example.org");
  expect_ok(mine->sync());
  server_world impostor(engine::sqlite);
  impostor.start();
  auto address = autocusto::engine::address_of(mine->replica->identity()).value();
  address.port = impostor.node->address().port;
  mine->server = std::make_unique<transport::remote>(address);
  mine->line = std::make_unique<lossy_line>(*mine->server);
  EXPECT_EQ(why(mine->sync()), errc::untrusted_server);
}

}  // namespace
}  // namespace autocusto::test
