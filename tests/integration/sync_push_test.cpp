// Pushes as a whole, on real stores: signatures, repetition, the chain of pushes, quarantine,
// admins' resolutions, and many at once.
#include <atomic>
#include <thread>

#include "server/store/people.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/store/views.hpp"
#include "shared/base/limits.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

class SyncPush : public sync_test {
 protected:
  store::user_row ana = world.add_user("ana@example.org");
  sync_device laptop = world.add_device(ana, "laptop");

  domain::version root(std::size_t n = 0) { return laptop.version(a_patient(nth_cpf(n))); }
  domain::version edit(const domain::version& of, const std::string& field, const char* value) {
    return laptop.version(a_patient(of.payload.key).after({&of}).with(field, value));
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, SyncPush, ::testing::Values("sqlite", "postgres"));

TEST_P(SyncPush, IsStoredAnsweredAndWhole) {
  const auto r = root();
  const auto e = edit(r, "peso", "70");
  const auto lines = world.push(laptop, {r, e});
  EXPECT_EQ(words(lines), "accepted accepted");
  ASSERT_TRUE(lines[0].incarnation);
  EXPECT_EQ(lines[0].proof,
            wire::make_proof(world.keys.server_secret, ana.id, *lines[0].incarnation, r.id));
  EXPECT_EQ(world.view(ana, r.header.record.id)->state.heads, std::vector<version_id>{e.id});
  const auto report = world.verify();
  EXPECT_TRUE(report.clean()) << report.findings.at(0).what;
  EXPECT_EQ(report.counts.versions, 2);
  EXPECT_EQ(world.pushes.counters().accepted, 2);
}

TEST_P(SyncPush, AStoredReceiptIsSignedByTheKeyInUse) {
  const auto body = world.push_body(laptop, {root()});
  const auto first = world.pushes.push(laptop.who, body);
  ASSERT_EQ(code_of(first), "ok");
  world.signing = *crypto::signing_key::from_seed(std::string(32, 'n'));
  auto withdrawn = laptop.who;
  withdrawn.session.scope =
      store::session_scope::surrender;  // refused before the database is asked
  for (const auto& who : {laptop.who, withdrawn}) {
    const auto again = world.pushes.push(who, body);
    ASSERT_EQ(code_of(again), "ok");
    const auto receipt = wire::decode_push_answer(again.body).value();
    EXPECT_EQ(receipt.object, wire::decode_push_answer(first.body).value().object);
    EXPECT_TRUE(crypto::verify(world.signing.public_half(),
                               crypto::purpose_message("receipt", receipt.object),
                               *crypto::signature::from_raw(receipt.signature)));
  }
}

TEST_P(SyncPush, SentAgainIsAnsweredTheSameBeforeAnyOtherCheck) {
  const auto body = world.push_body(laptop, {root()});
  const auto first = world.pushes.push(laptop.who, body);
  ASSERT_EQ(code_of(first), "ok");
  laptop.last_push =
      wire::decode_push_object(wire::decode_push_request(body).value().object.object).value().id;
  ASSERT_EQ(words(world.push(laptop, {root(2)})), "accepted");
  // Its prev_push is long out of date, and the device may even be revoked by now.
  const auto again = world.pushes.push(laptop.who, body);
  EXPECT_EQ(again.body, first.body);
  world.db->write(
      [&](store::people::writes people) { people.revoke_device(laptop.who.device.key, 5, false); });
  EXPECT_EQ(world.pushes.push(laptop.who, body).body, first.body);
  auto ended = laptop.who;
  ended.session.scope = store::session_scope::surrender;
  EXPECT_EQ(world.pushes.push(ended, body).body, first.body);
  EXPECT_EQ(world.verify().counts.versions, 2);
  EXPECT_EQ(world.pushes.counters().repeated, 3);
}

TEST_P(SyncPush, AReceiptThatIsAskedForAgainIsSignedByTheKeyInUse) {
  const std::vector<domain::version> made{root()};
  push_options options;
  options.id = testing::nth<push_id>(5);
  const auto before = world.push(laptop, made, options);
  world.signing = crypto::signing_key::generate(*world.random);  // the answer was lost meanwhile
  laptop.last_push.reset();
  const auto again = world.push(laptop, made, options);  // checks the signature
  EXPECT_EQ(words(again), words(before));
}

TEST_P(SyncPush, AnotherPushUnderTheSameIdIsRefused) {
  push_options options;
  options.id = testing::nth<push_id>(5);
  world.push(laptop, {root()}, options);
  EXPECT_EQ(code_of(world.try_push(laptop, {root(1)}, options)), "push_id_reused");
  auto other = world.add_device(ana, "other");
  EXPECT_EQ(code_of(world.try_push(other, {other.version(a_patient())}, options)),
            "push_id_reused");
}

TEST_P(SyncPush, TheChainOfPushesIsChecked) {
  push_options unknown;
  unknown.prev_push = testing::nth<push_id>(99);
  auto answer = world.try_push(laptop, {root()}, unknown);
  EXPECT_EQ(code_of(answer), "prev_push_unknown");
  EXPECT_EQ(answer.last_push, std::nullopt);

  world.push(laptop, {root()});
  const auto first = laptop.last_push;
  world.push(laptop, {root(1)});
  const auto second = laptop.last_push;
  for (const auto& stale : {first, std::optional<push_id>()}) {
    push_options old;
    old.prev_push = stale;
    answer = world.try_push(laptop, {root(2)}, old);
    EXPECT_EQ(code_of(answer), "prev_push_old");
    EXPECT_EQ(answer.last_push, second);
  }
  answer = world.try_push(laptop, {root(2)}, unknown);
  EXPECT_EQ(code_of(answer), "prev_push_unknown");
  EXPECT_EQ(answer.last_push, second);
  // Another device's push is not this one's.
  auto other = world.add_device(ana, "other");
  push_options foreign;
  foreign.prev_push = second;
  EXPECT_EQ(code_of(world.try_push(other, {}, foreign)), "prev_push_unknown");
  EXPECT_EQ(world.verify().counts.versions, 2);
}

TEST_P(SyncPush, FormOfTheWholeIsChecked) {
  const auto expect = [&](const char* code, const push_options& options,
                          const std::vector<domain::version>& versions) {
    EXPECT_EQ(code_of(world.try_push(laptop, versions, options)), code);
  };
  const auto object = [](std::function<void(wire::push_object&)> change) {
    push_options options;
    options.change_object = std::move(change);
    return options;
  };
  const auto request = [](std::function<void(wire::push_request&)> change) {
    push_options options;
    options.change_request = std::move(change);
    return options;
  };
  EXPECT_EQ(code_of(world.pushes.push(laptop.who, "{}")), "malformed");
  EXPECT_EQ(code_of(world.pushes.push(laptop.who, std::string(limits::batch_bytes + 1, ' '))),
            "body_too_large");
  expect("malformed", object([](auto& o) { o.server = testing::nth<server_id>(8); }), {root()});
  expect("bad_signature", object([](auto& o) { o.device = testing::nth<device_id>(8); }), {root()});
  expect("forbidden", object([](auto& o) { o.actor = testing::nth<user_id>(8); }), {root()});
  expect("malformed", object([](auto& o) { o.versions.push_back(version_id{}); }), {root()});
  expect("malformed", object([](auto& o) { o.versions[0] = version_id{}; }), {root()});
  expect("malformed", object([](auto& o) { o.discards = {version_id{}, version_id{}}; }), {});
  expect("malformed", object([](auto& o) { o.expect_heads.emplace(); }), {root()});
  expect("malformed", {}, {root(), root()});
  expect("bad_signature", request([](auto& r) { r.object.signature[0] ^= 1; }), {root()});
  expect("malformed", request([](auto& r) { r.versions.clear(); }), {root()});
  expect("malformed", request([](auto& r) { r.versions[0].raw.header += ' '; }), {root()});
  expect("too_many_versions", request([](auto& r) {
           for (int i = 0; i < 1000; ++i) r.versions.push_back(r.versions[0]);
         }),
         {root()});
  auto ended = laptop.who;
  ended.session.scope = store::session_scope::surrender;
  EXPECT_EQ(code_of(world.pushes.push(ended, world.push_body(laptop, {root()}))), "forbidden");
  EXPECT_EQ(world.verify().counts.versions, 0);
  EXPECT_EQ(world.verify().counts.pushes, 0);
}

TEST_P(SyncPush, WhoIsOutMeanwhileIsStoppedInsideTheTransaction) {
  world.db->write([&](store::people::writes people) { people.set_user_enabled(ana.key, false); });
  EXPECT_EQ(code_of(world.try_push(laptop, {root()})), "user_disabled");
  world.db->write([&](store::people::writes people) {
    people.set_user_enabled(ana.key, true);
    people.revoke_device(laptop.who.device.key, 5, false);
  });
  EXPECT_EQ(code_of(world.try_push(laptop, {root()})), "device_revoked");
  EXPECT_EQ(world.verify().counts.records, 0);
}

TEST_P(SyncPush, WhatIsRefusedLeavesNoRecordAndGoesToQuarantine) {
  const auto bad = laptop.version(a_patient("11144477736"));
  const auto fine = root();
  EXPECT_EQ(words(world.push(laptop, {bad, fine})), "invalid_key accepted");
  world.db->read([&](store::snapshot& snapshot) {
    store::quarantine::reads quarantine(snapshot);
    EXPECT_EQ(store::records::reads(snapshot).record(bad.header.record.id), std::nullopt);
    const auto list = quarantine.quarantine_list();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].code, "invalid_key");
    EXPECT_EQ(list[0].version, bad.id);
    const auto kept = quarantine.quarantine(list[0].key);
    EXPECT_EQ(kept->header, bad.raw.header);
    EXPECT_EQ(kept->payload, bad.raw.payload);
    EXPECT_EQ(kept->device, laptop.who.device.key);
  });
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncPush, QuarantineHasLimitsPerUser) {
  const auto fill = [&](std::size_t count, std::size_t size) {
    world.db->write([&](store::quarantine::writes quarantine) {
      store::quarantine_row row;
      row.device = laptop.who.device.key;
      row.user = ana.key;
      row.code = "malformed";
      row.payload.assign(size, 'x');
      quarantine.add_quarantine(std::vector(count, row));
    });
  };
  const auto bad = [&](std::size_t n) {
    return laptop.version(a_patient(nth_cpf(n)).with("nome_mae", ""));
  };
  fill(limits::quarantine_items - 1, 1);
  const auto lines = world.push(laptop, {bad(1), bad(2)});
  EXPECT_EQ(words(lines), "invalid_field quarantine_full");
  EXPECT_EQ(lines[1].limit, static_cast<std::int64_t>(limits::quarantine_items));
  EXPECT_EQ(lines[1].field, "nome_mae");
  EXPECT_NE(lines[1].message.find("nome_mae"), std::string::npos) << "the first reason stays told";
  // Another device of the same user has no room of its own, another user has.
  auto other = world.add_device(ana, "other");
  EXPECT_EQ(words(world.push(other, {other.version(a_patient(nth_cpf(3)).with("nome_mae", ""))})),
            "quarantine_full");
  auto hers = world.add_device(world.add_user("bia@example.org"), "laptop");
  EXPECT_EQ(words(world.push(hers, {hers.version(a_patient(nth_cpf(3)).with("nome_mae", ""))})),
            "invalid_field");
}

