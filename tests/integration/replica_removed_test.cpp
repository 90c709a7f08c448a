// Views that the server closes: hidden, kept while something is unsynced, erased.
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
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->history("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->list("patient")->size(), 1U);
  std::size_t lines = ana->export_lines([](std::string_view) {});
  EXPECT_EQ(lines, 1U);
  EXPECT_EQ(ana->status().hidden, 1U);
  const auto effect = ana->erase_removed();
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->erased, 1U);
  EXPECT_EQ(ana->status().hidden, 0U);
  EXPECT_EQ(ana->verify().records, 1U);
  expect_sound(ana);

  const auto again = ana->save(patient_edit(k_cpf, "João de novo"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->created) << "only a root opens a new incarnation";
  ana.sync();
  EXPECT_EQ(ana->history("patient", k_cpf)->size(), 1U);
  expect_as_server(ana);
}

TEST_F(ReplicaRemoved, UnsyncedEditsOfAClosedViewStaySealedAndAreReported) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_TRUE(ana->next_outbox().empty());
  const auto effect = ana->erase_removed();
  EXPECT_EQ(effect->kept, 1U);
  EXPECT_EQ(effect->erased, 0U);
  EXPECT_EQ(ana->status().hidden, 1U);
  ASSERT_EQ(ana->waiting().size(), 1U);
  EXPECT_EQ(ana->waiting()[0].what, waiting_for::surrender);
  must_save(ana, patient_edit(cpf(5), "Outra"));
  EXPECT_EQ(ana.push().acknowledged, 1U) << "a blocked item never blocks the others";
  expect_sound(ana);
}

TEST_F(ReplicaRemoved, RefusedEditsThatTheServerHasAreErasedWithTheView) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(edit_id, "access_removed");
  ana.push();
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->refused().empty()) << "its view was removed";
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
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
  EXPECT_EQ(ana->erase_removed()->kept, 1U);
}

TEST_F(ReplicaRemoved, AViewThatClosedBeforeItsReceiptCameIsHidden) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto receipt = server.push(ana->current_push()->object, ana->current_push()->request);
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->show("patient", k_cpf)) << "nobody has told yet which incarnation it is";
  ASSERT_TRUE(ana->apply_receipt(receipt));
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
}

TEST_F(ReplicaRemoved, AReopenedViewHoldsOnlyWhatCameAfter) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  server.unassign(record);
  const auto assigned = other_version({}, "Nova");
  server.assign(assigned);
  ana.pull();
  ASSERT_TRUE(ana->erase_removed());
  const auto history = *ana->history("patient", k_cpf);
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].id, assigned.id);
  expect_as_server(ana);
}

}  // namespace
}  // namespace autocusto::replica
