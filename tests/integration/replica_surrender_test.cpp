// A laptop that lost its access: closed, handed over, erased; and its receipt for what is erased.
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
  ASSERT_TRUE(ana->sync().close());
  const auto since = ana->read().status().closed_since;
  ana.clock().advance(5000);
  ASSERT_TRUE(ana->sync().close()) << "twice is fine";
  ana.reopen();  // it is on disk
  EXPECT_TRUE(ana->read().closed());
  EXPECT_EQ(ana->read().status().closed_since, since);
  const auto refused = ana->edit().save(set_field(k_cpf, "peso", "71"));
  EXPECT_EQ(refused.error().code, errc::device_revoked);
  EXPECT_EQ(ana->edit().save(patient_edit(cpf(5), "Nova")).error().code, errc::device_revoked);
  EXPECT_EQ(ana->edit().save_all({}).error().code, errc::device_revoked);
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::device_revoked);
  EXPECT_EQ(ana->read().history("patient", k_cpf).error().code, errc::device_revoked);
  EXPECT_EQ(ana->read().list("patient").error().code, errc::device_revoked);
  EXPECT_EQ(ana->edit().discard_draft("patient", k_cpf, std::nullopt).error().code,
            errc::device_revoked);
  EXPECT_EQ(ana->read().export_lines([](std::string_view) {}), 0U);
  EXPECT_TRUE(ana->read().conflicts().empty());
  ASSERT_TRUE(ana->read().status().sealed);
  EXPECT_EQ(ana->read().status().sealed->items, 1U);
  ASSERT_EQ(ana->sync().next_outbox().ids, std::vector{waits}) << "and hands over what waits";
  expect_sound(ana);

  ASSERT_TRUE(ana->sync().reopen());
  EXPECT_FALSE(ana->read().closed());
  EXPECT_EQ(field(ana, "peso"), "70");
  must_save(ana, set_field(k_cpf, "peso", "71"));
}

TEST_F(ReplicaSurrender, NothingIsErasedBeforeTheServerHasIt) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto two = must_save(ana, set_field(k_cpf, "peso", "71"));
  EXPECT_EQ(ana->sync().erase_everything(false).error().code, errc::session_expired)
      << "it is not closed";
  ASSERT_TRUE(ana->sync().close());
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 2U);
  EXPECT_FALSE(ana->identity().erased());
  server.refuse(one, "device_revoked");
  server.refuse(two, "quarantine_full");
  ana.push();
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 1U);
  const auto sealed = ana->read().status().sealed;
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->items, 1U);
  EXPECT_EQ(sealed->code, "quarantine_full");
  EXPECT_GT(rows_in(ana, "holding"), 0);

  // The next session offers it again, and now there is room.
  ASSERT_TRUE(ana->sync().close());
  ASSERT_EQ(ana->sync().next_outbox().ids, std::vector{two});
  server.refuse(two, "device_revoked");
  ana.push();
  EXPECT_FALSE(ana->read().status().sealed);
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 0U);
  EXPECT_TRUE(ana->identity().erased());
}

TEST_F(ReplicaSurrender, WhatWasRefusedByItselfIsHandedOverToo) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(one, "too_many_heads");
  ana.start_push();
  const auto two = must_save(ana, set_field(k_cpf, "peso", "71"));
  ana.push();
  ASSERT_EQ(ana->read().refused().size(), 2U)
      << "the second goes on from the first, and was never sent";
  ASSERT_TRUE(ana->sync().close());
  EXPECT_EQ(ana->sync().next_outbox().ids, std::vector{two});
}

TEST_F(ReplicaSurrender, OfWhatIsErasedOnlyTheWordIsLeft) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto key = ana->identity().device_key().public_half();
  EXPECT_FALSE(ana->read().status().erasure_due);
  ASSERT_TRUE(ana->sync().close());
  ASSERT_EQ(ana->sync().erase_everything(false)->kept, 0U);
  for (const char* table : {"holding", "label", "waiting", "unpulled", "refused", "mark"}) {
    EXPECT_EQ(rows_in(ana, table), 0) << table;
  }
  ana.reopen();
  EXPECT_TRUE(ana->identity().erased());
  EXPECT_TRUE(ana->read().status().erasure_due);
  EXPECT_FALSE(ana->identity().tenant_key());
  EXPECT_EQ(ana->identity().device_key().public_half(), key) << "it signs the receipt";
  EXPECT_EQ(ana->read().list("patient").error().code, errc::device_revoked);
  EXPECT_EQ(ana->sync().reopen().error().code, errc::device_revoked);
  const auto receipt = ana->sync().erasure();
  ASSERT_TRUE(receipt && *receipt);
  EXPECT_TRUE((*receipt)->object.everything);
  EXPECT_EQ((*receipt)->object.device, ana.device());
  EXPECT_EQ(rows_in(ana, "version"), 0);
  EXPECT_TRUE(test::held_incarnations(*ana).empty());
  EXPECT_EQ(ana->sync().erase_everything(true)->kept, 0U) << "twice is fine";
}

