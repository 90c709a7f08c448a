// The server's embedded store on a disk that fails, at every write, flush and truncation of some
// pushes and acts.
//
// Each time the fault comes one operation later, until everything comes to its end unharmed. After
// each the server is started again: the store must verify, what was answered must be there, and
// what was not answered is settled by sending the same push again.
#include <set>

#include <gtest/gtest.h>

#include "server/store/versions.hpp"
#include "tests/support/fault_disk.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

constexpr std::uint64_t k_more_than_it_takes = 500;

struct trouble {
  const char* name;
  disk_fault fault;
  torn after = torn::all;
};

class DiskOfTheStore : public ::testing::TestWithParam<trouble> {
 protected:
  void start() {
    world = std::make_unique<sync_world>(
        store::open_sqlite(folder.path().string(), starts == 0, false));
    // A server that starts again does not draw the same identifiers again.
    for (int i = 0; i < 1000 * starts; ++i) static_cast<void>(world->random->bytes(16));
    ++starts;
  }

  struct kept_push {
    std::string body;
    std::vector<domain::version> versions;
  };

  /// Sends a push; true if it was answered.
  bool send(const kept_push& push) {
    try {
      const auto answer = world->pushes.push(laptop->who, push.body);
      if (answer.refusal) return false;
      for (const auto& line : world->lines(answer)) {
        EXPECT_NE(line.outcome, wire::push_outcome::refused) << line.code;
      }
    } catch (const store::database_error&) {
      return false;
    }
    laptop->last_push =
        wire::decode_push_object(wire::decode_push_request(push.body).value().object.object)
            .value()
            .id;
    for (const auto& v : push.versions) acknowledged.push_back(v);
    return true;
  }

  kept_push push_of(std::vector<domain::version> versions) {
    push_options options;
    options.id = world->random->make<push_id>();
    return {world->push_body(*laptop, versions, options), std::move(versions)};
  }

  /// Pushes and acts; the pushes that got no answer are told.
  std::vector<kept_push> work(std::size_t round) {
    const auto root = laptop->version(a_patient(nth_cpf(round)).salt(round));
    const auto left = laptop->version(a_patient(nth_cpf(round)).after({&root}).with("peso", "70"));
    const auto right = laptop->version(a_patient(nth_cpf(round)).after({&root}).with("rg", "5"));
    std::vector<kept_push> open;
    for (auto& versions : {std::vector{root}, std::vector{left, right}}) {
      auto push = push_of(versions);
      if (send(push)) continue;
      open.push_back(std::move(push));
      return open;
    }
    try {
      if (world->assign(bia, left, {})) assigned.insert(root.header.record.id);
      if (world->unassign(bia, root.header.record.id)) assigned.erase(root.header.record.id);
      if (world->assign(bia, root, {})) assigned.insert(root.header.record.id);
    } catch (const store::database_error&) {
      in_doubt.insert(root.header.record.id);
    }
    return open;
  }

  void expect_everything() {
    const auto report = world->verify();
    ASSERT_TRUE(report.clean()) << report.findings.at(0).what << " at "
                                << report.findings.at(0).where;
    world->db->read([&](store::versions::reads versions) {
      for (const auto& v : acknowledged) {
        const version_id ids[] = {v.id};
        const auto keys = versions.version_keys(ids);
        ASSERT_EQ(keys.size(), 1U) << "an acknowledged version is lost";
        const store::pk key[] = {keys.begin()->second};
        const auto bytes = versions.versions(key);
        ASSERT_EQ(bytes.at(0).header, v.raw.header);
        ASSERT_EQ(bytes.at(0).payload, v.raw.payload);
      }
    });
    for (const auto& record : assigned) {
      if (in_doubt.contains(record)) continue;
      ASSERT_TRUE(world->view(bia, record)) << "an act is lost";
    }
  }

  temporary_folder folder{"disk-store"};
  std::unique_ptr<sync_world> world;
  int starts = 0;
  store::user_row bia;
  std::optional<sync_device> laptop;
  std::vector<domain::version> acknowledged;
  std::set<record_id> assigned;
  std::set<record_id> in_doubt;
};

TEST_P(DiskOfTheStore, WhatWasAnsweredStays) {
  start();
  const auto ana = world->add_user("ana@example.org");
  bia = world->add_user("bia@example.org");
  laptop.emplace(world->add_device(ana, "laptop"));
  std::uint64_t n = 1;
  for (; n < k_more_than_it_takes; ++n) {
    world.reset();
    fault_disk disk(folder.path().string());
    start();
    disk.arm(GetParam().fault, n);
    const auto open = work(n);
    ASSERT_TRUE(open.empty() || disk.struck());
    const bool through = !disk.struck();
    if (GetParam().fault == disk_fault::power_loss) {
      world.reset();
      disk.settle(GetParam().after, n);
      start();
    } else {
      // The same process goes on.
      disk.mend();
    }
    ASSERT_NO_FATAL_FAILURE(expect_everything()) << "at operation " << n;
    for (const auto& push : open) ASSERT_TRUE(send(push)) << "at operation " << n;
    ASSERT_NO_FATAL_FAILURE(expect_everything()) << "after operation " << n;
    world.reset();
    if (through) break;
  }
  EXPECT_LT(n, k_more_than_it_takes) << "the work never came to its end";
  std::printf("%s: %d points of failure\n", GetParam().name, static_cast<int>(n));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DiskOfTheStore,
    ::testing::Values(trouble{"fails", disk_fault::fails}, trouble{"cut", disk_fault::cut_short},
                      trouble{"full", disk_fault::full},
                      trouble{"power_nothing", disk_fault::power_loss, torn::nothing},
                      trouble{"power_some", disk_fault::power_loss, torn::some},
                      trouble{"power_all", disk_fault::power_loss, torn::all}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace autocusto::test
