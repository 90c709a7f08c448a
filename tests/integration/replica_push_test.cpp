// Pushing: outbox, receipts, and what the server refuses.
#include "shared/base/limits.hpp"
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

using ReplicaPush = two_laptops;

TEST_F(ReplicaPush, ARefusedVersionAndWhatGoesOnFromItStayReadable) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto refused = must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.start_push();
  const auto child = must_save(ana, set_field(k_cpf, "altura", "170"));
  server.refuse(refused, "invalid_field");
  const auto effect = ana.push();
  EXPECT_EQ(effect.refused, (std::vector{refused, child})) << "the child was not even sent";
  EXPECT_EQ(field(ana, "peso"), "");
  EXPECT_EQ(ana->read().status().pending, 0U);
  const auto list = ana->read().refused();
  ASSERT_EQ(list.size(), 2U);
  const auto first = std::find_if(list.begin(), list.end(),
                                  [&](const refused_item& i) { return i.version == refused; });
  EXPECT_EQ(first->code, "invalid_field");
  EXPECT_EQ(first->key, k_cpf);
  EXPECT_TRUE(first->at_server);
  const auto later = ana->read().refused_show(child.text().substr(0, 12));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->what.code, "parent_refused");
  EXPECT_FALSE(later->what.at_server);
  EXPECT_EQ(later->changes.size(), 2U) << "against the nearest accepted ancestor";
  expect_sound(ana);

  must_save(ana, set_field(k_cpf, "rg", "123"));
  const auto again = ana->edit().refused_reapply(child.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(field(ana, "peso"), "70");
  EXPECT_EQ(field(ana, "altura"), "170");
  EXPECT_EQ(field(ana, "rg"), "123");
  EXPECT_TRUE(ana->read().refused().empty()) << "its refused ancestor's changes are in it";
  ana.sync();
  expect_as_server(ana);
}

TEST_F(ReplicaPush, DiscardingARefusedVersionTakesItsDescendantsAlong) {
  const auto root = must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(root, "invalid_key");
  ana.push();
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
  ASSERT_EQ(ana->read().refused().size(), 2U);
  EXPECT_EQ(ana->edit().refused_discard("zzzz").error().code, errc::not_found);
  EXPECT_EQ(*ana->edit().refused_discard(root.text()), 2U);
  EXPECT_TRUE(ana->read().refused().empty());
  expect_sound(ana);
  EXPECT_TRUE(ana->edit().save(patient_edit(k_cpf, "João"))->created);
}

TEST_F(ReplicaPush, ALostReceiptIsAnsweredAgain) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto pending = ana->sync().inflight_push();
  ASSERT_TRUE(pending);
  const auto receipt = server.push(pending->object, pending->request);
  ana.reopen();  // the answer never came
  const auto again = ana->sync().inflight_push();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->object.id, pending->object.id);
  EXPECT_EQ(again->request.object.object, pending->request.object.object);
  EXPECT_EQ(again->request.versions.at(0).raw, pending->request.versions.at(0).raw);
  ana.pull();  // the page comes before the receipt
  EXPECT_EQ(ana->read().status().unpulled, 0U);
  ASSERT_TRUE(ana->sync().apply_receipt(receipt));
  EXPECT_FALSE(ana->sync().inflight_push());
  EXPECT_EQ(ana->identity().last_push(), pending->object.id);
  const auto twice = ana->sync().apply_receipt(receipt);
  EXPECT_FALSE(twice->was_pending);
  expect_as_server(ana);
}

TEST_F(ReplicaPush, AReceiptThatAnswersSomethingElseIsRefused) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  auto receipt =
      server.push(ana->sync().inflight_push()->object, ana->sync().inflight_push()->request);
  receipt.results.push_back(receipt.results.front());
  EXPECT_EQ(ana->sync().apply_receipt(receipt).error().code, errc::protocol_error);
  EXPECT_TRUE(ana->sync().inflight_push());
  EXPECT_EQ(ana->read().status().pending, 1U);
}

TEST_F(ReplicaPush, OnePushIsUnderWayAtATime) {
  must_save(ana, patient_edit(k_cpf, "João"));
  const auto object = ana.start_push();
  EXPECT_EQ(ana->sync().save_push(object).error().code, errc::busy);
  ASSERT_TRUE(ana->sync().drop_push(ana->sync().inflight_push()->object.id));
  EXPECT_EQ(ana->read().status().pending, 1U);
  EXPECT_EQ(ana.push().acknowledged, 1U);
  auto stranger = object;
  stranger.prev_push = ana->identity().last_push();
  stranger.versions = {testing::nth<version_id>(1)};
  EXPECT_EQ(ana->sync().save_push(stranger).error().code, errc::bad_request);
}

TEST_F(ReplicaPush, WhatAnotherProcessDidMeanwhileIsNotUndone) {
  must_save(ana, patient_edit(k_cpf, "João"));
  const auto object = ana.start_push();
  ASSERT_TRUE(ana->sync().keeps_push(object.id));
  ASSERT_TRUE(ana->sync().drop_push(testing::nth<push_id>(1))) << "nobody's push any more";
  EXPECT_TRUE(ana->sync().keeps_push(object.id));
  EXPECT_EQ(ana.push().acknowledged, 1U);
  EXPECT_FALSE(ana->sync().keeps_push(object.id));
  // Made before that push was answered, and kept after it.
  must_save(ana, patient_edit(cpf(5), "Outra"));
  auto late = object;
  late.id = testing::nth<push_id>(2);
  late.versions = ana->sync().next_outbox().ids;
  EXPECT_EQ(ana->sync().save_push(late).error().code, errc::busy);
  late.prev_push = object.id;
  EXPECT_TRUE(ana->sync().save_push(late));
}

