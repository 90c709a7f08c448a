// The sync machine as tables: sessions, and every error code in every step.
#include <array>
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
using wire::push_memory;
using wire::push_outcome;

// ---- Sessions and the memory of pushes ----

TEST(engine_machine, session_answers) {
  struct row {
    const char* what;
    replica_state here;
    session_opened answer;
    std::vector<std::string> actions;
  };
  const auto push5 = id_of<push_id>(5);
  const std::vector<row> rows{
      {"well known", quiet(), full(), {"fetch 0"}},
      {"server went back", quiet(), full(push_memory::unknown), {"begin_recovery"}},
      {"it went back behind the one before, and has the kept one",
       with_stored(5, 1),
       full(push_memory::unknown, push5),
       {"send_push"}},
      {"the lost answer of the kept push",
       with_stored(5, 1),
       full(push_memory::old, push5),
       {"send_push"}},
      {"the lost answers of both kept pushes",
       with_two_stored(5, 8),
       full(push_memory::old, id_of<push_id>(8)),
       {"send_push"}},
      {"it went back behind them, and has both",
       with_two_stored(5, 8),
       full(push_memory::unknown, id_of<push_id>(8)),
       {"send_push"}},
      {"another's push",
       with_two_stored(5, 8),
       full(push_memory::old, id_of<push_id>(9)),
       {"load_state"}},
      {"another process or a copy", quiet(), full(push_memory::old, push5), {"load_state"}},
      {"lost laptop", quiet(), no_access(true), {"erase_in_any_case"}},
      {"lost laptop that has erased everything",
       erased_already(),
       no_access(true),
       {"send_erasure"}},
      {"revoked", quiet(), no_access(), {"close"}},
      {"access that came back", closed_here(), full(), {"reopen"}},
      {"access that came back when nothing was left", erased_already(), full(), {"wipe"}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.what);
    driver d;
    d.on(begin{});
    d.on(r.here);
    d.on(challenged{});
    EXPECT_EQ(d.on(r.answer), r.actions);
  }
}

TEST(engine_machine, an_old_push_is_forgiven_once_the_replica_caught_up) {
  for (const bool caught_up : {true, false}) {
    driver d;
    d.on(begin{});
    d.on(quiet());
    d.on(challenged{});
    d.on(full(push_memory::old, id_of<push_id>(5)));
    auto here = quiet();
    here.last_push = id_of<push_id>(caught_up ? 5 : 4);
    EXPECT_THAT(d.on(here), ElementsAre(caught_up ? "fetch 0" : "finish prev_push_old"));
  }
}

TEST(engine_machine, an_old_push_is_forgiven_when_it_is_one_of_those_that_are_kept) {
  for (const std::uint8_t last : std::initializer_list<std::uint8_t>{5, 8, 9}) {
    driver d;
    d.on(begin{});
    d.on(quiet());
    d.on(challenged{});
    d.on(full(push_memory::old, id_of<push_id>(last)));
    EXPECT_THAT(d.on(with_two_stored(5, 8)),
                ElementsAre(last == 9 ? "finish prev_push_old" : "send_push"));
  }
}

TEST(engine_machine, a_lost_session_is_renewed_once) {
  for (const auto code : {errc::session_expired, errc::unauthorized}) {
    auto d = pulling();
    EXPECT_THAT(d.on(lost(code)), ElementsAre("load_state"));
    EXPECT_THAT(d.on(quiet()), ElementsAre("ask_challenge"));
    d.on(challenged{});
    EXPECT_THAT(d.on(full()), ElementsAre("fetch 0"));
    EXPECT_THAT(d.on(lost(code)), ElementsAre("finish " + std::string(code_name(code))));
  }
  // After a success it may expire again.
  auto d = pulling();
  d.on(lost(errc::session_expired));
  d.on(quiet());
  d.on(challenged{});
  d.on(full());
  d.on(page_to(5, 5, true));
  d.on(page_applied{});
  EXPECT_THAT(d.on(lost(errc::session_expired)), ElementsAre("load_state"));
}

