#pragma once
// Private to shared/wire: the members of the administrator's messages, one list for each message.
//
// `walk(v, m)` calls `v(name, member)` for each; the writer and the reader of admin.cpp both do it,
// so that a member can neither be written without being read nor be called by two names.

#include <concepts>
#include <type_traits>

#include "shared/wire/admin.hpp"

namespace autocusto::wire::admin {

template <class M, class T>
concept same = std::same_as<std::remove_const_t<M>, T>;

template <class V, same<user_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("email", m.email);
  v("role", m.role);
  v("enabled", m.enabled);
  v("created_at", m.created_at);
  v("devices", m.devices);
  v("pending", m.pending);
}

template <class V, same<enrollment_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("user", m.user);
  v("user_id", m.owner);
  v("made_at", m.made_at);
  v("expires_at", m.expires_at);
}

template <class V, same<device_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("user", m.user);
  v("name", m.name);
  v("enrolled_at", m.enrolled_at);
  v("last_seen", m.last_seen);
  v("revoked_at", m.revoked_at);
  v("lost", m.lost);
  v("public_key", m.public_key);
  v("replaces", m.replaces);
  v("pending", m.pending);
  v("last_push", m.last_push);
  v("quarantine_items", m.quarantine_items);
  v("quarantine_bytes", m.quarantine_bytes);
  v("erased_at", m.erased_at);
}

template <class V, same<removal_item> M>
void walk(V& v, M& m) {
  v("incarnation", m.incarnation);
  v("removed_at", m.removed_at);
  v("erased_at", m.erased_at);
}

template <class V, same<device_shown> M>
void walk(V& v, M& m) {
  walk(v, m.device);
  v("state", m.state);
  v("scope", m.scope);
  v("told_at", m.told_at);
  v("erased_at", m.erased_at);
  v("removals", m.removals);
  v("outstanding", m.outstanding);
  v("outstanding_since", m.outstanding_since);
}

template <class V, same<policy_item> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("user", m.user);
  v("policy", m.policy);
}

template <class V, same<stats> M>
void walk(V& v, M& m) {
  v("users", m.users);
  v("devices", m.devices);
  v("records", m.records);
  v("versions", m.versions);
  v("open_views", m.open_views);
  v("open_conflicts", m.open_conflicts);
  v("quarantined", m.quarantined);
  v("pushes", m.pushes);
  v("feed_items", m.feed_items);
}

template <class V, same<record_query> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("divergent", m.divergent);
  v("after", m.after);
  v("limit", m.limit);
}

template <class V, same<record_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("kind", m.kind);
  v("key", m.key);
  v("users", m.users);
  v("versions", m.versions);
  v("divergent", m.divergent);
}

template <class V, same<version_item> M>
void walk(V& v, M& m) {
  v("version_id", m.version);
  v("number", m.number);
  v("parents", m.parents);
  v("generation", m.generation);
  v("author", m.author);
  v("device", m.device);
  v("created_at", m.created_at);
  v("summary", m.summary);
  v("status", m.status);
  v("archived", m.archived);
  v("erased", m.erased);
  v("head_of", m.head_of);
  v("active_for", m.active_for);
  v("draft_of", m.draft_of);
}

template <class V, same<version_shown> M>
void walk(V& v, M& m) {
  walk(v, m.info);
  v("fields", m.fields);
}

template <class V, same<view_item> M>
void walk(V& v, M& m) {
  v("user", m.user);
  v("user_id", m.id);
  v("incarnation", m.incarnation);
  v("heads", m.heads);
  v("active", m.active);
  v("pinned", m.pinned);
  v("drafts", m.drafts);
}

template <class V, same<record_request> M>
void walk(V& v, M& m) {
  v("record", m.record);
  v("version", m.version);
}

template <class V, same<dependents_request> M>
void walk(V& v, M& m) {
  v("record", m.record);
  v("user", m.user);
}

template <class V, same<dependents> M>
void walk(V& v, M& m) {
  v("items", m.items);
}

template <class V, same<history> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("key", m.key);
  v("versions", m.versions);
  v("views", m.views);
}

template <class V, same<record_shown> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("key", m.key);
  v("version", m.version);
  v("views", m.views);
}

template <class V, same<compare_request> M>
void walk(V& v, M& m) {
  v("record", m.record);
  v("from", m.from);
  v("to", m.to);
}

template <class V, same<comparison> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("key", m.key);
  v("from", m.from);
  v("to", m.to);
}