/// Keeps a push of what else waits behind the one under way.
wire::push_object follow(laptop& ana) {
  auto following = ana.start_push(ana->sync().inflight_push()->object.id);
  EXPECT_EQ(following.prev_push, ana->sync().inflight_push()->object.id);
  return following;
}

TEST_F(ReplicaPush, AnotherPushFollowsTheOneUnderWay) {
  must_save(ana, patient_edit(k_cpf, "João"));
  const auto first = ana.start_push();
  must_save(ana, patient_edit(cpf(5), "Outra"));
  must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto out = ana->sync().next_outbox();
  ASSERT_EQ(out.ids.size(), 1U) << "nothing of a record that is under way";
  const auto following = follow(ana);
  EXPECT_EQ(following.versions, out.ids);
  EXPECT_TRUE(ana->sync().next_outbox().empty());

  auto third = following;
  third.prev_push = following.id;
  third.versions = {};
  EXPECT_EQ(ana->sync().save_push(third).error().code, errc::busy) << "one may follow";

  // A process that was ended sends both again, in their order.
  ana.reopen();
  EXPECT_EQ(ana->sync().inflight_push()->object.id, first.id);
  ASSERT_TRUE(ana->sync().apply_receipt(server.push(first, ana->sync().inflight_push()->request)));
  EXPECT_EQ(ana->identity().last_push(), first.id);
  EXPECT_EQ(ana->sync().inflight_push()->object.id, following.id);
  ASSERT_TRUE(
      ana->sync().apply_receipt(server.push(following, ana->sync().inflight_push()->request)));
  EXPECT_FALSE(ana->sync().inflight_push());
  EXPECT_EQ(ana->identity().last_push(), following.id);
  EXPECT_EQ(ana.push().acknowledged, 1U) << "the edit that had to wait";
  ana.pull();
  expect_sound(ana);
  expect_as_server(ana);
}

TEST_F(ReplicaPush, AFollowingPushSharesNoRecordWithTheFirst) {
  must_save(ana, patient_edit(k_cpf, "João"));
  const auto first = ana.start_push();
  const auto child = must_save(ana, set_field(k_cpf, "peso", "70"));
  auto following = first;
  following.id = testing::nth<push_id>(2);
  following.prev_push = first.id;
  following.versions = {child};
  EXPECT_EQ(ana->sync().save_push(following).error().code, errc::bad_request);
}

TEST_F(ReplicaPush, WhatFollowsAPushIsGivenUpWithIt) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  must_save(ana, patient_edit(cpf(5), "Outra"));
  follow(ana);
  ASSERT_TRUE(ana->sync().drop_push(ana->sync().inflight_push()->object.id));
  EXPECT_FALSE(ana->sync().inflight_push());
  EXPECT_EQ(ana->sync().next_outbox().ids.size(), 2U);
  EXPECT_EQ(ana.push().acknowledged, 2U);
}

TEST_F(ReplicaPush, AnOutboxIsLimitedAndKeepsARecordTogether) {
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 700; ++n) {
    lines.push_back(patient_edit(cpf(n), "Paciente"));
    lines.push_back(set_field(cpf(n), "peso", "70"));
  }
  ASSERT_TRUE(ana->edit().save_all(lines));
  const auto first = ana->sync().next_outbox();
  EXPECT_EQ(first.ids.size(), 1000U);
  EXPECT_TRUE(first.more);
  for (std::size_t i = 0; i < first.ids.size(); i += 2) {
    const auto root = domain::decode_header(first.versions[i].raw.header);
    const auto child = domain::decode_header(first.versions[i + 1].raw.header);
    ASSERT_TRUE(root->parents.empty());
    ASSERT_EQ(child->parents, std::vector{first.ids[i]});
  }
  EXPECT_EQ(ana.push().acknowledged, 1400U);
  ana.pull();
  EXPECT_EQ(server.versions(), 1400U);
  EXPECT_EQ(ana->read().status().unpulled, 0U);
  expect_sound(ana);
}

TEST_F(ReplicaPush, AnOutboxIsLimitedInBytes) {
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 300; ++n) {
    edit e;
    e.kind = "process";
    e.key = cpf(n) + "/G40.0";
    // A quotation mark is four bytes in the message.
    e.fields = {{"relatorio", std::string(6'000, '"')}, {"exames", std::string(3'000, '"')}};
    lines.push_back(std::move(e));
  }
  const auto saved_all = ana->edit().save_all(lines);
  ASSERT_TRUE(saved_all) << saved_all.error().message;
  std::size_t sent = 0;
  std::size_t pushes = 0;
  for (;;) {
    const auto out = ana->sync().next_outbox();
    if (out.empty()) break;
    std::size_t size = 0;
    for (const auto& v : out.versions) size += v.raw.header.size() + v.raw.payload.size();
    EXPECT_LT(size, limits::batch_bytes);
    sent += out.ids.size();
    ++pushes;
    ana.start_push();
    const auto pending = ana->sync().inflight_push();
    EXPECT_LT(wire::encode(pending->request).size(), limits::batch_bytes);
    ASSERT_TRUE(ana->sync().apply_receipt(server.push(pending->object, pending->request)));
  }
  EXPECT_EQ(sent, 300U);
  EXPECT_EQ(pushes, 2U);
}

}  // namespace
}  // namespace autocusto::replica
