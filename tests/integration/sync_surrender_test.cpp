// What the server takes from devices without access, and their receipts, on real stores.
#include "server/store/erasures.hpp"
#include "server/store/people.hpp"
#include "server/store/quarantine.hpp"
#include "server/sync/surrender.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

class SyncSurrender : public sync_test {
 protected:
  domain::version root(std::size_t n = 0) { return laptop.version(a_patient(nth_cpf(n))); }
  domain::version edit(const domain::version& of, const char* weight) {
    return laptop.version(a_patient(of.payload.key).after({&of}).with("peso", weight));
  }
  void revoke() {
    world.db->write([&](store::people::writes people) {
      people.revoke_device(laptop.who.device.key, 5, false);
    });
    laptop.who.session.scope = store::session_scope::surrender;
  }
  void enable(bool on) {
    world.db->write([&](store::people::writes people) { people.set_user_enabled(ana.key, on); });
    if (!on) laptop.who.session.scope = store::session_scope::surrender;
  }
  sync::push_answer surrender(const std::vector<domain::version>& versions,
                              const push_options& options = {}) {
    return world.pushes.surrender(laptop.who, world.push_body(laptop, versions, options));
  }
  std::vector<store::quarantine_row> quarantine() {
    std::vector<store::quarantine_row> out;
    world.db->read([&](store::snapshot& snapshot) {
      out = store::quarantine::reads(snapshot).quarantine_list();
    });
    return out;
  }
  wire::erasure_object word(std::vector<incarnation_id> of, bool everything = false) {
    wire::erasure_object out;
    out.server = world.keys.server;
    out.device = laptop.who.device.id;
    out.actor = ana.id;
    std::sort(of.begin(), of.end());
    out.incarnations = std::move(of);
    out.everything = everything;
    return out;
  }
  wire::signed_object signed_word(const wire::erasure_object& what,
                                  std::string_view purpose = "erasure") {
    wire::signed_object out;
    out.object = wire::encode_object(what);
    out.signature = crypto::sign(laptop.key, crypto::purpose_message(purpose, out.object)).raw();
    return out;
  }
  result<wire::erasure_answer> take(const wire::signed_object& sent) {
    return sync::take_erasure(*world.db, world.keys.server, 1000, laptop.who, sent);
  }
  std::string taken(const wire::signed_object& sent) {
    const auto answer = take(sent);
    return answer ? "ok" : std::string(code_name(answer.error().code));
  }
  incarnation_id removed_view(std::size_t n) {
    const auto r = root(n);
    world.push(laptop, {r});
    return world.unassign(ana, r.header.record.id).value().incarnation;
  }

  store::user_row ana = world.add_user("ana@example.org");
  sync_device laptop = world.add_device(ana, "laptop");
};

INSTANTIATE_TEST_SUITE_P(Stores, SyncSurrender, ::testing::Values("sqlite", "postgres"));

TEST_P(SyncSurrender, EverythingOfARevokedDeviceGoesToQuarantineAndNothingIntoAView) {
  const auto known = root();
  world.push(laptop, {known});
  const auto fresh = root(1);
  const auto child = edit(known, "70");
  const auto second = edit(child, "71");
  revoke();
  const auto before = world.view(ana, known.header.record.id)->state.heads;
  EXPECT_EQ(words(world.lines(surrender({known, child, second, fresh}))),
            "duplicate device_revoked device_revoked device_revoked");
  EXPECT_EQ(world.view(ana, known.header.record.id)->state.heads, before);
  EXPECT_FALSE(world.view(ana, fresh.header.record.id));
  const auto kept = quarantine();
  ASSERT_EQ(kept.size(), 3U);
  for (const auto& row : kept) {
    EXPECT_EQ(row.code, "device_revoked");
    EXPECT_EQ(row.user, ana.key);
  }
  const auto report = world.verify();
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.counts.versions, 1);
}

TEST_P(SyncSurrender, TheSameHandingOverAgainIsAnsweredTheSame) {
  revoke();
  const auto body = world.push_body(laptop, {root()});
  const auto first = world.pushes.surrender(laptop.who, body);
  ASSERT_EQ(code_of(first), "ok");
  EXPECT_EQ(world.pushes.surrender(laptop.who, body).body, first.body);
  EXPECT_EQ(quarantine().size(), 1U);
}

TEST_P(SyncSurrender, ADisabledUserHandsOverUntilTheAccessIsBack) {
  enable(false);
  EXPECT_EQ(words(world.lines(surrender({root()}))), "user_disabled");
  enable(true);
  EXPECT_EQ(code_of(surrender({root(1)})), "session_expired") << "nothing is taken from him then";
  EXPECT_EQ(quarantine().size(), 1U);
}

TEST_P(SyncSurrender, ItNeedNotFollowTheLastPush) {
  world.push(laptop, {root()});
  revoke();
  push_options stale;
  stale.prev_push = std::optional<push_id>();
  EXPECT_EQ(words(world.lines(surrender({root(1)}, stale))), "device_revoked");
}

