#include "server/local/frames.hpp"

#include "server/local/archive.hpp"

namespace autocusto::local {
namespace {

constexpr std::int64_t k_done = 1;
constexpr std::int64_t k_failed = 0;

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::run_start> {
  a.text(v.source);
  a.text(v.layout);
  a.text(v.options);
  a.number(v.now);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::run_state> {
  a.number(v.run);
  visit_number(a, v.continued);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::account> {
  a.number(v.legacy_id);
  visit_id(a, v.id);
  a.text(v.email);
  visit_number(a, v.role);
  visit_number(a, v.enabled);
  a.number(v.created_at);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::account_outcome> {
  a.number(v.key);
  visit_id(a, v.id);
  visit_number(a, v.made);
  visit_number(a, v.linked);
}

/// A version travels as its bytes; its header is read again, which checks its form.
template <class A, class T>
void visit_version(A& a, T& v) {
  visit_id(a, v.id);
  a.text(v.raw.header);
  a.text(v.raw.payload);
  visit_number(a, v.header.generation);
  if constexpr (!A::packs) {
    if (v.raw.header.empty()) return;  // known already: only its id matters
    auto header = domain::decode_header(v.raw.header);
    if (header) v.header = *std::move(header);
  }
}

template <class A, class T>
void visit_record(A& a, T& v) {
  a.text(v.kind);
  a.text(v.key);
  visit_id(a, v.id);
  visit_list(a, v.versions, [&](auto& version) {
    visit_number(a, version.origin);
    a.number(version.legacy_id);
    a.number(version.legacy_number);
    a.number(version.digest);
    a.number(version.known);
    a.number(version.author);
    visit_number(a, version.archived);
    visit_version(a, version.value);
  });
  visit_list(a, v.views, [&](auto& view) {
    a.number(view.user);
    visit_id(a, view.user_public);
    visit_id(a, view.incarnation);
    visit_list(a, view.visible, [&](auto& visible) {
      visit_number(a, visible.version);
      visit_number(a, visible.assigned);
    });
  });
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::batch> {
  a.number(v.run);
  a.text(v.source);
  a.number(v.now);
  a.number(v.import_device);
  a.number(v.system_user);
  visit_list(a, v.records, [&](auto& record) { visit_record(a, record); });
  visit_list(a, v.kept, [&](auto& row) {
    a.text(row.origin);
    a.number(row.legacy_id);
    visit_number(a, row.outcome);
    a.number(row.digest);
    a.text(row.reason);
    a.text(row.content);
  });
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::counts> {
  a.number(v.versions);
  a.number(v.views);
  a.number(v.users);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::run_end> {
  a.number(v.run);
  a.number(v.now);
  a.text(v.report);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::rollback_request> {
  a.number(v.run);
  visit_number(a, v.except_used);
  a.number(v.now);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, intake::rollback_report> {
  visit_list(a, v.blockers, [&](auto& b) {
    a.text(b.table);
    a.number(b.legacy_id);
    a.text(b.reason);
  });
  visit_number(a, v.done);
  visit(a, v.removed);
  visit(a, v.kept);
  a.number(v.accounts_disabled);
}

template <class A, class T>
void visit(A& a, T& v) requires std::is_same_v<std::remove_const_t<T>, admin_link> {
  a.text(v.link);
  a.text(v.email);
  a.number(v.expires_at);
}

template <class A, class T>
void visit(A& a, std::vector<T>& list) {
  visit_list(a, list, [&](auto& item) { visit(a, item); });
}
template <class A, class T>
void visit(A& a, const std::vector<T>& list) {
  visit_list(a, list, [&](auto& item) { visit(a, item); });
}

packer ask(question what) {
  packer out;
  out.number(k_protocol);
  out.number(static_cast<std::int64_t>(what));
  return out;
}

template <class T>
std::string pack_question(question what, const T& value) {
  auto out = ask(what);
  visit(out, value);
  return out.take();
}

error not_understood() {
  return fail(errc::protocol_error,
              "The server and this program do not understand each other; use the same version of "
              "both.");
}

template <class T>
result<T> unpack_answer(std::string_view answer) {
  unpacker in(answer);
  std::int64_t how = -1;
  in.number(how);
  if (how == k_failed) {
    std::string code;
    error e;
    in.text(code);
    in.text(e.message);
    in.text(e.field);
    if (!in.done()) return not_understood();
    e.code = code_from_name(code).value_or(errc::internal);
    return e;
  }
  T value{};
  visit(in, value);
  if (how != k_done || !in.done()) return not_understood();
  return value;
}

template <class T>
std::string pack_answer(const result<T>& outcome) {
  if (!outcome) return pack_failure(outcome.error());
  packer out;
  out.number(k_done);
  visit(out, *outcome);
  return out.take();
}

template <class T, class Call>
std::string run(unpacker& in, Call call) {
  T value{};
  visit(in, value);
  if (!in.done()) return pack_failure(not_understood());
  return pack_answer(call(value));
}

std::string run_admin_link(const link_maker& links, unpacker& in) {
  std::string email;
  in.text(email);
  if (!in.done() || !links) return pack_failure(not_understood());
  return pack_answer(links(email));
}

std::string run_accounts(intake::import_writer& writer, unpacker& in) {
  store::pk run = 0;
  std::vector<intake::account> accounts;
  in.number(run);
  visit(in, accounts);
  if (!in.done()) return pack_failure(not_understood());
  return pack_answer(writer.add_accounts(run, accounts));
}

}  // namespace

std::string pack_begin(const intake::run_start& what) {
  return pack_question(question::begin, what);
}

std::string pack_accounts(store::pk run, const std::vector<intake::account>& what) {
  auto out = ask(question::accounts);
  out.number(run);
  visit(out, what);
  return out.take();
}

std::string pack_apply(const intake::batch& what) {
  return pack_question(question::apply, what);
}

std::string pack_finish(const intake::run_end& what) {
  return pack_question(question::finish, what);
}

std::string pack_rollback(const intake::rollback_request& what) {
  return pack_question(question::rollback, what);
}

std::string pack_admin_link(const std::string& email) {
  auto out = ask(question::admin_link);
  out.text(email);
  return out.take();
}

result<admin_link> unpack_admin_link(std::string_view answer) {
  return unpack_answer<admin_link>(answer);
}

result<intake::run_state> unpack_state(std::string_view answer) {
  return unpack_answer<intake::run_state>(answer);
}

result<std::vector<intake::account_outcome>> unpack_accounts(std::string_view answer) {
  return unpack_answer<std::vector<intake::account_outcome>>(answer);
}

result<intake::counts> unpack_counts(std::string_view answer) {
  return unpack_answer<intake::counts>(answer);
}

result<intake::rollback_report> unpack_rollback(std::string_view answer) {
  return unpack_answer<intake::rollback_report>(answer);
}

std::string pack_failure(const error& e) {
  packer out;
  out.number(k_failed);
  out.text(std::string(code_name(e.code)));
  out.text(e.message);
  out.text(e.field);
  return out.take();
}

error too_large_for_a_frame() {
  return fail(errc::too_large,
              "One step of this import is larger than the 64 MiB that a running server takes or "
              "answers at once. Stop `autocusto-server serve`, run this again, then start it.",
              {}, static_cast<std::int64_t>(k_frame_bytes));
}

std::string answer(intake::import_writer& writer, const link_maker& links, std::string_view asked) {
  unpacker in(asked);
  std::int64_t protocol = 0;
  std::int64_t what = 0;
  in.number(protocol);
  in.number(what);
  if (protocol != k_protocol) return pack_failure(not_understood());
  if (what < 1 || what > static_cast<std::int64_t>(question::admin_link)) {
    return pack_failure(not_understood());
  }
  switch (static_cast<question>(what)) {
    case question::begin:
      return run<intake::run_start>(in, [&](const auto& v) { return writer.begin(v); });
    case question::accounts:
      return run_accounts(writer, in);
    case question::apply:
      return run<intake::batch>(in, [&](const auto& v) { return writer.apply(v, {}); });
    case question::finish:
      return run<intake::run_end>(in, [&](const auto& v) { return writer.finish(v); });
    case question::rollback:
      return run<intake::rollback_request>(in, [&](const auto& v) { return writer.rollback(v); });
    case question::admin_link:
      return run_admin_link(links, in);
  }
  return pack_failure(not_understood());
}

}  // namespace autocusto::local
