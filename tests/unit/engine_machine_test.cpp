// The sync machine as tables: pushing, pulling, watching and stopping.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/engine/machine.hpp"
#include "tests/support/machine_driver.hpp"
#include "tests/support/step_name.hpp"

namespace autocusto::engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using wire::push_outcome;

TEST(engine_machine, a_sync_without_changes_asks_once_and_ends) {
  driver d;
  EXPECT_THAT(d.on(begin{.watch = false, .has_session = true}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(quiet(5)), ElementsAre("fetch 5"));
  EXPECT_THAT(d.on(page_to(5, 0, false)), ElementsAre("erase_removed"));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("finish"));
  EXPECT_EQ(d.m.at(), step::done);
  EXPECT_TRUE(d.on(stop{}).empty());
}

TEST(engine_machine, a_session_is_signed_for_with_the_last_push) {
  driver d;
  d.on(begin{});
  auto here = quiet();
  here.last_push = id_of<push_id>(4);
  EXPECT_THAT(d.on(here), ElementsAre("ask_challenge"));
  EXPECT_THAT(
      d.on(challenged{
          {.server = here.server, .challenge = "abc", .server_time = "", .signed_by_server = {}}}),
      ElementsAre("ask_session"));
  const auto& asked = d.get<ask_session>().what;
  EXPECT_EQ(asked.challenge, "abc");
  EXPECT_EQ(asked.device, here.device);
  EXPECT_EQ(asked.server, here.server);
  EXPECT_EQ(asked.prev_push, here.last_push);
  EXPECT_THAT(d.on(full()), ElementsAre("fetch 0"));
}

TEST(engine_machine, at_an_older_server_it_looks_again_before_it_pushes) {
  driver d;
  d.on(begin{});
  auto here = with_versions(2, 0);
  d.on(here);
  d.on(challenged{
      {.server = here.server, .challenge = "abc", .server_time = "", .signed_by_server = {}}});
  auto opened = full();
  opened.server_behind = true;
  EXPECT_THAT(d.on(opened), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_versions(1, 0)), ElementsAre("save_push 1"));
}

TEST(engine_machine, a_push_is_kept_before_it_is_sent) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  auto here = with_versions(2, 1);
  here.last_push = id_of<push_id>(4);
  EXPECT_THAT(d.on(here), ElementsAre("save_push 2"));
  const auto& kept = d.get<save_push>().what;
  EXPECT_EQ(kept.id, id_of<push_id>(7));
  EXPECT_EQ(kept.prev_push, here.last_push);
  EXPECT_EQ(kept.actor, here.user);
  EXPECT_EQ(kept.versions, here.versions);
  EXPECT_EQ(kept.discards, here.discards);
  EXPECT_FALSE(kept.owner);
  EXPECT_THAT(d.on(push_saved{}), ElementsAre("send_push"));
  EXPECT_THAT(
      d.on(receipt(7, {push_outcome::accepted, push_outcome::duplicate, push_outcome::discarded})),
      ElementsAre("apply_receipt"));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(quiet()), ElementsAre("fetch 0"));
}

TEST(engine_machine, a_kept_push_is_sent_again_before_anything_else) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  EXPECT_THAT(d.on(with_stored(5, 2)), ElementsAre("send_push"));
  EXPECT_THAT(d.on(receipt(5, {push_outcome::accepted, push_outcome::accepted})),
              ElementsAre("apply_receipt"));
  d.on(receipt_applied{});
  EXPECT_EQ(d.m.totals().pushed, 2);
}