TEST_P(SyncPush, QuarantineHasALimitInBytes) {
  world.db->write([&](store::quarantine::writes quarantine) {
    store::quarantine_row row;
    row.device = laptop.who.device.key;
    row.user = ana.key;
    row.code = "malformed";
    row.payload.assign(limits::quarantine_bytes / 4, 'x');
    for (int i = 0; i < 4; ++i) quarantine.add_quarantine(std::vector(1, row));
  });
  const auto lines = world.push(laptop, {laptop.version(a_patient().with("nome_mae", ""))});
  EXPECT_EQ(words(lines), "quarantine_full");
  EXPECT_EQ(lines[0].limit, static_cast<std::int64_t>(limits::quarantine_bytes));
}

TEST_P(SyncPush, ADeviceThatReplacesAnotherBringsItsVersions) {
  const auto lost = root();
  auto again = world.add_device(ana, "laptop again", laptop.who.device.key);
  EXPECT_EQ(words(world.push(again, {lost})), "accepted");
  auto stranger = world.add_device(ana, "other");
  EXPECT_EQ(words(world.push(stranger, {root(2)})), "device_mismatch");
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncPush, AnAdminResolvesOnlyWhatHeSaw) {
  const auto boss = world.add_user("admin@example.org", store::user_role::admin);
  auto desk = world.add_device(boss, "desk");
  const auto r = root();
  const auto a = edit(r, "rg", "1");
  const auto b = edit(r, "rg", "2");
  EXPECT_EQ(words(world.push(laptop, {r, a, b})), "accepted sibling sibling");
  const auto heads = world.view(ana, r.header.record.id)->state.heads;
  const auto join = desk.version(a_patient(r.payload.key).after({&a, &b}).with("rg", "2"));
  push_options to_ana;
  to_ana.owner = ana.id;
  EXPECT_EQ(code_of(world.try_push(desk, {join}, to_ana)), "malformed") << "no expected heads";
  to_ana.expect_heads = {a.id};
  EXPECT_EQ(code_of(world.try_push(desk, {join}, to_ana)), "malformed") << "not its parents";
  to_ana.expect_heads = heads;
  EXPECT_EQ(code_of(world.try_push(desk, {join, r}, to_ana)), "malformed") << "one version only";
  EXPECT_EQ(code_of(world.try_push(laptop, {join}, to_ana)), "forbidden") << "a doctor";
  auto nobody = to_ana;
  nobody.owner = testing::nth<user_id>(77);
  EXPECT_EQ(code_of(world.try_push(desk, {join}, nobody)), "not_found");

  const auto c = edit(a, "idade", "40");
  world.push(laptop, {c});
  EXPECT_EQ(code_of(world.try_push(desk, {join}, to_ana)), "view_moved");
  const auto now = desk.version(a_patient(r.payload.key).after({&b, &c}));
  to_ana.expect_heads = world.view(ana, r.header.record.id)->state.heads;
  EXPECT_EQ(words(world.push(desk, {now}, to_ana)), "accepted");
  EXPECT_EQ(world.view(ana, r.header.record.id)->state.heads, std::vector<version_id>{now.id});
  EXPECT_EQ(world.view(boss, r.header.record.id), std::nullopt);
  world.pull(laptop);
  EXPECT_TRUE(laptop.replica.holds(now.id));
  const auto report = world.verify();
  EXPECT_TRUE(report.clean()) << report.findings.at(0).what;
}