TEST(engine_machine, a_spent_challenge_is_asked_for_again_once) {
  driver d;
  d.on(begin{});
  d.on(quiet());
  d.on(challenged{});
  EXPECT_THAT(d.on(lost(errc::challenge_invalid)), ElementsAre("load_state"));
  d.on(quiet());
  d.on(challenged{});
  EXPECT_THAT(d.on(lost(errc::challenge_invalid)), ElementsAre("finish challenge_invalid"));
}

// ---- Every error code, everywhere ----

constexpr std::array k_all_codes{errc::bad_request,
                                 errc::length_required,
                                 errc::transfer_encoding_refused,
                                 errc::body_too_large,
                                 errc::unsupported_encoding,
                                 errc::not_found,
                                 errc::method_not_allowed,
                                 errc::timeout,
                                 errc::busy,
                                 errc::too_many_requests,
                                 errc::update_needed,
                                 errc::internal,
                                 errc::unavailable,
                                 errc::unauthorized,
                                 errc::session_expired,
                                 errc::challenge_invalid,
                                 errc::bad_signature,
                                 errc::forbidden,
                                 errc::user_disabled,
                                 errc::device_revoked,
                                 errc::device_unknown,
                                 errc::code_unknown,
                                 errc::code_expired,
                                 errc::too_many_devices,
                                 errc::push_id_reused,
                                 errc::prev_push_unknown,
                                 errc::prev_push_old,
                                 errc::too_many_versions,
                                 errc::too_much_work,
                                 errc::view_moved,
                                 errc::cursor_unknown,
                                 errc::malformed,
                                 errc::not_canonical,
                                 errc::too_large,
                                 errc::hash_mismatch,
                                 errc::record_mismatch,
                                 errc::invalid_key,
                                 errc::invalid_field,
                                 errc::author_mismatch,
                                 errc::device_mismatch,
                                 errc::parent_unavailable,
                                 errc::parent_refused,
                                 errc::bad_generation,
                                 errc::too_many_parents,
                                 errc::too_many_heads,
                                 errc::record_full,
                                 errc::access_removed,
                                 errc::quarantine_full,
                                 errc::already_exists,
                                 errc::last_admin,
                                 errc::not_mergeable,
                                 errc::usage,
                                 errc::not_enrolled,
                                 errc::already_enrolled,
                                 errc::wrong_passphrase,
                                 errc::replica_busy,
                                 errc::unreachable,
                                 errc::untrusted_server,
                                 errc::protocol_error,
                                 errc::conflict_open,
                                 errc::ambiguous,
                                 errc::schema_too_new,
                                 errc::database};

TEST(engine_machine, the_table_of_codes_is_complete) {
  EXPECT_EQ(k_all_codes.size(), static_cast<std::size_t>(errc::database) + 1);
}

/// What the machine does first after that failure.
std::string first(const std::vector<std::string>& actions) {
  return actions.empty() ? "" : actions.front();
}

TEST(engine_machine, every_code_while_pulling_once) {
  for (const auto code : k_all_codes) {
    const std::string name(code_name(code));
    SCOPED_TRACE(name);
    auto d = pulling();
    std::string expected = "finish " + name;
    if (code == errc::busy || code == errc::timeout || code == errc::unavailable) {
      expected = "wait 250";
    }
    const auto scope = scope_of(code);
    if (scope == failure_scope::session || scope == failure_scope::access) expected = "load_state";
    if (scope == failure_scope::went_back) expected = "begin_recovery";
    EXPECT_EQ(first(d.on(lost(code))), expected);
  }
}

TEST(engine_machine, every_code_while_watching) {
  for (const auto code : k_all_codes) {
    const std::string name(code_name(code));
    SCOPED_TRACE(name);
    auto d = polling();
    std::string expected = "finish " + name;
    const auto scope = scope_of(code);
    if (scope == failure_scope::passing || scope == failure_scope::limited ||
        scope == failure_scope::server_fault) {
      expected = "note_failure";
    }
    if (scope == failure_scope::session || scope == failure_scope::access) expected = "load_state";
    if (scope == failure_scope::went_back) expected = "begin_recovery";
    EXPECT_EQ(first(d.on(lost(code))), expected);
  }
}

