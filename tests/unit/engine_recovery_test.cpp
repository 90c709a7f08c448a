// The sync machine when the server went back to an older state.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"
#include "tests/support/machine_driver.hpp"

namespace autocusto::engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using wire::push_outcome;

std::vector<version_id> some(std::size_t count) {
  return std::vector<version_id>(count, id_of<version_id>(9));
}

replica_state recovering(replica_state here) {
  here.recovering = true;
  return here;
}

/// A machine that has just been told that the server went back, while pulling.
driver told_so(bool watch = false) {
  auto d = pulling(watch);
  EXPECT_THAT(d.on(lost(errc::cursor_unknown)), ElementsAre("begin_recovery"));
  EXPECT_FALSE(d.get<begin_recovery>().server_last) << "the cursor says nothing of pushes";
  EXPECT_THAT(d.on(recovery_begun{}), ElementsAre("load_state"));
  return d;
}

TEST(engine_machine, a_recovery_asks_what_is_missing_pushes_it_and_reads_the_feed_anew) {
  auto d = told_so();
  EXPECT_THAT(d.on(recovering(with_versions(1))), ElementsAre("ask_missing"))
      << "edits that wait may go on from what the server lacks";
  EXPECT_THAT(d.on(missing_told{some(2)}), ElementsAre("mark_missing 2"));
  EXPECT_THAT(d.on(missing_marked{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(recovering(with_versions(3))), ElementsAre("save_push 3"));
  EXPECT_THAT(d.on(push_saved{}), ElementsAre("send_push"));
  EXPECT_THAT(
      d.on(receipt(7, {push_outcome::restored, push_outcome::restored, push_outcome::accepted})),
      ElementsAre("apply_receipt"));
  d.on(receipt_applied{});
  EXPECT_THAT(d.on(recovering(quiet(9))), ElementsAre("restart_feed"));
  EXPECT_THAT(d.on(feed_restarted{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(quiet(0)), ElementsAre("fetch 0"));
  EXPECT_EQ(d.m.totals().restored, 2);
}

TEST(engine_machine, a_recovery_goes_on_from_the_servers_last_push) {
  for (const auto& last : {std::optional<push_id>(), std::optional(id_of<push_id>(5))}) {
    auto d = pushing();
    EXPECT_THAT(d.on(lost(errc::prev_push_unknown, last)), ElementsAre("begin_recovery"));
    ASSERT_TRUE(d.get<begin_recovery>().server_last);
    EXPECT_EQ(*d.get<begin_recovery>().server_last, last);
  }
}

TEST(engine_machine, a_recovery_that_was_cut_asks_again) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  EXPECT_THAT(d.on(recovering(quiet())), ElementsAre("ask_missing"));
  EXPECT_THAT(d.on(lost(errc::busy)), ElementsAre("wait 250"));
  d.on(timer_fired{});
  EXPECT_THAT(d.on(recovering(quiet())), ElementsAre("ask_missing"));
  d.on(missing_told{});
  d.on(missing_marked{});
  EXPECT_THAT(d.on(recovering(quiet())), ElementsAre("restart_feed"));
}

TEST(engine_machine, what_cannot_be_pushed_does_not_keep_a_recovery_from_its_end) {
  auto d = told_so();
  d.on(recovering(quiet()));
  d.on(missing_told{some(1)});
  d.on(missing_marked{});
  d.on(recovering(with_versions(1)));
  d.on(push_saved{});
  EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("restart_feed"));
}

/// A machine that has read the feed to its end twice, and takes what it looked at for a sign.
driver warned(const replica_state& here) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  d.on(here);
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("fetch 0")) << "another process may have moved";
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("begin_recovery"));
  return d;
}

TEST(engine_machine, what_was_acknowledged_and_never_comes_is_a_sign_too) {
  auto here = quiet();
  here.unpulled = true;
  warned(here);
}