TEST(engine_machine, batches_follow_each_other_while_receipts_are_applied) {
  auto d = pushing_of(6);
  const auto& next = d.get<prepare_push>().what;
  EXPECT_EQ(next.prev_push, id_of<push_id>(7));
  EXPECT_EQ(next.actor, quiet().user);
  EXPECT_EQ(next.device, quiet().device);
  EXPECT_TRUE(d.on(ready(8, 2, true)).empty());
  EXPECT_THAT(d.on(both(7)), ElementsAre("send_push", "apply_receipt"));
  EXPECT_EQ(d.get<send_push>().id, id_of<push_id>(8));
  EXPECT_EQ(d.get<apply_receipt>().receipt.id, id_of<push_id>(7));
  EXPECT_EQ(d.get<report>().what, (progress{.what = phase::pushing, .done = 2, .total = 6}));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("prepare_push"));
  EXPECT_EQ(d.get<prepare_push>().what.prev_push, id_of<push_id>(8));
  d.on(ready(9, 2, false));
  EXPECT_THAT(d.on(both(8)), ElementsAre("send_push", "apply_receipt"));
  EXPECT_TRUE(d.on(receipt_applied{}).empty()) << "nothing else waits";
  EXPECT_THAT(d.on(both(9)), ElementsAre("apply_receipt"));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
  EXPECT_EQ(d.m.totals().pushed, 6);
  EXPECT_EQ(d.m.totals().accepted, 6);
}

TEST(engine_machine, what_the_network_brings_waits_for_the_replica) {
  auto d = pushing_of(6);
  EXPECT_TRUE(d.on(both(7)).empty()) << "the next batch is being prepared";
  EXPECT_THAT(d.on(ready(8, 2, true)), ElementsAre("send_push", "apply_receipt"));
  EXPECT_TRUE(d.on(both(8)).empty()) << "the first receipt is being applied";
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("prepare_push"));
  EXPECT_THAT(d.on(ready(9, 2, false)), ElementsAre("send_push", "apply_receipt"));
  EXPECT_TRUE(d.on(lost(errc::unreachable)).empty());
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("finish unreachable"));
}

TEST(engine_machine, a_batch_that_cannot_be_prepared_is_made_later) {
  for (const event& none : {event(nothing_ready()), event(local_failed{fail(errc::busy, "x")})}) {
    auto d = pushing_of(6);
    EXPECT_TRUE(d.on(none).empty());
    EXPECT_THAT(d.on(both(7)), ElementsAre("apply_receipt"));
    EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
    EXPECT_THAT(d.on(with_versions(4)), ElementsAre("save_push 4"));
  }
}

TEST(engine_machine, a_receipt_that_cannot_be_applied_stops_the_batch_behind_it) {
  for (const bool answered : {true, false}) {
    auto d = pushing_of(6);
    d.on(ready(8, 2, true));
    d.on(both(7));
    EXPECT_TRUE(d.on(local_failed{fail(errc::replica_busy, "x")}).empty());
    EXPECT_THAT(answered ? d.on(both(8)) : d.on(lost(errc::unreachable)),
                ElementsAre("finish replica_busy"))
        << "its receipt is asked for again by the next sync";
  }
}

TEST(engine_machine, a_push_that_is_given_up_takes_the_one_behind_it_along) {
  auto d = pushing_of(6);
  d.on(ready(8, 2, true));
  EXPECT_THAT(d.on(lost(errc::bad_request)), ElementsAre("drop_push"));
  EXPECT_THAT(d.on(push_dropped{}), ElementsAre("load_state"));
}

TEST(engine_machine, stopping_waits_for_both_hands) {
  auto d = pushing_of(6);
  EXPECT_THAT(d.on(stop{}), ElementsAre("cancel"));
  EXPECT_TRUE(d.on(lost(errc::unreachable)).empty());
  EXPECT_THAT(d.on(ready(8, 2, true)), ElementsAre("finish unreachable"));
}

TEST(engine_machine, counts_follow_the_receipt) {
  using enum push_outcome;
  auto d = pushing(false, 7, 2);
  d.on(receipt(
      7, {accepted, duplicate, merged, sibling, restored, refused, refused, discarded, refused}));
  const counts expected{.pushed = 7,
                        .accepted = 3,
                        .duplicates = 1,
                        .siblings = 1,
                        .merged = 1,
                        .restored = 1,
                        .refused = 2,
                        .pulled = 0};
  EXPECT_EQ(d.m.totals(), expected);
}

TEST(engine_machine, refused_versions_do_not_stop_the_rest) {
  auto d = pushing();
  d.on(receipt(7, {push_outcome::refused}));
  d.on(receipt_applied{});
  EXPECT_THAT(d.on(with_versions(3)), ElementsAre("save_push 3"));
}