TEST(engine_machine, every_code_while_pushing) {
  for (const auto code : k_all_codes) {
    const std::string name(code_name(code));
    SCOPED_TRACE(name);
    auto d = pushing();
    std::string expected;
    switch (scope_of(code)) {
      case failure_scope::passing:
        expected = code == errc::busy || code == errc::timeout || code == errc::unavailable
                       ? "wait 250"
                       : "finish " + name;
        break;
      case failure_scope::limited:
      case failure_scope::server_fault:
        expected = "fetch 0";
        break;
      case failure_scope::session:
      case failure_scope::access:
        expected = "load_state";
        break;
      case failure_scope::went_back:
        expected = "begin_recovery";
        break;
      case failure_scope::too_late:
      case failure_scope::push:
        expected = "drop_push";
        break;
      case failure_scope::fatal:
        expected = "finish " + name;
        break;
    }
    // Whether the server has it is asked first.
    if (code == errc::body_too_large || code == errc::too_many_versions ||
        code == errc::too_much_work) {
      expected = "load_state";
    }
    EXPECT_EQ(first(d.on(lost(code))), expected);
  }
}

request_failed come_back_in(std::int64_t seconds) {
  auto what = fail(errc::too_many_requests, "Enough.");
  what.retry_after = seconds;
  return {.what = what, .last_push = {}};
}

TEST(engine_machine, a_limit_of_the_server_is_obeyed_while_watching) {
  auto d = polling();
  EXPECT_THAT(d.on(come_back_in(600)), ElementsAre("note_failure", "wait 600000"));
  EXPECT_THAT(d.on(local_change{}), ElementsAre()) << "an edit does not shorten it";
  EXPECT_THAT(d.on(timer_fired{}), ElementsAre("load_state"));
  for (const auto& [told, waited] : {std::pair{0L, "wait 500"}, {1L << 40, "wait 93600000"}}) {
    auto other = polling();
    EXPECT_THAT(other.on(come_back_in(told)), ElementsAre("note_failure", waited));
  }
}

TEST(engine_machine, a_limit_ends_a_single_sync_with_the_time_in_its_sentence) {
  auto d = pulling();
  EXPECT_THAT(d.on(come_back_in(90)), ElementsAre("finish too_many_requests"));
  const auto told = asked_to_wait(come_back_in(90).what);
  EXPECT_EQ(told.limit, 2);
  EXPECT_THAT(told.message, ::testing::HasSubstr("in 2 min."));
  EXPECT_EQ(asked_to_wait(fail(errc::too_many_requests, "x")).limit, 1);
}

TEST(engine_machine, a_limit_of_pushes_holds_up_pushes_alone_and_until_its_time) {
  driver d;
  d.now = 1'000;
  d.on(begin{.watch = true, .has_session = true});
  EXPECT_THAT(d.on(with_stored(5, 1)), ElementsAre("send_push"));
  EXPECT_THAT(d.on(come_back_in(30)), ElementsAre("fetch 0")) << "pulling goes on";
  d.on(page_to(0, 0, false));
  EXPECT_EQ(d.on(removed_erased{}), (std::vector<std::string>{"note_failure", "fetch 0 wait"}));
  EXPECT_EQ(d.get<fetch_page>().wait_seconds, 31) << "so that the push goes out soon after";
  d.now = 20'000;
  EXPECT_THAT(d.on(local_change{}), ElementsAre("cancel"));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre("load_state"));
  EXPECT_EQ(first(d.on(with_stored(5, 1))), "note_failure") << "too early: no push";
  d.now = 31'000;
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_stored(5, 1)), ElementsAre("send_push"));
}

TEST(engine_machine, codes_that_a_person_must_act_on_stop_even_a_watch) {
  for (const auto code : {errc::device_unknown, errc::schema_too_new}) {
    auto d = polling();
    EXPECT_EQ(d.on(lost(code)), std::vector{"finish " + std::string(code_name(code))});
  }
}