TEST_P(SyncSurrender, WhatTheServerHasLostComesBackAllTheSame) {
  revoke();
  push_options proven;
  const auto lost = root(2);
  const auto incarnation = testing::nth<incarnation_id>(77);
  proven.change_request = [&](wire::push_request& request) {
    request.versions[0].incarnation = incarnation;
    request.versions[0].proof =
        wire::make_proof(world.keys.server_secret, ana.id, incarnation, lost.id);
  };
  EXPECT_EQ(words(world.lines(surrender({lost}, proven))), "restored");
  EXPECT_TRUE(world.view(ana, lost.header.record.id));
  EXPECT_TRUE(quarantine().empty());
}

TEST_P(SyncSurrender, WhoHandsOverIsChecked) {
  revoke();
  push_options owner;
  owner.owner = ana.id;
  owner.expect_heads = {testing::nth<version_id>(1)};
  EXPECT_EQ(code_of(surrender({root()}, owner)), "malformed");
  push_options foreign;
  foreign.change_object = [](auto& o) { o.actor = testing::nth<user_id>(9); };
  EXPECT_EQ(code_of(surrender({root()}, foreign)), "forbidden");
  EXPECT_EQ(code_of(world.pushes.push(laptop.who, world.push_body(laptop, {root()}))), "forbidden");
  EXPECT_TRUE(quarantine().empty());
}

TEST_P(SyncSurrender, AReceiptOfRemovedViewsIsKeptOnce) {
  const auto one = removed_view(0);
  const auto two = removed_view(1);
  const auto stranger = testing::nth<incarnation_id>(4711);
  const auto r = root(2);
  world.push(laptop, {r});
  const auto open = world.view(ana, r.header.record.id)->state.incarnation;
  const auto sent = signed_word(word({one, stranger, open}));
  for (int round = 0; round < 2; ++round) {
    const auto answer = take(sent);
    ASSERT_TRUE(answer);
    auto unknown = std::vector{stranger, open};
    std::sort(unknown.begin(), unknown.end());
    EXPECT_EQ(answer->unknown, unknown) << "only what this device was told to erase is noted";
  }
  world.db->read([&](store::erasures::reads erasures) {
    const auto rows = erasures.removals(ana.key, 0, laptop.who.device.key);
    ASSERT_EQ(rows.size(), 2U);
    for (const auto& row : rows) EXPECT_EQ(row.erased_at.has_value(), row.incarnation == one);
  });
  EXPECT_EQ(taken(signed_word(word({one, two}))), "ok");
  world.db->read([&](store::erasures::reads erasures) {
    for (const auto& row : erasures.removals(ana.key, 0, laptop.who.device.key)) {
      EXPECT_TRUE(row.erased_at);
    }
    EXPECT_TRUE(erasures.erasures_of_everything(laptop.who.device.key).empty());
  });
}

TEST_P(SyncSurrender, EverythingIsReceiptedOnlyByADeviceThatWasTold) {
  EXPECT_EQ(taken(signed_word(word({}, true))), "forbidden");
  revoke();
  EXPECT_EQ(taken(signed_word(word({}, true))), "ok");
  EXPECT_EQ(taken(signed_word(word({}, true))), "ok");
  world.db->read([&](store::erasures::reads erasures) {
    EXPECT_EQ(erasures.erasures_of_everything(laptop.who.device.key).size(), 1U);
  });
}

TEST_P(SyncSurrender, ADeviceThatHeardOfALossBelievesIt) {
  world.db->write(
      [&](store::erasures::writes erasures) { erasures.device_told(laptop.who.device.key, 7); });
  EXPECT_EQ(taken(signed_word(word({}, true))), "ok")
      << "the access came back when it was too late";
}

TEST_P(SyncSurrender, WhoGivesItsWordIsChecked) {
  revoke();
  EXPECT_EQ(taken(signed_word(word({}, true), "push")), "bad_signature");
  auto other = word({}, true);
  other.server = testing::nth<server_id>(9);
  EXPECT_EQ(taken(signed_word(other)), "malformed");
  other = word({}, true);
  other.device = testing::nth<device_id>(9);
  EXPECT_EQ(taken(signed_word(other)), "bad_signature");
  other = word({}, true);
  other.actor = testing::nth<user_id>(9);
  EXPECT_EQ(taken(signed_word(other)), "bad_signature");
  other = word({}, false);
  EXPECT_EQ(taken(signed_word(other)), "malformed") << "it names nothing";
  auto unsorted = word({});
  unsorted.incarnations = {testing::nth<incarnation_id>(2), testing::nth<incarnation_id>(1)};
  EXPECT_EQ(taken(signed_word(unsorted)), "malformed");
}

}  // namespace
}  // namespace autocusto::test
