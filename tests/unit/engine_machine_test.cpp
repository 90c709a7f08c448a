// The sync machine as tables: in which step which event leads to which step and actions.
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {
namespace {

using ::testing::ElementsAre;
using wire::push_memory;
using wire::push_outcome;

template <class Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.data().fill(n);
  return id;
}

template <class... Each>
struct overloaded : Each... {
  using Each::operator()...;
};

std::string name_of(const action& a) {
  return std::visit(
      overloaded{
          [](const look&) { return std::string("look"); },
          [](const ask_challenge&) { return std::string("ask_challenge"); },
          [](const ask_session&) { return std::string("ask_session"); },
          [](const save_push& s) { return "save_push " + std::to_string(s.what.versions.size()); },
          [](const send_push&) { return std::string("send_push"); },
          [](const apply_receipt&) { return std::string("apply_receipt"); },
          [](const drop_push&) { return std::string("drop_push"); },
          [](const fetch_page& f) {
            return "fetch " + std::to_string(f.from.seq) + (f.wait_seconds > 0 ? " wait" : "");
          },
          [](const apply_page&) { return std::string("apply_page"); },
          [](const discard_pages&) { return std::string("discard_pages"); },
          [](const erase_removed&) { return std::string("erase_removed"); },
          [](const count_unsynced&) { return std::string("count_unsynced"); },
          [](const wipe_replica&) { return std::string("wipe"); },
          [](const cancel_request&) { return std::string("cancel"); },
          [](const wait_for& w) { return "wait " + std::to_string(w.millis); },
          [](const report&) { return std::string("report"); },
          [](const note_success&) { return std::string("note_success"); },
          [](const note_failure&) { return std::string("note_failure"); },
          [](const finish& f) {
            std::string text = "finish";
            if (f.result.why) text += " " + std::string(code_name(f.result.why->code));
            if (f.result.wiped) text += " wiped";
            return text;
          },
      },
      a);
}

looked quiet(std::int64_t seq = 0) {
  looked l;
  l.server = id_of<server_id>(1);
  l.user = id_of<user_id>(2);
  l.device = id_of<device_id>(3);
  l.cursor.seq = seq;
  return l;
}

looked with_versions(std::size_t count, std::size_t discards = 0) {
  looked l = quiet();
  l.versions.assign(count, id_of<version_id>(9));
  l.discards.assign(discards, id_of<version_id>(8));
  l.waiting = static_cast<std::int64_t>(count + discards);
  return l;
}

looked with_stored(std::uint8_t push, std::size_t versions) {
  looked l = quiet();
  l.stored = {.id = id_of<push_id>(push), .versions = versions, .discards = 0};
  return l;
}

session_opened full(push_memory memory = push_memory::ok, std::optional<push_id> last = {}) {
  return {.scope = "full", .prev_push = memory, .last_push = last, .wipe = false};
}

receipt_arrived receipt(std::uint8_t push, std::vector<push_outcome> outcomes) {
  receipt_arrived r;
  r.receipt.id = id_of<push_id>(push);
  for (const auto o : outcomes) r.receipt.results.emplace_back().outcome = o;
  return r;
}

page_arrived page_to(std::int64_t seq, std::size_t items, bool more) {
  return {.next = {.seq = seq, .chain = {}}, .items = items, .more = more};
}

request_failed lost(errc code, std::optional<push_id> last = {}) {
  return {.what = fail(code, "x"), .last_push = last};
}

/// A machine with a short way to drive it: what it does, without the reports.
struct driver {
  machine m;

  std::vector<std::string> on(const event& e, double jitter = 0) {
    std::vector<std::string> names;
    last.clear();
    for (auto& a : m.on(e, {.jitter = jitter, .fresh_push = id_of<push_id>(7)})) {
      if (!std::holds_alternative<report>(a)) names.push_back(name_of(a));
      last.push_back(std::move(a));
    }
    return names;
  }
  template <class T>
  const T& get() const {
    for (const auto& a : last) {
      if (const auto* found = std::get_if<T>(&a)) return *found;
    }
    throw std::logic_error("no such action");
  }
  std::vector<action> last;
};

/// A machine that has a session and nothing to push, and is fetching its first page.
driver pulling(bool watch = false) {
  driver d;
  d.on(begin{.watch = watch, .has_session = true});
  d.on(quiet());
  return d;
}

/// One with a session that is sending a fresh push (id 7) of that many versions.
driver pushing(bool watch = false, std::size_t versions = 1, std::size_t discards = 0) {
  driver d;
  d.on(begin{.watch = watch, .has_session = true});
  d.on(with_versions(versions, discards));
  d.on(push_saved{});
  return d;
}

/// One that watches, waiting in a long poll.
driver polling() {
  driver d = pulling(true);
  d.on(page_to(0, 0, false));
  d.on(removed_erased{});
  return d;
}

TEST(engine_machine, a_sync_without_changes_asks_once_and_ends) {
  driver d;
  EXPECT_THAT(d.on(begin{.watch = false, .has_session = true}), ElementsAre("look"));
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
  EXPECT_THAT(d.on(challenged{{.server = here.server, .challenge = "abc", .server_time = ""}}),
              ElementsAre("ask_session"));
  const auto& asked = d.get<ask_session>().what;
  EXPECT_EQ(asked.challenge, "abc");
  EXPECT_EQ(asked.device, here.device);
  EXPECT_EQ(asked.server, here.server);
  EXPECT_EQ(asked.prev_push, here.last_push);
  EXPECT_THAT(d.on(full()), ElementsAre("fetch 0"));
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
  EXPECT_THAT(d.on(receipt_applied{}), ElementsAre("look"));
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
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("look")) << "edits may have been saved meanwhile";
  EXPECT_THAT(d.on(quiet(25)), ElementsAre("finish"));
  EXPECT_EQ(d.m.totals().pulled, 23);
}

