// The sync machine of a laptop whose access, or one of whose records, was taken away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/machine_driver.hpp"

namespace autocusto::engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using wire::push_memory;
using wire::push_outcome;

erasure_taken erased(bool everything) {
  erasure_taken taken;
  taken.what.emplace();
  taken.what->everything = everything;
  return taken;
}

/// A laptop that was told that its access is gone, and has closed itself.
driver closing(const replica_state& here, const session_opened& told = no_access()) {
  driver d;
  d.on(begin{});
  d.on(here);
  d.on(challenged{});
  EXPECT_THAT(d.on(told), ElementsAre("close"));
  EXPECT_THAT(d.on(replica_closed{}), ElementsAre("load_state"));
  return d;
}

/// Nothing waits; it asks once more, and hears that the server has everything that it holds.
void asks_before_it_erases(driver& d) {
  EXPECT_THAT(d.on(closed_here()), ElementsAre("ask_missing"));
  EXPECT_THAT(d.on(missing_told{}), ElementsAre("mark_missing 0"));
  EXPECT_THAT(d.on(missing_marked{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(closed_here()), ElementsAre("erase_everything"));
}

TEST(engine_surrender, it_closes_hands_over_erases_says_so_and_is_no_more) {
  auto d = closing(with_versions(2));
  EXPECT_THAT(d.on(closed_here(with_versions(2))), ElementsAre("save_push 2"));
  EXPECT_THAT(d.on(push_saved{}), ElementsAre("surrender"));
  EXPECT_THAT(d.on(receipt(7, {push_outcome::refused, push_outcome::refused})),
              ElementsAre("apply_receipt"));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
  asks_before_it_erases(d);
  EXPECT_THAT(d.on(everything_erased{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(erased_already()), ElementsAre("send_erasure"));
  EXPECT_THAT(d.on(erased(true)), ElementsAre("note_erasure"));
  EXPECT_THAT(d.on(erasure_noted{}), ElementsAre("wipe"));
  EXPECT_THAT(d.on(wiped{}), ElementsAre("finish device_revoked wiped"));
}

TEST(engine_surrender, what_the_server_does_not_take_keeps_everything) {
  auto d = closing(quiet());
  asks_before_it_erases(d);
  EXPECT_THAT(d.on(everything_erased{.kept = 3, .code = {}}), ElementsAre("finish device_revoked"));
}

TEST(engine_surrender, what_the_server_lost_unnoticed_is_handed_over_before_everything_is_erased) {
  auto d = closing(quiet());
  EXPECT_THAT(d.on(closed_here()), ElementsAre("ask_missing"));
  EXPECT_THAT(d.on(missing_told{.versions = {id_of<version_id>(1)}}),
              ElementsAre("mark_missing 1"));
  EXPECT_THAT(d.on(missing_marked{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(closed_here(with_versions(1))), ElementsAre("save_push 1"));
  EXPECT_THAT(d.on(push_saved{}), ElementsAre("surrender"));
}

TEST(engine_surrender, a_push_that_was_kept_before_is_handed_over_first) {
  auto d = closing(with_stored(5, 2));
  EXPECT_THAT(d.on(closed_here(with_stored(5, 2))), ElementsAre("surrender"));
}

TEST(engine_surrender, a_server_that_went_back_is_given_first_what_it_lacks) {
  auto d = closing(quiet(), no_access(false, push_memory::unknown));
  EXPECT_THAT(d.on(closed_here()), ElementsAre("begin_recovery"));
  EXPECT_THAT(d.on(recovery_begun{}), ElementsAre("load_state"));
  auto here = closed_here();
  here.recovering = true;
  EXPECT_THAT(d.on(here), ElementsAre("ask_missing"));
  EXPECT_THAT(d.on(missing_told{}), ElementsAre("mark_missing 0"));
  EXPECT_THAT(d.on(missing_marked{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(here), ElementsAre("erase_everything"));
}

TEST(engine_surrender, a_lost_laptop_erases_before_anything_else_however_often_it_fails) {
  driver d;
  d.on(begin{.watch = true});
  d.on(with_versions(3));
  d.on(challenged{});
  EXPECT_THAT(d.on(no_access(true)), ElementsAre("erase_in_any_case"));
  d.on(local_failed{fail(errc::replica_busy, "x")});
  EXPECT_THAT(d.on(timer_fired{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_versions(3)), ElementsAre("erase_in_any_case"));
  EXPECT_THAT(d.on(everything_erased{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(erased_already()), ElementsAre("send_erasure"));
}

TEST(engine_surrender, the_receipt_is_kept_until_the_server_has_it) {
  auto d = closing(quiet());
  asks_before_it_erases(d);
  d.on(everything_erased{});
  EXPECT_THAT(d.on(erased_already()), ElementsAre("send_erasure"));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre("finish unreachable"));
}

TEST(engine_surrender, a_limit_is_obeyed_while_things_are_handed_over) {
  for (const bool watch : {false, true}) {
    driver d;
    d.on(begin{.watch = watch});
    d.on(with_stored(5, 1));
    d.on(challenged{});
    d.on(no_access());
    d.on(replica_closed{});
    EXPECT_THAT(d.on(closed_here(with_stored(5, 1))), ElementsAre("surrender"));
    auto limit = lost(errc::too_many_requests);
    limit.what.retry_after = 60;
    const auto then = d.on(limit);
    if (watch) {
      EXPECT_THAT(then, ElementsAre("note_failure", "wait 60000"));
    } else {
      EXPECT_THAT(then, ElementsAre("finish too_many_requests"));
    }
  }
}

TEST(engine_surrender, access_that_came_back_meanwhile_is_asked_for_anew) {
  auto d = closing(with_stored(5, 1));
  d.on(closed_here(with_stored(5, 1)));
  EXPECT_THAT(d.on(lost(errc::session_expired)), ElementsAre("load_state"));
  EXPECT_THAT(d.on(closed_here(with_stored(5, 1))), ElementsAre("ask_challenge"));
  d.on(challenged{});
  EXPECT_THAT(d.on(full()), ElementsAre("reopen"));
  EXPECT_THAT(d.on(replica_reopened{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_stored(5, 1)), ElementsAre("send_push"));
}

TEST(engine_surrender, a_reopened_laptop_hears_what_the_server_remembers_of_its_pushes) {
  for (const auto memory : {push_memory::unknown, push_memory::old}) {
    driver d;
    d.on(begin{});
    d.on(closed_here());
    d.on(challenged{});
    EXPECT_THAT(d.on(full(memory, id_of<push_id>(5))), ElementsAre("reopen"));
    if (memory == push_memory::unknown) {
      EXPECT_THAT(d.on(replica_reopened{}), ElementsAre("begin_recovery"));
      continue;
    }
    EXPECT_THAT(d.on(replica_reopened{}), ElementsAre("load_state"));
    EXPECT_THAT(d.on(quiet()), ElementsAre("finish prev_push_old"));
  }
}

TEST(engine_surrender, a_server_that_fails_while_things_are_handed_over_is_asked_again_later) {
  for (const bool watch : {false, true}) {
    driver d;
    d.on(begin{.watch = watch});
    d.on(with_stored(5, 1));
    d.on(challenged{});
    d.on(no_access());
    d.on(replica_closed{});
    EXPECT_THAT(d.on(closed_here(with_stored(5, 1))), ElementsAre("surrender"));
    if (!watch) {
      EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("finish internal"));
      continue;
    }
    EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("note_failure", "wait 250"));
    EXPECT_THAT(d.on(timer_fired{}), ElementsAre("load_state"));
    EXPECT_THAT(d.on(closed_here(with_stored(5, 1))), ElementsAre("surrender"));
    EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("note_failure", "wait 500"));
    EXPECT_THAT(d.on(timer_fired{}), ElementsAre("load_state"));
    EXPECT_THAT(d.on(closed_here(with_stored(5, 1))), ElementsAre("surrender"));
    EXPECT_THAT(d.on(receipt(5, {push_outcome::refused})), ElementsAre("apply_receipt"));
  }
}

TEST(engine_surrender, what_keeps_it_from_being_erased_is_named_as_it_is) {
  auto d = closing(quiet());
  asks_before_it_erases(d);
  d.on(everything_erased{.kept = 3, .code = "quarantine_full"});
  EXPECT_THAT(d.get<finish>().result.why->message, ::testing::HasSubstr("quarantine is full"));
  auto other = closing(quiet());
  asks_before_it_erases(other);
  other.on(everything_erased{.kept = 3, .code = "internal"});
  EXPECT_THAT(other.get<finish>().result.why->message,
              ::testing::Not(::testing::HasSubstr("quarantine")));
}

TEST(engine_surrender, a_closed_laptop_asks_what_it_may_do_whatever_token_it_has) {
  driver d;
  d.on(begin{.has_session = true});
  EXPECT_THAT(d.on(closed_here()), ElementsAre("ask_challenge"));
}

/// A full session that has pulled everything; a removed record was erased.
driver after_erasing() {
  driver d;
  d.on(begin{});
  d.on(quiet());
  d.on(challenged{});
  EXPECT_THAT(d.on(full()), ElementsAre("fetch 0"));
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("erase_removed"));
  EXPECT_THAT(d.on(removed_erased{.erased = 1}), ElementsAre("load_state"));
  return d;
}

replica_state with_erasure_due() {
  auto here = quiet();
  here.erasure_due = true;
  return here;
}

TEST(engine_surrender, a_removed_record_is_receipted_when_all_else_is_done) {
  auto d = after_erasing();
  EXPECT_THAT(d.on(with_erasure_due()), ElementsAre("send_erasure"));
  EXPECT_THAT(d.on(erased(false)), ElementsAre("note_erasure"));
  EXPECT_THAT(d.on(erasure_noted{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(quiet()), ElementsAre("finish"));
}

TEST(engine_surrender, a_server_that_refuses_the_receipt_holds_up_nothing) {
  auto d = after_erasing();
  d.on(with_erasure_due());
  EXPECT_THAT(d.on(lost(errc::not_found)), ElementsAre("finish"));
  auto busy = after_erasing();
  busy.on(with_erasure_due());
  EXPECT_THAT(busy.on(lost(errc::unreachable)), ElementsAre("finish unreachable"));
}

TEST(engine_surrender, what_an_overfull_quarantine_refused_is_offered_once_a_run) {
  driver d;
  d.on(begin{});
  d.on(quiet());
  d.on(challenged{});
  d.on(full());
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("erase_removed"));
  EXPECT_TRUE(d.get<erase_removed>().offer_again);
  EXPECT_THAT(d.on(removed_erased{.offered = 2}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_versions(2)), ElementsAre("save_push 2"));
}

}  // namespace
}  // namespace autocusto::engine
