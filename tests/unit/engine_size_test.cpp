// What the sync machine does with pushes that are refused for their size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/engine/failure.hpp"
#include "tests/support/machine_driver.hpp"

namespace autocusto::engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;

/// Drives a session in which the server says what it remembers; answers what comes of it.
std::vector<std::string> ask_server(driver& d, const replica_state& here,
                                    const session_opened& told) {
  EXPECT_THAT(d.on(here), ElementsAre("ask_challenge"));
  EXPECT_THAT(
      d.on(challenged{
          {.server = here.server, .challenge = "c", .server_time = "", .signed_by_server = {}}}),
      ElementsAre("ask_session"));
  return d.on(told);
}

replica_state stored_of(std::uint8_t push, std::vector<version_id> ids) {
  auto out = with_stored(push, ids.size());
  out.inflight_push->ids = std::move(ids);
  return out;
}

const std::vector<version_id> k_three{id_of<version_id>(11), id_of<version_id>(12),
                                      id_of<version_id>(13)};

void expect_halving_after(errc refusal) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  EXPECT_THAT(d.on(stored_of(5, k_three)), ElementsAre("send_push"));
  EXPECT_THAT(d.on(lost(refusal)), ElementsAre("load_state"));
  EXPECT_THAT(ask_server(d, stored_of(5, k_three), full()), ElementsAre("drop_push"));
  EXPECT_THAT(d.on(push_dropped{}), ElementsAre("load_state"));
  EXPECT_EQ(d.get<load_state>().bounds, (batch_bounds{.at_most = 1, .without = {}}));
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1"));
  EXPECT_THAT(d.on(push_saved{}), ElementsAre("send_push"));
  EXPECT_THAT(d.on(receipt(7, {push_outcome::accepted})), ElementsAre("apply_receipt"));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
  EXPECT_EQ(d.get<load_state>().bounds.at_most, 1U) << "the same would be refused again";
}

TEST(engine_machine, a_push_that_is_too_large_is_halved_once_the_server_says_it_has_it_not) {
  for (const auto code : {errc::body_too_large, errc::too_much_work, errc::too_many_versions}) {
    SCOPED_TRACE(code_name(code));
    expect_halving_after(code);
  }
}

TEST(engine_machine, a_version_that_does_not_get_through_alone_stops_no_other) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  const auto alone = stored_of(5, {id_of<version_id>(11)});
  d.on(alone);
  d.on(lost(errc::body_too_large));
  EXPECT_THAT(ask_server(d, alone, full()), ElementsAre("drop_push"));
  EXPECT_THAT(d.on(push_dropped{}), ElementsAre("load_state"));
  EXPECT_EQ(d.get<load_state>().bounds.without, (std::vector{id_of<version_id>(11)}));
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1")) << "the others go on";
  d.on(push_saved{});
  d.on(receipt(7, {push_outcome::accepted}));
  d.on(receipt_applied{});
  EXPECT_EQ(d.get<load_state>().bounds,
            (batch_bounds{.at_most = 2, .without = {id_of<version_id>(11)}}))
      << "and get larger again: it may have been the only one";
  auto left = quiet();
  left.waiting = 1;
  EXPECT_THAT(d.on(left), ElementsAre("fetch 0"));
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("finish body_too_large"));
}

TEST(engine_machine, batches_grow_to_their_size_and_no_further_than_what_gets_through) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  const auto refuse = [&d](const replica_state& stored) {
    d.on(stored);
    d.on(lost(errc::body_too_large));
    ask_server(d, stored, full());
    d.on(push_dropped{});
    return d.get<load_state>().bounds.at_most;
  };
  const auto push_one = [&d] {
    d.on(with_versions(1));
    d.on(push_saved{});
    d.on(receipt(7, {push_outcome::accepted}));
    d.on(receipt_applied{});
    return d.get<load_state>().bounds.at_most;
  };
  EXPECT_EQ(refuse(stored_of(5, {id_of<version_id>(11)})), 1U);
  for (const std::size_t most : {2U, 4U, 8U, 16U, 32U, 64U, 128U, 256U, 512U, 1000U, 1000U}) {
    EXPECT_EQ(push_one(), most);
  }
  EXPECT_EQ(refuse(stored_of(6, {id_of<version_id>(12), id_of<version_id>(13)})), 1U);
  EXPECT_EQ(push_one(), 1U) << "several together are too large: the left out one was not alone";
}