TEST(engine_machine, a_cursor_that_moved_starts_the_pull_again) {
  auto d = pulling();
  d.on(page_to(10, 10, true));
  EXPECT_THAT(d.on(page_applied{.applied = false, .new_versions = 0, .removed = 0}),
              ElementsAre("cancel"));
  EXPECT_THAT(d.on(page_to(20, 10, true)), ElementsAre("discard_pages", "look"));
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
  EXPECT_THAT(d.on(page_to(20, 10, true)), ElementsAre("discard_pages", "finish protocol_error"));
}

TEST(engine_machine, an_empty_page_that_promises_more_is_no_endless_loop) {
  auto d = pulling();
  EXPECT_THAT(d.on(page_to(0, 0, true)), ElementsAre("finish protocol_error"));
}

// ---- Sessions and the memory of pushes ----

TEST(engine_machine, session_answers) {
  struct row {
    const char* what;
    looked here;
    session_opened answer;
    std::vector<std::string> actions;
  };
  const auto push5 = id_of<push_id>(5);
  const std::vector<row> rows{
      {"well known", quiet(), full(), {"fetch 0"}},
      {"server went back", quiet(), full(push_memory::unknown), {"finish prev_push_unknown"}},
      {"the lost answer of the kept push",
       with_stored(5, 1),
       full(push_memory::old, push5),
       {"send_push"}},
      {"another process or a copy", quiet(), full(push_memory::old, push5), {"look"}},
      {"lost laptop",
       quiet(),
       {.scope = "surrender", .prev_push = push_memory::ok, .last_push = {}, .wipe = true},
       {"wipe"}},
      {"revoked",
       quiet(),
       {.scope = "surrender", .prev_push = push_memory::ok, .last_push = {}, .wipe = false},
       {"count_unsynced"}},
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

TEST(engine_machine, withdrawn_access_erases_only_what_the_server_has) {
  const auto surrendering = [] {
    driver d;
    d.on(begin{});
    d.on(quiet());
    d.on(challenged{});
    d.on(session_opened{
        .scope = "surrender", .prev_push = push_memory::ok, .last_push = {}, .wipe = false});
    return d;
  };
  auto clean = surrendering();
  EXPECT_THAT(clean.on(unsynced_counted{0}), ElementsAre("wipe"));
  EXPECT_THAT(clean.on(wiped{}), ElementsAre("finish device_revoked wiped"));
  auto dirty = surrendering();
  EXPECT_THAT(dirty.on(unsynced_counted{3}), ElementsAre("finish device_revoked"));
}

TEST(engine_machine, a_wipe_order_erases_unsynced_edits_too) {
  driver d;
  d.on(begin{});
  d.on(with_versions(3));
  d.on(challenged{});
  EXPECT_THAT(
      d.on(session_opened{
          .scope = "surrender", .prev_push = push_memory::unknown, .last_push = {}, .wipe = true}),
      ElementsAre("wipe"));
}

TEST(engine_machine, a_lost_session_is_renewed_once) {
  for (const auto code : {errc::session_expired, errc::unauthorized}) {
    auto d = pulling();
    EXPECT_THAT(d.on(lost(code)), ElementsAre("look"));
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
  EXPECT_THAT(d.on(lost(errc::session_expired)), ElementsAre("look"));
}

TEST(engine_machine, a_spent_challenge_is_asked_for_again_once) {
  driver d;
  d.on(begin{});
  d.on(quiet());
  d.on(challenged{});
  EXPECT_THAT(d.on(lost(errc::challenge_invalid)), ElementsAre("look"));
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
                                 errc::push_id_reused,
                                 errc::prev_push_unknown,
                                 errc::prev_push_old,
                                 errc::too_many_versions,
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
    if (scope == failure_scope::session || scope == failure_scope::access) expected = "look";
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
    if (scope == failure_scope::passing || scope == failure_scope::server_fault) {
      expected = "note_failure";
    }
    if (scope == failure_scope::session || scope == failure_scope::access) expected = "look";
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
      case failure_scope::server_fault:
        expected = "fetch 0";
        break;
      case failure_scope::session:
      case failure_scope::access:
        expected = "look";
        break;
      case failure_scope::too_late:
      case failure_scope::push:
        expected = "drop_push";
        break;
      case failure_scope::fatal:
        expected = "finish " + name;
        break;
    }
    EXPECT_EQ(first(d.on(lost(code))), expected);
  }
}

TEST(engine_machine, codes_that_a_person_must_act_on_stop_even_a_watch) {
  for (const auto code : {errc::prev_push_unknown, errc::cursor_unknown, errc::device_unknown}) {
    auto d = polling();
    EXPECT_EQ(d.on(lost(code)), std::vector{"finish " + std::string(code_name(code))});
  }
}

TEST(engine_machine, disabled_in_the_middle_asks_the_server_what_to_erase) {
  for (const auto code : {errc::device_revoked, errc::user_disabled}) {
    auto d = polling();
    EXPECT_THAT(d.on(lost(code)), ElementsAre("look"));
    EXPECT_THAT(d.on(quiet()), ElementsAre("ask_challenge"));
    EXPECT_THAT(d.on(lost(code)), ElementsAre("finish " + std::string(code_name(code))))
        << "without a session nothing is erased";
  }
}

// ---- Pushes that fail as a whole ----

TEST(engine_machine, a_push_that_is_refused_as_a_whole_does_not_stop_pulling) {
  auto d = pushing();
  EXPECT_THAT(d.on(lost(errc::malformed)), ElementsAre("drop_push"));
  EXPECT_THAT(d.on(push_dropped{}), ElementsAre("look"));
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("fetch 0"));
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("finish malformed"));
}