TEST(engine_machine, disabled_in_the_middle_asks_the_server_what_to_erase) {
  for (const auto code : {errc::device_revoked, errc::user_disabled}) {
    auto d = polling();
    EXPECT_THAT(d.on(lost(code)), ElementsAre("load_state"));
    EXPECT_THAT(d.on(quiet()), ElementsAre("ask_challenge"));
    EXPECT_THAT(d.on(lost(code)), ElementsAre("finish " + std::string(code_name(code))))
        << "without a session nothing is erased";
  }
}

// ---- Pushes that fail as a whole ----

TEST(engine_machine, a_push_that_is_refused_as_a_whole_does_not_stop_pulling) {
  auto d = pushing();
  EXPECT_THAT(d.on(lost(errc::malformed)), ElementsAre("drop_push"));
  EXPECT_THAT(d.on(push_dropped{}), ElementsAre("load_state"));
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("fetch 0"));
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("finish malformed"));
}

TEST(engine_machine, a_push_that_breaks_the_server_is_kept_and_does_not_stop_pulling) {
  auto d = pushing(true);
  EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("fetch 0"));
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_failure", "fetch 0 wait"));
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("load_state"))
      << "tried again after the poll";
  EXPECT_THAT(d.on(with_stored(7, 1)), ElementsAre("send_push"));
}

TEST(engine_machine, tells_the_server_how_long_its_oldest_edit_has_waited) {
  EXPECT_FALSE(pulling().get<fetch_page>().unsent_seconds) << "nothing waits";
  driver blocked;
  blocked.on(begin{.watch = true, .has_session = true});
  auto waits = with_stored(7, 1);
  waits.unsent_seconds = 4000;
  blocked.on(waits);
  blocked.on(lost(errc::internal));
  EXPECT_EQ(blocked.get<fetch_page>().unsent_seconds, 4000);
  blocked.on(page_to(0, 0, false));
  blocked.on(removed_erased{});
  EXPECT_EQ(blocked.get<fetch_page>().unsent_seconds, 4000) << "also while it polls";
}

TEST(engine_machine, a_page_that_does_not_fit_is_asked_for_once_more_with_the_own_versions) {
  auto d = pulling();
  EXPECT_FALSE(d.get<fetch_page>().own);
  d.on(page_to(1, 1, false));
  EXPECT_THAT(d.on(local_failed{fail(errc::protocol_error, "x")}),
              ::testing::Contains("load_state"));
  EXPECT_THAT(d.on(quiet()), ElementsAre("ask_challenge")) << "a copy of this folder made them?";
  d.on(challenged{});
  EXPECT_THAT(d.on(full()), ElementsAre("fetch 0"));
  EXPECT_TRUE(d.get<fetch_page>().own);
  d.on(page_to(1, 1, false));
  EXPECT_THAT(d.on(local_failed{fail(errc::protocol_error, "x")}),
              ::testing::Contains("finish protocol_error"));
}

TEST(engine_machine, a_reused_push_id_gets_a_new_one_once) {
  auto d = pushing();
  EXPECT_THAT(d.on(lost(errc::push_id_reused)), ElementsAre("drop_push"));
  d.on(push_dropped{});
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1"));
  d.on(push_saved{});
  d.on(lost(errc::push_id_reused));
  d.on(push_dropped{});
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("fetch 0"));
}

TEST(engine_machine, a_push_that_came_too_late_follows_the_other_process_or_stops) {
  for (const bool caught_up : {true, false}) {
    auto d = pushing();
    EXPECT_THAT(d.on(lost(errc::prev_push_old, id_of<push_id>(5))), ElementsAre("drop_push"));
    d.on(push_dropped{});
    auto here = with_versions(1);
    here.last_push = id_of<push_id>(caught_up ? 5 : 4);
    EXPECT_THAT(d.on(here), ElementsAre(caught_up ? "save_push 1" : "finish prev_push_old"));
  }
}

}  // namespace
}  // namespace autocusto::engine