TEST_F(ReplicaSurrender, ALostLaptopKeepsNothing) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ASSERT_EQ(ana->sync().erase_everything(true)->kept, 0U);
  EXPECT_TRUE(ana->identity().erased());
  EXPECT_EQ(test::unsynced_count(*ana), 0U);
  EXPECT_FALSE(ana->sync().inflight_push());
}

TEST_F(ReplicaSurrender, NothingIsClaimedWhileSomebodyElseReads) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  ASSERT_TRUE(ana->sync().close());
  ASSERT_EQ(ana->sync().erase_everything(false)->kept, 0U);
  {
    sqlite::database other(ana.home() + "/replica.sqlite",
                           {.mode = sqlite::open_mode::read_write, .secure_delete = true});
    const sqlite::snapshot reads(other);
    auto q = other.ask("SELECT count(*) FROM holding");
    q->step();
    EXPECT_EQ(ana->sync().erasure().error().code, errc::replica_busy);
  }
  EXPECT_TRUE(ana->sync().erasure().value());
}

TEST_F(ReplicaSurrender, TheWordForARemovedViewComesWhenNothingOfItIsLeft) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto held = test::held_incarnations(*ana);
  ASSERT_EQ(held.size(), 1U);
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->sync().erase_removed(false)->kept, 1U);
  EXPECT_FALSE(ana->read().status().erasure_due) << "an edit of it is sealed here";
  EXPECT_FALSE(*ana->sync().erasure());
  ana.push();
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  EXPECT_TRUE(ana->read().status().erasure_due);
  ana.reopen();
  const auto receipt = ana->sync().erasure();
  ASSERT_TRUE(receipt && *receipt);
  EXPECT_EQ((*receipt)->object.incarnations, held);
  EXPECT_FALSE((*receipt)->object.everything);
  EXPECT_TRUE(ana->read().status().erasure_due) << "until the server has noted it";
  ASSERT_TRUE(ana->sync().note_erasure((*receipt)->object));
  EXPECT_FALSE(ana->read().status().erasure_due);
}

TEST_F(ReplicaSurrender, ALaptopThatNeverHadAViewSaysSo) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto held = test::held_incarnations(*ana);
  server.unassign(record);
  second.pull();
  EXPECT_TRUE(second->read().status().erasure_due);
  EXPECT_EQ((**second->sync().erasure()).object.incarnations, held);
}

TEST_F(ReplicaSurrender, ARootUnderWayMayBeOfThatVeryView) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto kept = ana->sync().inflight_push();
  const auto receipt = server.push(kept->object, kept->request);
  server.unassign(record);
  ana.pull();  // the removal comes before the receipt
  EXPECT_FALSE(ana->read().status().erasure_due);
  ASSERT_TRUE(ana->sync().apply_receipt(receipt));
  EXPECT_FALSE(ana->read().status().erasure_due);
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  EXPECT_TRUE(ana->read().status().erasure_due);
}

TEST_F(ReplicaSurrender, WhatAFullQuarantineRefusedOfARemovedViewIsOfferedAgain) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto one = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  server.refuse(one, "quarantine_full");
  ana.sync();
  ana.push();
  EXPECT_EQ(ana->sync().erase_removed(false)->kept, 1U);
  ASSERT_TRUE(ana->read().status().sealed);
  EXPECT_EQ(ana->read().status().sealed->code, "quarantine_full");
  EXPECT_TRUE(ana->sync().next_outbox().empty());
  EXPECT_EQ(ana->sync().erase_removed(true)->offered, 1U);
  EXPECT_EQ(ana->sync().erase_removed(true)->offered, 0U);
  server.refuse(one, "access_removed");
  ana.push();
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  EXPECT_FALSE(ana->read().status().sealed);
}

