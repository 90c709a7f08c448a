#include "tests/simulation/sim_network.hpp"

#include <algorithm>
#include <utility>

#include "client/engine/check_page.hpp"

namespace autocusto::simulation {
namespace {

constexpr unix_millis k_deadline = 30 * k_second;

unix_millis patience(const call& what) {
  const auto* changes = std::get_if<call_changes>(&what);
  return k_deadline + (changes != nullptr ? changes->wait_seconds * k_second : 0);
}

bool holds_failure(const reply& r) {
  return std::visit([](const auto& answer) { return !answer.has_value(); }, r);
}

}  // namespace

// ---- The network ----

void sim_network::send(request what, on_reply done) {
  ++counts_.requests;
  const auto delay =
      random_.percent(now.delayed) ? random_.between(100, 90'000) : random_.between(1, 60);
  if (delay > k_deadline) ++counts_.late;
  if (random_.percent(now.doubled)) {
    ++counts_.doubled;
    // One that is too large here has come by another way, before.
    const auto when =
        too_large(what) ? random_.between(0, delay) : delay + random_.between(1, 40'000);
    time_.after(when, [this, what] {
      // Nobody waits for the second answer; a doubled long poll is not held open.
      if (server_.up() && handle(what)) moved();
    });
  }
  if (random_.percent(now.lost_request)) {
    ++counts_.lost;
    return;
  }
  time_.after(delay,
              [this, what = std::move(what), done = std::move(done)] { arrive(what, done); });
}

bool sim_network::too_large(const request& what) const {
  const auto* push = std::get_if<call_push>(&what.what);
  if (push == nullptr || (now.largest == 0 && largest == 0)) return false;
  const auto size = wire::encode(push->push).size();
  return (now.largest > 0 && size > now.largest) || (largest > 0 && size > largest);
}

void sim_network::arrive(const request& what, const on_reply& done) {
  if (too_large(what)) {
    ++counts_.too_large;
    const auto why = fail(errc::body_too_large, "Something on the way takes no more at once.");
    return answer(failed_reply(what.what, {.what = why, .last_push = {}}), done);
  }
  counts_.receipts_asked += std::holds_alternative<call_receipt>(what.what);
  std::optional<reply> made;
  if (server_.up()) made = handle(what);
  if (!made) return answer(failed_reply(what.what, line_cut()), done);
  const auto* changes = std::get_if<call_changes>(&what.what);
  if (changes != nullptr && changes->wait_seconds > 0 && !holds_failure(*made)) {
    const auto& page = *std::get<transport::answer<wire::page>>(*made);
    if (page.items.empty()) {
      ++counts_.polls;
      const auto until = time_.now() + changes->wait_seconds * k_second;
      parked_.push_back({what, done, until});
      time_.at(until, [this] { look_after_polls(); });
      return;
    }
  }
  answer(*std::move(made), done);
  moved();
}

std::optional<reply> sim_network::handle(const request& what) {
  const auto* push = std::get_if<call_push>(&what.what);
  if (push != nullptr && before_push) before_push();
  auto made = server_.handle(what);
  if (push != nullptr && after_push && server_.up()) after_push(push->push.object.object);
  if (!server_.up() && on_death) on_death();
  return made;
}

void sim_network::answer(reply with, const on_reply& done) {
  if (random_.percent(now.lost_answer)) {
    ++counts_.lost_answers;
    return;
  }
  const auto delay =
      random_.percent(now.delayed) ? random_.between(100, 60'000) : random_.between(1, 60);
  time_.after(delay, [with = std::move(with), done]() mutable { done(std::move(with)); });
}

void sim_network::look_after_polls() {
  for (auto at = parked_.begin(); at != parked_.end();) {
    if (at->until > time_.now()) {
      ++at;
      continue;
    }
    wire::page nothing;
    nothing.next = std::get<call_changes>(at->what.what).from;
    answer(transport::answer<wire::page>(std::move(nothing)), at->done);
    at = parked_.erase(at);
  }
}

void sim_network::moved() {
  for (auto at = parked_.begin(); at != parked_.end();) {
    if (!server_.up()) return;
    auto made = handle(at->what);
    if (!made) return;  // and whoever waited was told
    const bool news =
        holds_failure(*made) || !std::get<transport::answer<wire::page>>(*made)->items.empty();
    if (!news) {
      ++at;
      continue;
    }
    answer(*std::move(made), at->done);
    at = parked_.erase(at);
  }
}

void sim_network::server_gone() {
  for (auto& each : parked_) answer(failed_reply(each.what.what, line_cut()), each.done);
  parked_.clear();
}

// ---- The runner ----

sync_run::sync_run(virtual_time& time, sim_network& line, sim_client& at, seeded_random random,
                   bool watch)
    : time_(time), line_(line), client_(at), random_(random) {
  push(engine::begin{.watch = watch, .has_session = false});
}

sync_run::~sync_run() {
  *alive_ = false;
}

void sync_run::push(engine::event what) {
  events_.push_back(std::move(what));
  if (std::exchange(scheduled_, true)) return;
  time_.after(random_.between(0, 3), [this, alive = alive_] {
    if (*alive) next();
  });
}

void sync_run::next() {
  scheduled_ = false;
  if (done() || events_.empty()) return;
  auto what = std::move(events_.front());
  events_.pop_front();
  const engine::step_input with{.jitter = static_cast<double>(random_.below(1000)) / 1000.0,
                                .fresh_push = random_.make<push_id>()};
  const auto alive = alive_;
  auto actions = machine_.on(what, with);
  guarded([&] { perform(actions); });
  if (*alive && !events_.empty() && !std::exchange(scheduled_, true)) {
    time_.after(random_.between(0, 3), [this, alive] {
      if (*alive) next();
    });
  }
}

template <class Work>
void sync_run::guarded(Work work) {
  try {
    work();
  } catch (const client_died&) {
    result_ = engine::outcome{};
    if (on_death) on_death();
  }
}

void sync_run::stop() {
  if (!done() && machine_.at() != engine::step::idle) push(engine::stop{});
}

void sync_run::saved() {
  time_.after(random_.between(0, 1000), [this, alive = alive_] {
    if (*alive && !done() && machine_.at() == engine::step::polling) push(engine::local_change{});
  });
}

void sync_run::perform(std::vector<engine::action>& actions) {
  // Requests leave first, as in the program.
  const auto remote = [](const engine::action& a) {
    return std::holds_alternative<engine::ask_challenge>(a) ||
           std::holds_alternative<engine::ask_session>(a) ||
           std::holds_alternative<engine::send_push>(a) ||
           std::holds_alternative<engine::ask_receipt>(a) ||
           std::holds_alternative<engine::ask_missing>(a) ||
           std::holds_alternative<engine::send_erasure>(a) ||
           std::holds_alternative<engine::fetch_page>(a);
  };
  std::stable_partition(actions.begin(), actions.end(), remote);
  for (auto& each : actions) perform_one(each);
}

void sync_run::local(const result<void>& done, engine::event made) {
  if (done) return push(std::move(made));
  push(engine::local_failed{done.error()});
}

template <class Event>
void sync_run::answer_local(const result<Event>& found) {
  if (found) return push(*found);
  push(engine::local_failed{found.error()});
}

void sync_run::perform_one(engine::action& what) {
  if (perform_request(what) || perform_local(what)) return;
  auto& port = client_.port();
  if (std::holds_alternative<engine::discard_pages>(what)) {
    pages_.clear();
  } else if (std::holds_alternative<engine::cancel_request>(what)) {
    if (std::exchange(asked_, 0) != 0) {
      push(engine::request_failed{.what = line_cut().what, .last_push = {}});
    }
  } else if (const auto* wait = std::get_if<engine::wait_for>(&what)) {
    time_.after(wait->millis, [this, alive = alive_, number = ++timers_] {
      if (*alive && !done() && number == timers_ && machine_.at() == engine::step::backing_off) {
        push(engine::timer_fired{});
      }
    });
  } else if (std::holds_alternative<engine::note_success>(what)) {
    port.note_sync(std::nullopt);
  } else if (const auto* failure = std::get_if<engine::note_failure>(&what)) {
    port.note_sync(failure->why);
  } else if (const auto* end = std::get_if<engine::finish>(&what)) {
    if (!end->result.wiped) port.note_sync(end->result.why);
    result_ = end->result;
  }
}

/// What the server is asked for; false for any other action.
bool sync_run::perform_request(engine::action& what) {
  auto& port = client_.port();
  if (std::holds_alternative<engine::ask_challenge>(what)) {
    token_.clear();
    ask(call_challenge{device_});
  } else if (const auto* session = std::get_if<engine::ask_session>(&what)) {
    ask(call_session{port.sign("session", wire::encode_object(session->what))});
  } else if (std::holds_alternative<engine::ask_missing>(what)) {
    ask(call_known{port.held_versions()});
  } else if (const auto* sent = std::get_if<engine::send_push>(&what)) {
    auto kept = port.kept_push(sent->id);
    if (kept && *kept) {
      ask(call_push{std::move(**kept), sent->surrender});
    } else {
      auto why = kept ? fail(errc::busy, "Nothing is kept.") : kept.error();
      push(engine::request_failed{.what = std::move(why), .last_push = {}});
    }
  } else if (const auto* wanted = std::get_if<engine::ask_receipt>(&what)) {
    auto kept = port.kept_push(wanted->id);
    if (kept && *kept) {
      ask(call_receipt{wanted->id, std::move(**kept)});
    } else {
      auto why = kept ? fail(errc::busy, "Nothing is kept.") : kept.error();
      push(engine::request_failed{.what = std::move(why), .last_push = {}});
    }
  } else if (std::holds_alternative<engine::send_erasure>(what)) {
    auto receipt = port.erasure();
    if (!receipt) {
      push(engine::request_failed{.what = receipt.error(), .last_push = {}});
    } else if (!*receipt) {
      push(engine::erasure_taken{});
    } else {
      receipt_ = (**receipt).object;
      ask(call_erasure{(**receipt).signed_form, &client_});
    }
  } else if (const auto* page = std::get_if<engine::fetch_page>(&what)) {
    asked_from_ = page->from;
    // Small pages, so that there are many of them.
    ask(call_changes{page->from, random_.between(1, 12), page->wait_seconds, page->own});
  } else {
    return false;
  }
  return true;
}

/// What the replica does after the server went back; false for any other action.
bool sync_run::perform_recovery(engine::action& what) {
  auto& port = client_.port();
  if (const auto* begin = std::get_if<engine::begin_recovery>(&what)) {
    local(port.begin_recovery(begin->server_last), engine::recovery_begun{});
  } else if (const auto* missing = std::get_if<engine::mark_missing>(&what)) {
    local(port.mark_missing(missing->versions), engine::missing_marked{});
  } else if (std::holds_alternative<engine::restart_feed>(what)) {
    local(port.restart_feed(), engine::feed_restarted{});
  } else {
    return false;
  }
  return true;
}

/// What the replica does with what was taken away; false for any other action.
bool sync_run::perform_surrender(engine::action& what) {
  auto& port = client_.port();
  if (const auto* erase = std::get_if<engine::erase_removed>(&what)) {
    answer_local(port.erase_removed(erase->offer_again));
  } else if (std::holds_alternative<engine::close_replica>(what)) {
    local(port.close(), engine::replica_closed{});
  } else if (std::holds_alternative<engine::reopen_replica>(what)) {
    local(port.reopen(), engine::replica_reopened{});
  } else if (const auto* all = std::get_if<engine::erase_everything>(&what)) {
    answer_local(port.erase_everything(all->in_any_case));
  } else if (const auto* forget = std::get_if<engine::note_erasure>(&what)) {
    local(port.note_erasure(forget->what), engine::erasure_noted{});
  } else {
    return false;
  }
  return true;
}

/// What the replica does; false for any other action.
bool sync_run::perform_local(engine::action& what) {
  auto& port = client_.port();
  if (const auto* asked = std::get_if<engine::load_state>(&what)) {
    port.bound_batches(asked->bounds);
    const auto found = port.load_state();
    if (found) device_ = found->device;
    answer_local(found);
  } else if (const auto* save = std::get_if<engine::save_push>(&what)) {
    local(port.save_push(save->what), engine::push_saved{});
  } else if (const auto* receipt = std::get_if<engine::apply_receipt>(&what)) {
    answer_local(port.apply_receipt(receipt->receipt));
  } else if (const auto* next = std::get_if<engine::prepare_push>(&what)) {
    answer_local(port.prepare_push(next->what));
  } else if (perform_recovery(what)) {
    return true;
  } else if (const auto* drop = std::get_if<engine::drop_push>(&what)) {
    local(port.drop_push(drop->id), engine::push_dropped{});
  } else if (std::holds_alternative<engine::apply_page>(what)) {
    const auto page = std::move(pages_.front());
    pages_.pop_front();
    answer_local(port.apply_page(page));
  } else if (perform_surrender(what)) {
    return true;
  } else if (std::holds_alternative<engine::wipe_replica>(what)) {
    if (on_wipe) on_wipe(granted_);
    local(port.wipe(), engine::wiped{});
  } else {
    return false;
  }
  return true;
}

void sync_run::ask(call what) {
  const auto number = asked_ = ++asks_;
  const auto wait = patience(what);
  const auto give_up = [this, alive = alive_, number, what]() {
    if (*alive) replied(number, failed_reply(what, line_cut()));
  };
  if (time_.now() < cut_until_) {
    time_.after(random_.between(1, 3000), give_up);
    return;
  }
  time_.after(wait, give_up);
  line_.send({token_, std::move(what)}, [this, alive = alive_, number](reply with) {
    if (!*alive) return;
    if (time_.now() < cut_until_) return;  // the deadline will tell
    replied(number, std::move(with));
  });
}

void sync_run::replied(std::uint64_t number, reply with) {
  if (number != asked_ || done()) return;  // given up meanwhile
  asked_ = 0;
  guarded([&] { arrived(std::move(with)); });
}

void sync_run::arrived(reply with) {
  std::visit(
      [&](auto& answer) {
        using T = std::decay_t<decltype(answer)>;
        if (!answer) {
          push(engine::request_failed{.what = answer.error().what,
                                      .last_push = answer.error().last_push});
          return;
        }
        if constexpr (std::is_same_v<T, transport::answer<wire::challenge_answer>>) {
          push(engine::challenged{*answer});
        } else if constexpr (std::is_same_v<T, transport::answer<wire::session_answer>>) {
          token_ = answer->token;
          const engine::learned news{.trust = std::nullopt,
                                     .server_time = parse_time(answer->server_time).value_or(0)};
          static_cast<void>(client_.port().note_learned(news));
          granted_ = answer->scope == "full";
          push(engine::session_opened{.scope = answer->scope,
                                      .prev_push = answer->prev_push,
                                      .last_push = answer->last_push,
                                      .wipe = answer->wipe});
        } else if constexpr (std::is_same_v<T, transport::answer<wire::push_receipt>>) {
          push(engine::receipt_arrived{*answer});
        } else if constexpr (std::is_same_v<T, transport::answer<std::vector<version_id>>>) {
          push(engine::missing_told{*answer});
        } else if constexpr (std::is_same_v<T, transport::answer<wire::erasure_answer>>) {
          push(engine::erasure_taken{receipt_});
        } else {
          auto checked = engine::check_page(std::move(*answer), asked_from_);
          if (!checked) {
            push(engine::request_failed{.what = checked.error(), .last_push = {}});
            return;
          }
          const engine::page_arrived event{.next = checked->page.next,
                                           .items = checked->page.items.size(),
                                           .more = checked->page.more};
          if (!checked->page.items.empty()) pages_.push_back(std::move(*checked));
          push(event);
        }
      },
      with);
}

}  // namespace autocusto::simulation