TEST(engine_machine, a_push_that_breaks_the_server_is_kept_and_does_not_stop_pulling) {
  auto d = pushing(true);
  EXPECT_THAT(d.on(lost(errc::internal)), ElementsAre("fetch 0"));
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_failure", "fetch 0 wait"));
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("look")) << "tried again after the poll";
  EXPECT_THAT(d.on(with_stored(7, 1)), ElementsAre("send_push"));
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

// ---- Watching ----

TEST(engine_machine, watching_polls_and_wakes_for_local_edits) {
  auto d = pulling(true);
  d.on(page_to(0, 0, false));
  EXPECT_THAT(d.on(removed_erased{}), ElementsAre("note_success", "fetch 0 wait"));
  EXPECT_THAT(d.on(page_to(0, 0, false)), ElementsAre("fetch 0 wait"));
  EXPECT_THAT(d.on(local_change{}), ElementsAre("cancel"));
  EXPECT_THAT(d.on(lost(errc::unreachable)), ElementsAre("look")) << "that was the cancelling";
  EXPECT_THAT(d.on(with_versions(1)), ElementsAre("save_push 1"));
}

TEST(engine_machine, watching_applies_what_the_poll_brings) {
  auto d = polling();
  EXPECT_THAT(d.on(page_to(3, 3, true)), ElementsAre("apply_page", "fetch 3"));
  EXPECT_THAT(d.on(page_to(4, 1, false)), ElementsAre());
  EXPECT_THAT(d.on(page_applied{}), ElementsAre("apply_page"));
  EXPECT_THAT(d.on(page_applied{}), ElementsAre("look"));
  EXPECT_THAT(d.on(quiet(4)), ElementsAre("note_success", "fetch 4 wait"));
}

TEST(engine_machine, back_off_doubles_up_to_its_end_and_is_forgotten_after_a_success) {
  auto d = polling();
  const std::vector<std::int64_t> least{250,  500,   1000,  2000,  4000,
                                        8000, 12500, 12500, 12500, 12500};
  d.on(lost(errc::unreachable));
  for (std::size_t i = 0; i < least.size(); ++i) {
    EXPECT_EQ(d.get<wait_for>().millis, least[i]) << i;
    EXPECT_THAT(d.on(timer_fired{}), ElementsAre("look"));
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
