// A laptop that lost its access: closed, handed over, erased; and its word for what is gone.
#include <gmock/gmock.h>

#include "shared/sqlite/database.hpp"
#include "shared/sqlite/transaction.hpp"
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

using ReplicaSurrender = two_laptops;

std::int64_t rows_in(const laptop& on, const std::string& table) {
  sqlite::database db(on.home() + "/replica.sqlite",
                      {.mode = sqlite::open_mode::read_write, .secure_delete = true});
  auto q = db.ask("SELECT count(*) FROM " + table);
  q->step();
  return q->column_int(0);
}

TEST_F(ReplicaSurrender, AClosedLaptopShowsAndSavesNothing) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto waits = must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.clock().advance(5000);
  ASSERT_TRUE(ana->close());
  const auto since = ana->status().closed_since;
  ana.clock().advance(5000);
  ASSERT_TRUE(ana->close()) << "twice is fine";
  ana.reopen();  // it is on disk
  EXPECT_TRUE(ana->closed());
  EXPECT_EQ(ana->status().closed_since, since);
  const auto refused = ana->save(set_field(k_cpf, "peso", "71"));
  EXPECT_EQ(refused.error().code, errc::device_revoked);
  EXPECT_EQ(ana->save(patient_edit(cpf(5), "Nova")).error().code, errc::device_revoked);
  EXPECT_EQ(ana->save_all({}).error().code, errc::device_revoked);
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::device_revoked);
  EXPECT_EQ(ana->history("patient", k_cpf).error().code, errc::device_revoked);
  EXPECT_EQ(ana->list("patient").error().code, errc::device_revoked);
  EXPECT_EQ(ana->discard_draft("patient", k_cpf, std::nullopt).error().code, errc::device_revoked);
  EXPECT_EQ(ana->export_lines([](std::string_view) {}), 0U);
  EXPECT_TRUE(ana->conflicts().empty());
  ASSERT_TRUE(ana->status().sealed);
  EXPECT_EQ(ana->status().sealed->items, 1U);
  ASSERT_EQ(ana->next_outbox().ids, std::vector{waits}) << "and hands over what waits";
  expect_sound(ana);

  ASSERT_TRUE(ana->reopen());
  EXPECT_FALSE(ana->closed());
  EXPECT_EQ(field(ana, "peso"), "70");
  must_save(ana, set_field(k_cpf, "peso", "71"));
}

TEST_F(ReplicaSurrender, NothingIsErasedBeforeTheServerHasIt) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto two = must_save(ana, set_field(k_cpf, "peso", "71"));
  EXPECT_EQ(ana->erase_everything(false).error().code, errc::session_expired) << "it is not closed";
  ASSERT_TRUE(ana->close());
  EXPECT_EQ(*ana->erase_everything(false), 2U);
  EXPECT_FALSE(ana->erased());
  server.refuse(one, "device_revoked");
  server.refuse(two, "quarantine_full");
  ana.push();
  EXPECT_EQ(*ana->erase_everything(false), 1U);
  const auto sealed = ana->status().sealed;
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->items, 1U);
  EXPECT_EQ(sealed->code, "quarantine_full");
  EXPECT_GT(rows_in(ana, "holding"), 0);

  // The next session offers it again, and now there is room.
  ASSERT_TRUE(ana->close());
  ASSERT_EQ(ana->next_outbox().ids, std::vector{two});
  server.refuse(two, "device_revoked");
  ana.push();
  EXPECT_FALSE(ana->status().sealed);
  EXPECT_EQ(*ana->erase_everything(false), 0U);
  EXPECT_TRUE(ana->erased());
}

TEST_F(ReplicaSurrender, WhatWasRefusedByItselfIsHandedOverToo) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(one, "too_many_heads");
  ana.start_push();
  const auto two = must_save(ana, set_field(k_cpf, "peso", "71"));
  ana.push();
  ASSERT_EQ(ana->refused().size(), 2U) << "the second goes on from the first, and was never sent";
  ASSERT_TRUE(ana->close());
  EXPECT_EQ(ana->next_outbox().ids, std::vector{two});
}

