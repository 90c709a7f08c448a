#include "server/sync/acts.hpp"

#include <algorithm>

#include "server/store/conflicts.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/conflict_rule.hpp"
#include "server/sync/feed_writer.hpp"
#include "shared/domain/view.hpp"

namespace autocusto::sync {
namespace {

/// What an act works on; the record is locked.
struct subject {
  store::record_row record;
  std::optional<store::view_row> view;
  std::optional<store::conflict_row> conflict;
};

error no_such_record() {
  return fail(errc::not_found, "There is no such record, or it has no versions.", "record");
}

result<subject> lock_subject(store::transaction& tx, const store::user_row& owner,
                             const record_id& record) {
  if (owner.role == store::user_role::system) {
    return fail(errc::forbidden, "The system user has no records of its own.", "user");
  }
  const store::wanted_record wanted[] = {{record, {}, {}, false}};
  auto rows = store::records::writes(tx).lock_records(wanted);
  if (!rows[0]) return no_such_record();
  subject s;
  s.record = *std::move(rows[0]);
  const store::pk record_key[] = {s.record.key};
  auto views = store::views::reads(tx).open_views(record_key, owner.key);
  if (!views.empty()) {
    s.view = std::move(views[0]);
    const store::pk view_key[] = {s.view->key};
    auto conflicts = store::conflicts::reads(tx).open_conflicts(view_key);
    if (!conflicts.empty()) s.conflict = std::move(conflicts[0]);
  }
  return s;
}

/// The heads that the admin saw are the heads that there are.
std::optional<error> check_heads(const subject& s, std::vector<version_id> expected) {
  std::sort(expected.begin(), expected.end());
  const auto now = s.view ? s.view->state.heads : std::vector<version_id>{};
  if (now == expected) return std::nullopt;
  return fail(errc::view_moved,
              "The record has changed for this user since you looked; look again and decide anew.");
}

/// As an assignment of that version leaves it.
bool is_assigned(const store::view_row& view, const version_id& version) {
  const auto& state = view.state;
  return view.active == version && state.pinned == version && state.heads.size() == 1 &&
         state.heads.front() == version;
}

/// Saves the view, closes its conflict, appends the item and wakes the owner.
act_outcome store_act(store::transaction& tx, const subject& s, const store::user_row& owner,
                      const store::view_row& view, store::feed_kind kind,
                      const store::version_node* version, unix_millis now) {
  const store::view_row rows[] = {view};
  act_outcome out;
  out.view = store::views::writes(tx).save_views(rows)[0];
  out.incarnation = view.state.incarnation;
  out.opened = view.key == 0;
  const auto how = kind == store::feed_kind::removed ? store::conflict_state::removed
                                                     : store::conflict_state::assigned;
  if (const auto closed = settle_conflict(s.conflict, out.view, {}, std::nullopt, how, now)) {
    const store::conflict_row conflicts[] = {*closed};
    static_cast<void>(store::conflicts::writes(tx).save_conflicts(conflicts));
  }
  feed_event event;
  event.kind = kind;
  event.view = out.view;
  event.incarnation = out.incarnation;
  event.record = s.record.id;
  if (version != nullptr) {
    event.version = version->key;
    event.version_public = version->id;
  }
  const feed_event events[] = {event};
  append_events(tx, owner.key, owner.id, events);
  return out;
}

}  // namespace

result<act_outcome> assign(store::transaction& tx, const act_environment& env,
                           const store::user_row& owner, const record_id& record,
                           const version_id& version, std::vector<version_id> expect_heads) {
  auto s = lock_subject(tx, owner, record);
  if (!s) return s.error();
  const store::pk record_key[] = {s->record.key};
  const auto graph = store::versions::reads(tx).graphs(record_key, owner.key);
  const auto node = std::find_if(graph.begin(), graph.end(),
                                 [&](const store::version_node& n) { return n.id == version; });
  if (node == graph.end()) {
    return fail(errc::not_found, "The record has no such version; list its versions.", "version");
  }
  if (node->status == domain::version_status::draft) {
    return fail(errc::invalid_field, "A draft cannot be assigned; its author publishes it first.",
                "version");
  }
  if (auto e = check_heads(*s, std::move(expect_heads))) return *std::move(e);
  if (s->view && is_assigned(*s->view, version)) {
    return act_outcome{
        .view = s->view->key, .incarnation = s->view->state.incarnation, .changed = false};
  }
  store::view_row view;
  if (s->view) {
    view = *s->view;
  } else {
    view.user = owner.key;
    view.record = s->record.key;
    view.state.incarnation = env.random->make<incarnation_id>();
  }
  domain::assign_version(view.state, version);
  view.active = version;
  return store_act(tx, *s, owner, view, store::feed_kind::assigned, &*node, env.now);
}

result<act_outcome> unassign(store::transaction& tx, const act_environment& env,
                             const store::user_row& owner, const record_id& record,
                             std::optional<std::vector<version_id>> expect_heads) {
  auto s = lock_subject(tx, owner, record);
  if (!s) return s.error();
  if (!s->view) {
    return fail(errc::not_found, "This user has no access to the record; nothing to take away.",
                "user");
  }
  if (expect_heads) {
    if (auto e = check_heads(*s, *std::move(expect_heads))) return *std::move(e);
  }
  store::view_row view = *s->view;
  view.open = false;
  view.closed_at = env.now;
  return store_act(tx, *s, owner, view, store::feed_kind::removed, nullptr, env.now);
}

}  // namespace autocusto::sync