TEST_F(ReplicaSurrender, ADiscardOfARemovedRecordHoldsNothingUp) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
  EXPECT_EQ(test::unsynced_count(*ana), 1U);
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(test::unsynced_count(*ana), 0U);
  EXPECT_TRUE(ana->sync().next_outbox().empty());
  expect_sound(ana);
  ASSERT_TRUE(ana->sync().close());
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 0U);
  EXPECT_TRUE(ana->identity().erased());
}

TEST_F(ReplicaSurrender, AReceiptThatClosesAViewTakesItsDiscardsAlong) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.start_push();
  const auto kept = ana->sync().inflight_push();
  const auto receipt = server.push(kept->object, kept->request);
  server.unassign(record);
  ana.pull();  // the removal comes before the receipt
  ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
  ASSERT_TRUE(ana->sync().apply_receipt(receipt));
  EXPECT_EQ(test::unsynced_count(*ana), 0U);
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
}

TEST_F(ReplicaSurrender, APageThatWasUnderWayComesTooLate) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  ASSERT_TRUE(second->sync().close());
  EXPECT_FALSE(second.pull());
  EXPECT_EQ(rows_in(second, "version"), 0) << "closed by another process meanwhile";
  ASSERT_EQ(second->sync().erase_everything(true)->kept, 0U);
  EXPECT_FALSE(second.pull());
  EXPECT_EQ(rows_in(second, "version"), 0);
  EXPECT_EQ(rows_in(second, "holding"), 0);
  EXPECT_EQ(rows_in(second, "label"), 0);
  EXPECT_EQ(second->sync().cursor(), wire::cursor{});
}

TEST_F(ReplicaSurrender, TextsAboutARecordEndWithIt) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, patient_edit(cpf(5), "Rosa"));
  ana.sync();
  const kept_text typed{"patient", k_cpf, R"({"fields":{"rg":"12"}})"};
  const std::vector<kept_text> recent{{"patient", cpf(5), ""}, {"patient", k_cpf, ""}};
  const kept_text fresh{"", "", R"({"key":"529","fresh":true})"};
  ASSERT_TRUE(ana->edit().keep_texts("unsaved", {{typed}}));
  ASSERT_TRUE(ana->edit().keep_texts("new", {{fresh}}));
  ASSERT_TRUE(ana->edit().keep_texts("recent", recent));
  ana.reopen();
  EXPECT_EQ(ana->read().kept_texts("unsaved"), std::vector{typed});
  EXPECT_EQ(ana->read().kept_texts("recent"), recent);

  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->read().kept_texts("unsaved").empty()) << "hidden with the record";
  ana.push();
  ASSERT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  ana.reopen();
  EXPECT_EQ(ana->read().kept_texts("recent"), std::vector{recent.front()});
  EXPECT_EQ(ana->read().kept_texts("new"), std::vector{fresh}) << "of no record that was here";
  ASSERT_TRUE(ana->edit().keep_texts("late", {{typed}}));
  server.assign(other_version({}, "Maria"));
  ana.pull();
  ASSERT_TRUE(ana->read().show("patient", k_cpf));
  EXPECT_TRUE(ana->read().kept_texts("unsaved").empty()) << "it was of the view before";
  EXPECT_EQ(ana->read().kept_texts("recent"), std::vector{recent.front()});
  EXPECT_TRUE(ana->read().kept_texts("late").empty()) << "nobody wrote it back";
}

TEST_F(ReplicaSurrender, AClosedLaptopKeepsAndShowsNoTexts) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const kept_text typed{"patient", k_cpf, "typed"};
  ASSERT_TRUE(ana->edit().keep_texts("unsaved", {{typed}}));
  EXPECT_TRUE(ana->read().check_access());
  ASSERT_TRUE(ana->sync().close());
  EXPECT_EQ(ana->read().check_access().error().code, errc::device_revoked);
  EXPECT_TRUE(ana->read().kept_texts("unsaved").empty());
  EXPECT_EQ(ana->edit().keep_texts("unsaved", {{typed}}).error().code, errc::device_revoked);
  ASSERT_TRUE(ana->sync().reopen());
  EXPECT_EQ(ana->read().kept_texts("unsaved"), std::vector{typed});
  ASSERT_TRUE(ana->sync().close());
  ASSERT_EQ(ana->sync().erase_everything(false)->kept, 0U);
  EXPECT_EQ(ana->edit().keep_texts("unsaved", {{typed}}).error().code, errc::device_revoked);
  EXPECT_TRUE(ana->read().kept_texts("unsaved").empty());
}

}  // namespace
}  // namespace autocusto::replica