TEST(engine_machine, a_receipt_of_another_push_is_not_applied) {
  for (const auto& wrong : {receipt(6, {push_outcome::accepted}), receipt(7, {})}) {
    auto d = pushing();
    EXPECT_THAT(d.on(wrong), ElementsAre("finish protocol_error"));
  }
}

TEST(engine_machine, pages_are_fetched_while_others_are_applied) {
  auto d = pulling();
  EXPECT_THAT(d.on(page_to(10, 10, true)), ElementsAre("apply_page", "fetch 10"));
  EXPECT_THAT(d.on(page_to(20, 10, true)), ElementsAre()) << "no third page while two wait";
  EXPECT_THAT(d.on(page_applied{.applied = true, .new_versions = 9, .removed = 0}),
              ElementsAre("apply_page", "fetch 20"));
  EXPECT_THAT(d.on(page_applied{.applied = true, .new_versions = 9, .removed = 0}), ElementsAre());
  EXPECT_THAT(d.on(page_to(25, 5, false)), ElementsAre("apply_page"));
  EXPECT_THAT(d.on(page_applied{.applied = true, .new_versions = 5, .removed = 1}),
              ElementsAre("erase_removed"));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("load_state"))
      << "edits may have been saved meanwhile";
  EXPECT_THAT(d.on(quiet(25)), ElementsAre("finish"));
  EXPECT_EQ(d.m.totals().pulled, 23);
}

TEST(engine_machine, a_cursor_that_moved_starts_the_pull_again) {
  auto d = pulling();
  d.on(page_to(10, 10, true));
  EXPECT_THAT(d.on(page_applied{.applied = false, .new_versions = 0, .removed = 0}),
              ElementsAre("cancel"));
  EXPECT_THAT(d.on(page_to(20, 10, true)), ElementsAre("discard_pages", "load_state"));
  EXPECT_THAT(d.on(quiet(30)), ElementsAre("fetch 30"));
}

TEST(engine_machine, what_was_fetched_is_applied_before_a_failure_counts) {
  auto d = pulling();
  d.on(page_to(10, 10, true));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre());
  EXPECT_THAT(d.on(page_applied{}), ElementsAre("finish unreachable"));
}

TEST(engine_machine, a_page_that_cannot_be_applied_ends_the_pull) {
  auto d = pulling();
  d.on(page_to(10, 10, true));
  EXPECT_THAT(d.on(local_failed{fail(errc::protocol_error, "x")}), ElementsAre("cancel"));
  EXPECT_THAT(d.on(page_to(20, 10, true)), ElementsAre("discard_pages", "load_state"))
      << "asked for once more, with its own versions";
}

TEST(engine_machine, an_empty_page_that_promises_more_is_no_endless_loop) {
  auto d = pulling();
  EXPECT_THAT(d.on(page_to(0, 0, true)), ElementsAre("finish protocol_error"));
}

// ---- Watching ----

TEST(engine_machine, watching_polls_and_wakes_for_local_edits) {
  auto d = pulling(true);
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_success", "fetch 0 wait"));
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("fetch 0 wait"));
  EXPECT_THAT(d.on(local_change{}), ElementsAre("cancel"));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre("load_state"))
      << "that was the cancelling";
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1"));
}