TEST(engine_machine, what_was_given_and_whose_item_never_comes_is_a_sign_that_is_followed_once) {
  auto here = quiet();
  here.awaited = true;
  auto d = warned(here);
  d.on(recovery_begun{});
  d.on(recovering(here));
  d.on(missing_told{});
  d.on(missing_marked{});
  EXPECT_THAT(d.on(recovering(here)), ElementsAre("restart_feed"));
  d.on(feed_restarted{});
  d.on(here);
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("finish"))
      << "the server has it, as it said: nobody is kept from working";
}

TEST(engine_machine, a_feed_that_was_not_read_to_its_end_says_nothing_of_what_came_ahead) {
  driver d;
  d.on(begin{.watch = true, .has_session = true});
  d.on(quiet());
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_success", "fetch 0 wait"));
  d.on(page_to(1, 1, true));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ::testing::IsEmpty()) << "the page is being applied";
  d.on(page_applied{.applied = true, .new_versions = 2, .removed = 0});
  auto here = quiet();
  here.awaited = true;
  for (int i = 0; i < 3; ++i) {
    d.on(timer_fired{});
    EXPECT_THAT(d.on(here), ::testing::Contains("fetch 0"));
    EXPECT_THAT(d.on(lost(errc::unreachable)),
                ::testing::Not(::testing::Contains("begin_recovery")));
  }
}

TEST(engine_machine, what_waits_meanwhile_does_not_make_it_ask_again_for_what_came_ahead) {
  auto here = quiet();
  here.awaited = true;
  auto d = warned(here);
  d.on(recovery_begun{});
  d.on(recovering(here));
  d.on(missing_told{some(1)});
  d.on(missing_marked{});
  d.on(recovering(with_versions(1)));
  auto answer = receipt(0, {push_outcome::restored});
  answer.receipt.id = d.get<save_push>().what.id;
  d.on(push_saved{});
  d.on(answer);
  d.on(receipt_applied{});
  EXPECT_THAT(d.on(recovering(here)), ElementsAre("restart_feed"));
  d.on(feed_restarted{});
  d.on(here);
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("finish"));
}

TEST(engine_machine, a_server_that_goes_back_again_and_again_is_reported) {
  auto d = told_so();
  for (int i = 1; i < k_recoveries; ++i) {
    d.on(recovering(quiet()));
    EXPECT_THAT(d.on(lost(errc::cursor_unknown)), ElementsAre("begin_recovery"));
    d.on(recovery_begun{});
  }
  d.on(recovering(quiet()));
  EXPECT_THAT(d.on(lost(errc::cursor_unknown)), ElementsAre("finish prev_push_unknown"));
}

// A laptop that runs for months sees more than one restore.
TEST(engine_machine, recoveries_while_something_is_left_out_for_its_size_are_not_in_a_row) {
  driver d;
  d.on(begin{.watch = true, .has_session = true});
  d.on(with_stored(5, 1));
  d.on(lost(errc::body_too_large));
  d.on(with_stored(5, 1));
  d.on(challenged{
      {.server = quiet().server, .challenge = "c", .server_time = "", .signed_by_server = {}}});
  EXPECT_THAT(d.on(full()), ElementsAre("drop_push"));
  d.on(push_dropped{});
  d.on(quiet());
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_failure", "fetch 0 wait"));
  for (int i = 0; i < 2 * k_recoveries; ++i) {
    ASSERT_THAT(d.on(lost(errc::cursor_unknown)), ElementsAre("begin_recovery")) << i;
    d.on(recovery_begun{});
    d.on(recovering(quiet()));
    d.on(missing_told{});
    d.on(missing_marked{});
    EXPECT_THAT(d.on(recovering(quiet())), ElementsAre("restart_feed"));
    d.on(feed_restarted{});
    d.on(quiet());
    EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("note_failure", "fetch 0 wait"));
  }
}

}  // namespace
}  // namespace autocusto::engine