TEST_F(ReplicaSurrender, OfWhatIsErasedOnlyTheWordIsLeft) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto key = ana->device_key().public_half();
  EXPECT_FALSE(ana->erasure_due());
  ASSERT_TRUE(ana->close());
  ASSERT_EQ(*ana->erase_everything(false), 0U);
  for (const char* table : {"holding", "label", "waiting", "unpulled", "refused", "mark"}) {
    EXPECT_EQ(rows_in(ana, table), 0) << table;
  }
  ana.reopen();
  EXPECT_TRUE(ana->erased());
  EXPECT_TRUE(ana->erasure_due());
  EXPECT_FALSE(ana->tenant_key());
  EXPECT_EQ(ana->device_key().public_half(), key) << "it signs the word";
  EXPECT_EQ(ana->list("patient").error().code, errc::device_revoked);
  EXPECT_EQ(ana->reopen().error().code, errc::device_revoked);
  const auto word = ana->erasure();
  ASSERT_TRUE(word && *word);
  EXPECT_TRUE((*word)->everything);
  EXPECT_EQ((*word)->device, ana.device());
  EXPECT_EQ(rows_in(ana, "version"), 0);
  EXPECT_TRUE(ana->held_incarnations().empty());
  EXPECT_EQ(*ana->erase_everything(true), 0U) << "twice is fine";
}

TEST_F(ReplicaSurrender, ALostLaptopKeepsNothing) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ASSERT_EQ(*ana->erase_everything(true), 0U);
  EXPECT_TRUE(ana->erased());
  EXPECT_EQ(ana->unsynced_count(), 0U);
  EXPECT_FALSE(ana->current_push());
}

TEST_F(ReplicaSurrender, NothingIsClaimedWhileSomebodyElseReads) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  ASSERT_TRUE(ana->close());
  ASSERT_EQ(*ana->erase_everything(false), 0U);
  {
    sqlite::database other(ana.home() + "/replica.sqlite",
                           {.mode = sqlite::open_mode::read_write, .secure_delete = true});
    const sqlite::snapshot reads(other);
    auto q = other.ask("SELECT count(*) FROM holding");
    q->step();
    EXPECT_EQ(ana->erasure().error().code, errc::replica_busy);
  }
  EXPECT_TRUE(ana->erasure().value());
}

TEST_F(ReplicaSurrender, TheWordForARemovedViewComesWhenNothingOfItIsLeft) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto held = ana->held_incarnations();
  ASSERT_EQ(held.size(), 1U);
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->erase_removed()->kept, 1U);
  EXPECT_FALSE(ana->erasure_due()) << "an edit of it is sealed here";
  EXPECT_FALSE(*ana->erasure());
  ana.push();
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
  EXPECT_TRUE(ana->erasure_due());
  ana.reopen();
  const auto word = ana->erasure();
  ASSERT_TRUE(word && *word);
  EXPECT_EQ((*word)->incarnations, held);
  EXPECT_FALSE((*word)->everything);
  EXPECT_TRUE(ana->erasure_due()) << "until the server has noted it";
  ASSERT_TRUE(ana->erasure_noted(**word));
  EXPECT_FALSE(ana->erasure_due());
}

TEST_F(ReplicaSurrender, ALaptopThatNeverHadAViewSaysSo) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto held = ana->held_incarnations();
  server.unassign(record);
  second.pull();
  EXPECT_TRUE(second->erasure_due());
  EXPECT_EQ((**second->erasure()).incarnations, held);
}

TEST_F(ReplicaSurrender, ARootUnderWayMayBeOfThatVeryView) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto kept = ana->current_push();
  const auto receipt = server.push(kept->object, kept->request);
  server.unassign(record);
  ana.pull();  // the removal comes before the receipt
  EXPECT_FALSE(ana->erasure_due());
  ASSERT_TRUE(ana->apply_receipt(receipt));
  EXPECT_FALSE(ana->erasure_due());
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
  EXPECT_TRUE(ana->erasure_due());
}

TEST_F(ReplicaSurrender, WhatAFullQuarantineRefusedOfARemovedViewIsOfferedAgain) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  server.refuse(one, "quarantine_full");
  ana.sync();
  ana.push();
  EXPECT_EQ(ana->erase_removed()->kept, 1U);
  ASSERT_TRUE(ana->status().sealed);
  EXPECT_EQ(ana->status().sealed->code, "quarantine_full");
  EXPECT_TRUE(ana->next_outbox().empty());
  EXPECT_EQ(*ana->offer_again(), 1U);
  EXPECT_EQ(*ana->offer_again(), 0U);
  server.refuse(one, "access_removed");
  ana.push();
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
  EXPECT_FALSE(ana->status().sealed);
}

