// Views that the server closes: hidden, kept while something is unsynced, erased.
#include <gmock/gmock.h>

#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

using ReplicaRemoved = two_laptops;

TEST_F(ReplicaRemoved, AClosedViewIsHiddenWithItsPageAndErased) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, patient_edit(cpf(5), "Fica"));
  ana.sync();
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->read().history("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->read().list("patient")->size(), 1U);
  std::size_t lines = ana->read().export_lines([](std::string_view) {});
  EXPECT_EQ(lines, 1U);
  EXPECT_EQ(ana->read().status().hidden, 1U);
  const auto effect = ana->sync().erase_removed(false);
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->erased, 1U);
  EXPECT_EQ(ana->read().status().hidden, 0U);
  EXPECT_EQ(ana->read().verify().records, 1U);
  expect_sound(ana);

  const auto again = ana->edit().save(patient_edit(k_cpf, "João de novo"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->created) << "only a root opens a new incarnation";
  ana.sync();
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 1U);
  expect_as_server(ana);
}

TEST_F(ReplicaRemoved, WhatWasTakenAwayIsToldUntilItWasSeen) {
  must_save(ana, patient_edit(k_cpf, "João da Silva"));
  must_save(ana, patient_edit(cpf(5), "Fica"));
  ana.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  must_save(ana, set_field(k_cpf, "peso", "71"));
  server.unassign(record);
  ana.pull();
  ana.push();
  ASSERT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  ana.reopen();
  const auto told = ana->read().notices();
  ASSERT_EQ(told.size(), 1U) << "it outlives the record";
  EXPECT_EQ(told[0].what, notice_kind::taken);
  EXPECT_EQ(told[0].kind, "patient");
  EXPECT_EQ(told[0].key, "") << "nothing names the record any more";
  EXPECT_EQ(told[0].initials, "J. S.");
  EXPECT_EQ(told[0].edits, 2);
  EXPECT_NE(told[0].at, 0);
  expect_sound(ana);
  ASSERT_TRUE(ana->edit().forget_notices());
  EXPECT_TRUE(ana->read().notices().empty());
}

TEST_F(ReplicaRemoved, UnsyncedEditsOfAClosedViewStaySealedUntilTheServerHasThem) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto two = must_save(ana, set_field(k_cpf, "peso", "71"));
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
  const auto effect = ana->sync().erase_removed(false);
  EXPECT_EQ(effect->kept, 1U);
  EXPECT_EQ(effect->erased, 0U);
  EXPECT_EQ(ana->read().status().hidden, 1U);
  EXPECT_EQ(test::unsynced_count(*ana), 2U) << "each edit counts once";
  ASSERT_EQ(ana->read().waiting().size(), 2U);
  EXPECT_EQ(ana->read().waiting()[0].what, waiting_for::surrender);
  must_save(ana, patient_edit(cpf(5), "Outra"));
  const auto pushed = ana.push();
  EXPECT_EQ(pushed.acknowledged, 1U) << "a blocked item never blocks the others";
  EXPECT_THAT(pushed.refused, ::testing::UnorderedElementsAre(one, two));
  EXPECT_EQ(test::unsynced_count(*ana), 0U) << "the server keeps them in quarantine";
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  EXPECT_EQ(ana->read().status().hidden, 0U);
  EXPECT_TRUE(ana->read().waiting().empty() || ana->read().waiting()[0].what == waiting_for::feed);
  expect_sound(ana);
}

TEST_F(ReplicaRemoved, AnEditMadeWhileItsParentIsRefusedIsSentWhenTheViewCloses) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.start_push();
  must_save(ana, set_field(k_cpf, "peso", "71"));
  server.unassign(record);
  ana.push();
  EXPECT_EQ(ana->read().refused().size(), 2U);
  EXPECT_EQ(test::unsynced_count(*ana), 1U) << "the second was never sent";
  ana.pull();
  EXPECT_EQ(test::unsynced_count(*ana), 1U);
  ana.push();
  EXPECT_EQ(test::unsynced_count(*ana), 0U);
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  expect_sound(ana);
}

TEST_F(ReplicaRemoved, AnEditOfAClosedViewGoesOnInTheNewOneThatHasItsParent) {
  const auto root = must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto again = server.version(root);
  server.unassign(record);
  server.assign(again);
  ana.pull();
  EXPECT_EQ(ana.push().acknowledged, 1U);
  ASSERT_TRUE(ana.pull());
  EXPECT_EQ(shown(ana).version.id, edit_id);
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  expect_as_server(ana);
}

TEST_F(ReplicaRemoved, AnEditIsAcceptedIntoAViewThatThisLaptopDoesNotKnowYet) {
  const auto root = must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto again = server.version(root);
  server.unassign(record);
  server.assign(again);
  EXPECT_EQ(ana.push().acknowledged, 1U);
  EXPECT_EQ(shown(ana).version.id, edit_id);
  ASSERT_TRUE(ana.pull());
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  expect_as_server(ana);
}

TEST_F(ReplicaRemoved, RefusedEditsThatTheServerHasAreErasedWithTheView) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(edit_id, "access_removed");
  ana.push();
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->read().refused().empty()) << "its view was removed";
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  expect_sound(ana);
}

TEST_F(ReplicaRemoved, WhatDidNotFitIntoQuarantineIsKept) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(edit_id, "quarantine_full");
  ana.push();
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->sync().erase_removed(false)->kept, 1U);
}

TEST_F(ReplicaRemoved, AViewThatClosedBeforeItsReceiptCameIsHidden) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto receipt =
      server.push(ana->sync().inflight_push()->object, ana->sync().inflight_push()->request);
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->read().show("patient", k_cpf)) << "nobody has told yet which incarnation it is";
  ASSERT_TRUE(ana->sync().apply_receipt(receipt));
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
}

TEST_F(ReplicaRemoved, AReopenedViewHoldsOnlyWhatCameAfter) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  server.unassign(record);
  const auto assigned = other_version({}, "Nova");
  server.assign(assigned);
  ana.pull();
  ASSERT_TRUE(ana->sync().erase_removed(false));
  const auto history = *ana->read().history("patient", k_cpf);
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].id, assigned.id);
  expect_as_server(ana);
}

}  // namespace
}  // namespace autocusto::replica