TEST(engine_machine, what_was_left_out_is_offered_again_after_an_edit) {
  driver d;
  d.on(begin{.watch = true, .has_session = true});
  const auto alone = stored_of(5, {id_of<version_id>(11)});
  d.on(alone);
  d.on(lost(errc::body_too_large));
  ask_server(d, alone, full());
  d.on(push_dropped{});
  d.on(quiet());
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_failure", "fetch 0 wait"));
  d.on(local_change{});
  d.on(lost(errc::unreachable));  // cancelled
  EXPECT_EQ(d.get<load_state>().bounds, (batch_bounds{.at_most = 1, .without = {}}));
  EXPECT_THAT(d.on(quiet()), ElementsAre("note_success", "fetch 0 wait")) << "it was discarded";
}

/// The server has a push (5) that is too large on the way, and is asked for its receipt.
driver asking_receipt(bool watch = false) {
  driver d;
  d.on(begin{.watch = watch, .has_session = true});
  d.on(stored_of(5, k_three));
  d.on(lost(errc::body_too_large));
  const auto taken = full(push_memory::old, id_of<push_id>(5));
  EXPECT_THAT(ask_server(d, stored_of(5, k_three), taken), ElementsAre("ask_receipt"));
  EXPECT_EQ(d.get<ask_receipt>().id, id_of<push_id>(5));
  return d;
}

TEST(engine_machine, a_large_push_that_the_server_has_is_settled_by_its_receipt) {
  using enum push_outcome;
  auto d = asking_receipt();
  EXPECT_THAT(d.on(receipt(5, {accepted, accepted, refused})), ElementsAre("apply_receipt"));
  EXPECT_EQ(d.get<apply_receipt>().receipt.id, id_of<push_id>(5));
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("load_state"));
  EXPECT_EQ(d.get<load_state>().bounds.at_most, 1U) << "as many at once were too large";
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1")) << "what was saved later goes on";
  EXPECT_EQ(d.m.totals().pushed, 3);
}

// Of a single one the size says nothing of how many may go together.
TEST(engine_machine, one_large_version_that_the_server_has_makes_no_batch_smaller) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  const auto alone = stored_of(5, {id_of<version_id>(11)});
  d.on(alone);
  d.on(lost(errc::body_too_large));
  ask_server(d, alone, full(push_memory::unknown, id_of<push_id>(5)));
  EXPECT_THAT(d.on(receipt(5, {push_outcome::accepted})), ElementsAre("apply_receipt"));
  d.on(receipt_applied{});
  EXPECT_EQ(d.get<load_state>().bounds, batch_bounds{});
}

TEST(engine_machine, a_receipt_for_another_push_is_not_taken) {
  auto d = asking_receipt();
  EXPECT_THAT(d.on(both(6)), ElementsAre("finish protocol_error"));
}

TEST(engine_machine, a_receipt_that_is_lost_is_asked_for_again) {
  auto d = asking_receipt(true);
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre("note_failure", "wait 250"));
  d.on(timer_fired{});
  EXPECT_THAT(d.on(stored_of(5, k_three)), ElementsAre("ask_receipt")) << "not the whole push";
}

TEST(engine_machine, a_server_that_tells_no_receipts_leaves_a_large_push_as_it_is) {
  auto d = asking_receipt();
  EXPECT_THAT(d.on(lost(errc::not_found)), ElementsAre("fetch 0")) << "pulling goes on";
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("finish body_too_large"));
}

TEST(engine_machine, a_copy_of_a_halved_push_that_came_late_is_no_copied_folder) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  d.on(stored_of(5, k_three));
  d.on(lost(errc::body_too_large));
  ask_server(d, stored_of(5, k_three), full());
  d.on(push_dropped{});
  d.on(with_versions(1));
  d.on(push_saved{});
  EXPECT_THAT(d.on(lost(errc::prev_push_old, id_of<push_id>(5))), ElementsAre("begin_recovery"));
  EXPECT_EQ(d.get<begin_recovery>().server_last, std::optional(std::optional(id_of<push_id>(5))));
}

}  // namespace
}  // namespace autocusto::engine