TEST_F(ReplicaSurrender, ADiscardOfARemovedRecordHoldsNothingUp) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  ASSERT_TRUE(ana->discard_draft("patient", k_cpf, std::nullopt));
  EXPECT_EQ(ana->unsynced_count(), 1U);
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->unsynced_count(), 0U);
  EXPECT_TRUE(ana->next_outbox().empty());
  expect_sound(ana);
  ASSERT_TRUE(ana->close());
  EXPECT_EQ(*ana->erase_everything(false), 0U);
  EXPECT_TRUE(ana->erased());
}

TEST_F(ReplicaSurrender, AReceiptThatClosesAViewTakesItsDiscardsAlong) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.start_push();
  const auto kept = ana->current_push();
  const auto receipt = server.push(kept->object, kept->request);
  server.unassign(record);
  ana.pull();  // the removal comes before the receipt
  ASSERT_TRUE(ana->discard_draft("patient", k_cpf, std::nullopt));
  ASSERT_TRUE(ana->apply_receipt(receipt));
  EXPECT_EQ(ana->unsynced_count(), 0U);
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
}

TEST_F(ReplicaSurrender, APageThatWasUnderWayComesTooLate) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  ASSERT_TRUE(second->close());
  EXPECT_FALSE(second.pull());
  EXPECT_EQ(rows_in(second, "version"), 0) << "closed by another process meanwhile";
  ASSERT_EQ(*second->erase_everything(true), 0U);
  EXPECT_FALSE(second.pull());
  EXPECT_EQ(rows_in(second, "version"), 0);
  EXPECT_EQ(rows_in(second, "holding"), 0);
  EXPECT_EQ(rows_in(second, "label"), 0);
  EXPECT_EQ(second->cursor(), wire::cursor{});
}

TEST_F(ReplicaSurrender, TextsAboutARecordEndWithIt) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, patient_edit(cpf(5), "Rosa"));
  ana.sync();
  const kept_text typed{"patient", k_cpf, R"({"fields":{"rg":"12"}})"};
  const std::vector<kept_text> recent{{"patient", cpf(5), ""}, {"patient", k_cpf, ""}};
  const kept_text fresh{"", "", R"({"key":"529","fresh":true})"};
  ASSERT_TRUE(ana->keep_texts("unsaved", {{typed}}));
  ASSERT_TRUE(ana->keep_texts("new", {{fresh}}));
  ASSERT_TRUE(ana->keep_texts("recent", recent));
  ana.reopen();
  EXPECT_EQ(ana->kept_texts("unsaved"), std::vector{typed});
  EXPECT_EQ(ana->kept_texts("recent"), recent);

  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->kept_texts("unsaved").empty()) << "hidden with the record";
  ana.push();
  ASSERT_EQ(ana->erase_removed()->erased, 1U);
  ana.reopen();
  EXPECT_EQ(ana->kept_texts("recent"), std::vector{recent.front()});
  EXPECT_EQ(ana->kept_texts("new"), std::vector{fresh}) << "of no record that was here";
  ASSERT_TRUE(ana->keep_texts("late", {{typed}}));
  server.assign(other_version({}, "Maria"));
  ana.pull();
  ASSERT_TRUE(ana->show("patient", k_cpf));
  EXPECT_TRUE(ana->kept_texts("unsaved").empty()) << "it was of the view before";
  EXPECT_EQ(ana->kept_texts("recent"), std::vector{recent.front()});
  EXPECT_TRUE(ana->kept_texts("late").empty()) << "nobody wrote it back";
}

TEST_F(ReplicaSurrender, AClosedLaptopKeepsAndShowsNoTexts) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const kept_text typed{"patient", k_cpf, "typed"};
  ASSERT_TRUE(ana->keep_texts("unsaved", {{typed}}));
  EXPECT_TRUE(ana->check_access());
  ASSERT_TRUE(ana->close());
  EXPECT_EQ(ana->check_access().error().code, errc::device_revoked);
  EXPECT_TRUE(ana->kept_texts("unsaved").empty());
  EXPECT_EQ(ana->keep_texts("unsaved", {{typed}}).error().code, errc::device_revoked);
  ASSERT_TRUE(ana->reopen());
  EXPECT_EQ(ana->kept_texts("unsaved"), std::vector{typed});
  ASSERT_TRUE(ana->close());
  ASSERT_EQ(*ana->erase_everything(false), 0U);
  EXPECT_EQ(ana->keep_texts("unsaved", {{typed}}).error().code, errc::device_revoked);
  EXPECT_TRUE(ana->kept_texts("unsaved").empty());
}

}  // namespace
}  // namespace autocusto::replica