TEST_P(SyncPush, AResolutionNeedsAConflict) {
  const auto boss = world.add_user("admin@example.org", store::user_role::admin);
  auto desk = world.add_device(boss, "desk");
  const auto r = root();
  world.push(laptop, {r});
  push_options to_ana;
  to_ana.owner = ana.id;
  to_ana.expect_heads = {r.id};
  const auto v = desk.version(a_patient(r.payload.key).after({&r}));
  EXPECT_EQ(code_of(world.try_push(desk, {v}, to_ana)), "view_moved");
  EXPECT_EQ(world.view(ana, r.header.record.id)->state.heads, std::vector<version_id>{r.id});
}

TEST_P(SyncPush, AResolutionForSomebodyWithoutTheRecordMoves) {
  const auto boss = world.add_user("admin@example.org", store::user_role::admin);
  auto desk = world.add_device(boss, "desk");
  const auto bia = world.add_user("bia@example.org");
  const auto r = root();
  world.push(laptop, {r});
  push_options to_bia;
  to_bia.owner = bia.id;
  to_bia.expect_heads = {r.id};
  const auto v = desk.version(a_patient(r.payload.key).after({&r}));
  EXPECT_EQ(code_of(world.try_push(desk, {v}, to_bia)), "view_moved");
}

TEST_P(SyncPush, MergesUseTheOwnersPolicyAndTheMergeDevice) {
  const auto r = root();
  const auto a = edit(r, "rg", "1");
  const auto b = edit(r, "idade", "40");
  EXPECT_EQ(words(world.push(laptop, {r, a, b})), "accepted merged merged");
  world.db->write([&](store::settings::writes settings) {
    settings.set_policy({"patient", ana.key, domain::merge_policy::manual});
  });
  const auto head = world.view(ana, r.header.record.id)->state.heads.at(0);
  world.pull(laptop);
  ASSERT_TRUE(laptop.replica.holds(head)) << "the merge came by the feed";
  const auto r2 = root(2);
  const auto a2 = edit(r2, "rg", "1");
  const auto b2 = edit(r2, "idade", "40");
  EXPECT_EQ(words(world.push(laptop, {r2, a2, b2})), "accepted sibling sibling");
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncPush, DraftsAreDiscardedByTheObject) {
  const auto draft = laptop.version(a_patient(nth_cpf(0)).draft().with("nome_mae", ""));
  world.push(laptop, {draft});
  push_options discard;
  discard.discards = {draft.id};
  EXPECT_EQ(words(world.push(laptop, {}, discard)), "discarded");
  EXPECT_EQ(words(world.push(laptop, {}, discard)), "duplicate");
  discard.discards = {testing::nth<version_id>(7)};
  EXPECT_EQ(words(world.push(laptop, {}, discard)), "not_found");
  world.pull(laptop);
  EXPECT_TRUE(laptop.replica.views().at(draft.header.record.id).drafts.empty());
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncPush, ManyAtOnceOnOneRecordKeepNumbersDense) {
  const auto bia = world.add_user("bia@example.org");
  std::vector<sync_device> devices;
  devices.push_back(world.add_device(ana, "a1"));
  devices.push_back(world.add_device(ana, "a2"));
  devices.push_back(world.add_device(bia, "b1"));
  devices.push_back(world.add_device(bia, "b2"));
  constexpr int k_rounds = 12;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    threads.emplace_back([&, d] {
      auto& device = devices[d];
      auto last = device.version(a_patient().salt(d + 1));
      for (int i = 0; i < k_rounds; ++i) {
        // Two records at once, in opposite orders, so that locks taken in the order given deadlock.
        auto beside = device.version(a_patient(nth_cpf(9)).salt(100 * d + 20 + std::size_t(i)));
        std::vector<domain::version> batch{last, beside};
        if (d % 2 == 1) std::swap(batch[0], batch[1]);
        const auto answer = world.try_push(device, batch);
        if (answer.refusal) ++failures;
        last = device.version(
            a_patient().after({&last}).with("rg", (std::to_string(d) + std::to_string(i)).c_str()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const auto report = world.verify();
  EXPECT_TRUE(report.clean()) << report.findings.at(0).what << ' ' << report.findings[0].where;
  EXPECT_EQ(report.counts.records, 2);
  world.db->read([&](store::snapshot& snapshot) {
    const auto r =
        store::records::reads(snapshot).record(devices[0].version(a_patient()).header.record.id);
    const auto views = store::views::reads(snapshot).views_of_record(r->key);
    EXPECT_EQ(views.size(), 2U);
    EXPECT_GE(r->last_number, 4 * k_rounds);
  });
}

}  // namespace
}  // namespace autocusto::test