template <class V, same<explain_request> M>
void walk(V& v, M& m) {
  v("record", m.record);
  v("user", m.user);
}

template <class V, same<access_step> M>
void walk(V& v, M& m) {
  v("seq", m.seq);
  v("event", m.event);
  v("cause", m.cause);
  v("incarnation", m.incarnation);
  v("version_id", m.version);
  v("number", m.number);
  v("author", m.author);
  v("device", m.device);
  v("created_at", m.created_at);
  v("by", m.by);
  v("at", m.at);
  v("import_run", m.import_run);
  v("heads", m.heads);
}

template <class V, same<access_explanation> M>
void walk(V& v, M& m) {
  v("kind", m.kind);
  v("key", m.key);
  v("user", m.user);
  v("view", m.view);
  v("rule", m.rule);
  v("cause", m.cause);
  v("steps", m.steps);
}

template <class V, same<conflict_query> M>
void walk(V& v, M& m) {
  v("closed", m.closed);
  v("dismissed", m.dismissed);
}

template <class V, same<conflict_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("kind", m.kind);
  v("key", m.key);
  v("user", m.user);
  v("base", m.base);
  v("heads", m.heads);
  v("opened_at", m.opened_at);
  v("closed_at", m.closed_at);
  v("state", m.state);
  v("dismissed", m.dismissed);
}

template <class V, same<conflict_request> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("visible", m.visible);
}

template <class V, same<conflict_shown> M>
void walk(V& v, M& m) {
  v("conflict", m.conflict);
  v("owner", m.owner);
  v("record", m.record);
  v("view_open", m.view_open);
  v("active", m.active);
  v("pinned", m.pinned);
  v("policy", m.policy);
  v("single_base", m.single_base);
  v("base", m.base);
  v("heads", m.heads);
  v("visible", m.visible);
}

template <class V, same<quarantine_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("user", m.user);
  v("device", m.device);
  v("device_name", m.device_name);
  v("code", m.code);
  v("message", m.message);
  v("version_id", m.version);
  v("received_at", m.received_at);
}

template <class V, same<quarantine_request> M>
void walk(V& v, M& m) {
  v("id", m.id);
}

template <class V, same<quarantine_shown> M>
void walk(V& v, M& m) {
  walk(v, m.item);
  v("header", m.header);
  v("payload", m.payload);
}

template <class V, same<quarantine_page_request> M>
void walk(V& v, M& m) {
  v("after", m.after);
}

template <class V, same<audit_query> M>
void walk(V& v, M& m) {
  v("user", m.user);
  v("record", m.record);
  v("since", m.since);
  v("after", m.after);
  v("limit", m.limit);
}

template <class V, same<audit_item> M>
void walk(V& v, M& m) {
  v("id", m.id);
  v("at", m.at);
  v("act", m.act);
  v("actor", m.actor);
  v("actor_id", m.actor_id);
  v("device", m.device);
  v("what", m.what);
  v("user", m.user);
  v("user_id", m.about);
  v("kind", m.kind);
  v("key", m.key);
  v("object", m.object);
  v("signature", m.signature);
}

template <class V, same<act_answer> M>
void walk(V& v, M& m) {
  v("act", m.act);
  v("at", m.at);
  v("user", m.user);
  v("role", m.role);
  v("enrollment_link", m.enrollment_link);
  v("expires_at", m.expires_at);
}

template <class V, same<catalogue_item> M>
void walk(V& v, M& m) {
  v("revision", m.revision);
  v("hash", m.hash);
  v("published_at", m.published_at);
}

template <class V, same<catalogue_sent> M>
void walk(V& v, M& m) {
  v("hash", m.hash);
}

template <class V, same<catalogue_uses_query> M>
void walk(V& v, M& m) {
  v("after", m.after);
  v("limit", m.limit);
}

template <class V, same<catalogue_use> M>
void walk(V& v, M& m) {
  v("user", m.user);
  v("of", m.of);
  v("code", m.code);
  v("processes", m.processes);
}

template <class M, class... Ts>
concept one_of = (same<M, Ts> || ...);

template <class V, one_of<user_list, enrollment_list, device_list, policy_list, conflict_list,
                          quarantine_list, catalogue_list>
                       M>
void walk(V& v, M& m) {
  v("items", m.items);
}

template <class V, one_of<record_list, quarantine_page, audit_list, catalogue_uses> M>
void walk(V& v, M& m) {
  v("items", m.items);
  v("next", m.next);
}

}  // namespace autocusto::wire::admin