TEST(engine_machine, watching_applies_what_the_poll_brings) {
  auto d = polling();
  EXPECT_THAT(d.on(page_to(3, 3, true)), ElementsAre("apply_page", "fetch 3"));
  EXPECT_THAT(d.on(page_to(4, 1, false)), ElementsAre());
  EXPECT_THAT(d.on(page_applied{}), ElementsAre("apply_page"));
  EXPECT_THAT(d.on(page_applied{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(quiet(4)), ElementsAre("note_success", "fetch 4 wait"));
}

TEST(engine_machine, back_off_doubles_up_to_its_end_and_is_forgotten_after_a_success) {
  auto d = polling();
  const std::vector<std::int64_t> least{250,  500,   1000,  2000,  4000,
                                        8000, 12500, 12500, 12500, 12500};
  d.on(lost(errc::unreachable));
  for (std::size_t i = 0; i < least.size(); ++i) {
    EXPECT_EQ(d.get<wait_for>().millis, least[i]) << i;
    EXPECT_THAT(d.on(timer_fired{}), ElementsAre("load_state"));
    d.on(quiet());
    d.on(lost(errc::unreachable));
  }
  d.on(timer_fired{});
  d.on(quiet());
  d.on(page_to(0, 0, false));
  d.on(lost(errc::unreachable), 1.0);
  EXPECT_EQ(d.get<wait_for>().millis, 500) << "jitter fills the other half of the window";
}

TEST(engine_machine, no_wait_is_longer_than_the_promise) {
  auto d = polling();
  for (int i = 0; i < 100; ++i) {
    d.on(lost(errc::busy), 1.0);
    EXPECT_LT(d.get<wait_for>().millis, 30'000);
    d.on(timer_fired{});
    d.on(quiet());
  }
}

TEST(engine_machine, a_busy_server_is_asked_three_times_by_a_single_sync) {
  auto d = pulling();
  EXPECT_THAT(d.on(lost(errc::busy)), ElementsAre("wait 250"));
  d.on(timer_fired{});
  d.on(quiet());
  EXPECT_THAT(d.on(lost(errc::busy)), ElementsAre("wait 500"));
  d.on(timer_fired{});
  d.on(quiet());
  EXPECT_THAT(d.on(lost(errc::busy)), ElementsAre("finish busy"));
}

TEST(engine_machine, a_busy_replica_is_waited_for_only_while_watching) {
  driver once;
  once.on(begin{.watch = false, .has_session = true});
  EXPECT_THAT(once.on(local_failed{fail(errc::replica_busy, "x")}),
              ElementsAre("finish replica_busy"));
  driver watch;
  watch.on(begin{.watch = true, .has_session = true});
  EXPECT_THAT(watch.on(local_failed{fail(errc::replica_busy, "x")}),
              ElementsAre("note_failure", "wait 250"));
}

// ---- Stopping ----

TEST(engine_machine, stopping_waits_for_what_is_under_way) {
  auto idle = polling();
  EXPECT_THAT(idle.on(stop{}), ElementsAre("cancel"));
  EXPECT_THAT(idle.on(lost(errc::unreachable)), ElementsAre("finish"));

  auto backing_off = polling();
  backing_off.on(lost(errc::unreachable));
  EXPECT_THAT(backing_off.on(stop{}), ElementsAre("finish"));

  auto busy = pulling();
  busy.on(page_to(10, 10, true));
  EXPECT_THAT(busy.on(stop{}), ElementsAre("cancel"));
  EXPECT_THAT(busy.on(page_applied{.applied = true, .new_versions = 4, .removed = 0}),
              ElementsAre());
  EXPECT_THAT(busy.on(lost(errc::unreachable)), ElementsAre("finish unreachable"));
  EXPECT_EQ(busy.m.totals().pulled, 4);

  driver fresh;
  EXPECT_THAT(fresh.on(stop{}), ElementsAre("finish unreachable"));
}

TEST(engine_machine, what_was_not_asked_for_is_a_bug) {
  driver d = pulling();
  EXPECT_THROW(d.on(push_saved{}), std::logic_error);
  EXPECT_THROW(d.on(receipt(7, {})), std::logic_error);
  EXPECT_THROW(d.on(timer_fired{}), std::logic_error);
  EXPECT_THROW(d.on(begin{}), std::logic_error);
}

TEST(engine_machine, progress_counts_what_is_pushed_and_pulled) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  auto here = with_versions(2);
  here.waiting = 5;
  d.on(here);
  d.on(push_saved{});
  EXPECT_EQ(d.get<report>().what, (progress{.what = phase::pushing, .done = 0, .total = 5}));
  d.on(nothing_ready());
  d.on(receipt(7, {push_outcome::accepted, push_outcome::accepted}));
  d.on(receipt_applied{});
  here = with_versions(3);
  d.on(here);
  d.on(push_saved{});
  EXPECT_EQ(d.get<report>().what, (progress{.what = phase::pushing, .done = 2, .total = 5}));
}

TEST(engine_machine, steps_have_names) {
  for (int s = 0; s <= static_cast<int>(step::done); ++s) {
    EXPECT_FALSE(step_name(static_cast<step>(s)).empty());
  }
}

}  // namespace
}  // namespace autocusto::engine
