#pragma once
// Driving the sync machine in tests: events as short calls, actions as short texts. One thread.

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/engine/machine.hpp"
#include "shared/base/overloaded.hpp"

namespace autocusto::engine::testing {

using wire::push_memory;
using wire::push_outcome;

template <class Id>
[[nodiscard]] Id id_of(std::uint8_t n) {
  Id id;
  id.data().fill(n);
  return id;
}

[[nodiscard]] inline std::string name_of(const action& a) {
  return std::visit(
      overloaded{
          [](const load_state&) { return std::string("load_state"); },
          [](const ask_challenge&) { return std::string("ask_challenge"); },
          [](const ask_session&) { return std::string("ask_session"); },
          [](const save_push& s) { return "save_push " + std::to_string(s.what.versions.size()); },
          [](const prepare_push&) { return std::string("prepare_push"); },
          [](const send_push& s) { return std::string(s.surrender ? "surrender" : "send_push"); },
          [](const ask_receipt&) { return std::string("ask_receipt"); },
          [](const apply_receipt&) { return std::string("apply_receipt"); },
          [](const drop_push&) { return std::string("drop_push"); },
          [](const begin_recovery&) { return std::string("begin_recovery"); },
          [](const ask_missing&) { return std::string("ask_missing"); },
          [](const mark_missing& k) { return "mark_missing " + std::to_string(k.versions.size()); },
          [](const restart_feed&) { return std::string("restart_feed"); },
          [](const fetch_page& f) {
            return "fetch " + std::to_string(f.from.seq) + (f.wait_seconds > 0 ? " wait" : "");
          },
          [](const apply_page&) { return std::string("apply_page"); },
          [](const discard_pages&) { return std::string("discard_pages"); },
          [](const erase_removed&) { return std::string("erase_removed"); },
          [](const close_replica&) { return std::string("close"); },
          [](const reopen_replica&) { return std::string("reopen"); },
          [](const erase_everything& e) {
            return std::string(e.in_any_case ? "erase_in_any_case" : "erase_everything");
          },
          [](const send_erasure&) { return std::string("send_erasure"); },
          [](const note_erasure&) { return std::string("note_erasure"); },
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

[[nodiscard]] inline replica_state quiet(std::int64_t seq = 0) {
  replica_state l;
  l.server = id_of<server_id>(1);
  l.user = id_of<user_id>(2);
  l.device = id_of<device_id>(3);
  l.cursor.seq = seq;
  return l;
}

[[nodiscard]] inline replica_state with_versions(std::size_t count, std::size_t discards = 0) {
  replica_state l = quiet();
  l.versions.assign(count, id_of<version_id>(9));
  l.discards.assign(discards, id_of<version_id>(8));
  l.waiting = static_cast<std::int64_t>(count + discards);
  return l;
}

[[nodiscard]] inline replica_state with_stored(std::uint8_t push, std::size_t versions) {
  replica_state l = quiet();
  l.inflight_push = {.id = id_of<push_id>(push), .versions = versions, .discards = 0};
  return l;
}

/// Two pushes are kept.
[[nodiscard]] inline replica_state with_two_stored(std::uint8_t push, std::uint8_t following) {
  replica_state l = with_stored(push, 1);
  l.queued_push = id_of<push_id>(following);
  return l;
}

[[nodiscard]] inline replica_state closed_here(replica_state l = quiet()) {
  l.closed = true;
  return l;
}

[[nodiscard]] inline replica_state erased_already() {
  auto l = closed_here();
  l.erased = l.erasure_due = true;
  return l;
}

[[nodiscard]] inline session_opened full(push_memory memory = push_memory::ok,
                                         std::optional<push_id> last = {}) {
  return {.scope = "full", .prev_push = memory, .last_push = last, .wipe = false};
}

[[nodiscard]] inline session_opened no_access(bool wipe = false,
                                              push_memory memory = push_memory::ok) {
  return {.scope = "surrender", .prev_push = memory, .last_push = {}, .wipe = wipe};
}

[[nodiscard]] inline receipt_arrived receipt(std::uint8_t push,
                                             std::vector<push_outcome> outcomes) {
  receipt_arrived r;
  r.receipt.id = id_of<push_id>(push);
  for (const auto o : outcomes) r.receipt.results.emplace_back().outcome = o;
  return r;
}

/// For a push of two versions.
[[nodiscard]] inline receipt_arrived both(std::uint8_t push) {
  return receipt(push, {push_outcome::accepted, push_outcome::accepted});
}

[[nodiscard]] inline push_prepared ready(std::uint8_t push, std::size_t versions, bool more) {
  return {
      .what =
          replica_state::kept_push{.id = id_of<push_id>(push), .versions = versions, .discards = 0},
      .more = more};
}

[[nodiscard]] inline push_prepared nothing_ready() {
  return {};
}

[[nodiscard]] inline page_arrived page_to(std::int64_t seq, std::size_t items, bool more) {
  return {.next = {.seq = seq, .chain = {}}, .items = items, .more = more};
}

[[nodiscard]] inline request_failed lost(errc code, std::optional<push_id> last = {}) {
  return {.what = fail(code, "x"), .last_push = last};
}

/// A machine with a short way to drive it: what it does, without the reports.
struct driver {
  machine m;

  std::vector<std::string> on(const event& e, double jitter = 0) {
    std::vector<std::string> names;
    last.clear();
    for (auto& a :
         m.on(e, {.jitter = jitter, .fresh_push = id_of<push_id>(7), .now_millis = now})) {
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
  std::int64_t now = 0;
};

/// A machine that has a session and nothing to push, and is fetching its first page.
[[nodiscard]] inline driver pulling(bool watch = false) {
  driver d;
  d.on(begin{.watch = watch, .has_session = true});
  d.on(quiet());
  return d;
}

/// One with a session that is sending a fresh push (id 7) of that many versions.
[[nodiscard]] inline driver pushing(bool watch = false, std::size_t versions = 1,
                                    std::size_t discards = 0) {
  driver d;
  d.on(begin{.watch = watch, .has_session = true});
  d.on(with_versions(versions, discards));
  d.on(push_saved{});
  return d;
}

/// One that is sending two versions (push 7) of that many that wait, and prepares what follows.
[[nodiscard]] inline driver pushing_of(std::int64_t waiting) {
  driver d;
  d.on(begin{.watch = false, .has_session = true});
  auto here = with_versions(2);
  here.waiting = waiting;
  d.on(here);
  d.on(push_saved{});
  return d;
}

/// One that watches, waiting in a long poll.
[[nodiscard]] inline driver polling() {
  driver d = pulling(true);
  d.on(page_to(0, 0, false));
  d.on(removed_erased{});
  return d;
}

}  // namespace autocusto::engine::testing
