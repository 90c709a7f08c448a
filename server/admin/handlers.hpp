#pragma once
// Private to server/admin: the handlers behind `routes`, and what they share.
//
// Handlers answer or throw `error_exception`, which the api layer turns into a problem document.

#include <utility>

#include <nlohmann/json.hpp>

#include "server/api/audit.hpp"
#include "server/api/route.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin::detail {

namespace msg = wire::admin;
using api::context;
using store::session_owner;

[[noreturn]] inline void refuse(errc code, std::string message, std::string field = {}) {
  throw error_exception(fail(code, std::move(message), std::move(field)));
}

template <class Message>
[[nodiscard]] Message question(const http::request& asked) {
  auto read = msg::decode<Message>(asked.body);
  if (!read) throw error_exception(read.error());
  return *std::move(read);
}

template <class Message>
[[nodiscard]] http::response answer(const Message& m) {
  return http::json_response(msg::encode(m));
}

/// Reads in one snapshot: `read(reader)` gives the answer.
template <class Read>
[[nodiscard]] auto look(context& in, Read&& read) {
  decltype(read(std::declval<store::snapshot&>())) out;
  in.database.read([&](store::snapshot& snapshot) { out = read(snapshot); });
  return out;
}

/// Reads something about patients: `read(reader, subject)` gives the answer and may name whom it
/// was about; the audit log has it before anybody else does.
template <class Read>
[[nodiscard]] http::response audited(context& in, const session_owner& caller,
                                     std::string_view what, const nlohmann::json& args,
                                     Read&& read) {
  api::audit_subject subject;
  const auto out = look(in, [&](store::snapshot& snapshot) {
    subject = {};
    return read(snapshot, subject);
  });
  in.database.write([&](store::transaction& tx) {
    api::audit_read(tx, caller, what, args, subject, in.clock.now());
  });
  return answer(out);
}

/// The user with that e-mail, in any case, or with that id (accounts that an import brought may
/// share an e-mail); not_found for none and for the system user.
[[nodiscard]] store::user_row user_named(store::people::reads people, const std::string& name);

// People and devices
[[nodiscard]] http::response users(context& in);
[[nodiscard]] http::response enrollments(context& in);
[[nodiscard]] http::response devices(context& in);
[[nodiscard]] http::response device(context& in, const http::request& asked);
[[nodiscard]] http::response policy(context& in);
[[nodiscard]] http::response stats(context& in);
/// The most lines of one answer, and of one step of a walk through a log.
inline constexpr std::int64_t k_page = 1000;

// Records
[[nodiscard]] http::response records(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response dependents(context& in, const http::request&, const session_owner&);
/// How many records an `unassign` of a patient takes along at most.
inline constexpr std::int64_t k_dependents = 1000;
/// What a user sees of a patient's processes and emissions; none when the record is no patient. One
/// more than `k_dependents` says that there are too many.
[[nodiscard]] std::vector<store::record_row> dependents_of(store::records::reads records,
                                                           const record_id& record, store::pk user);
/// `what` is the name in the audit log: record.versions or record.graph.
[[nodiscard]] http::response history(context& in, const http::request&, const session_owner&,
                                     std::string_view what);
[[nodiscard]] http::response show(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response compare(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response explain_access(context& in, const http::request&,
                                            const session_owner&);
// Conflicts, quarantine, audit log
[[nodiscard]] http::response conflicts(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response conflict(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response quarantine(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response quarantined(context& in, const http::request&, const session_owner&);
[[nodiscard]] http::response export_quarantine(context& in, const http::request&,
                                               const session_owner&);
[[nodiscard]] http::response audit(context& in, const http::request&, const session_owner&);
// The reference catalogue: its revisions, one of them, and one that is sent to be published
[[nodiscard]] http::response catalogues(context& in);
[[nodiscard]] http::response catalogue(context& in, const http::request& asked);
/// What processes name of it.
[[nodiscard]] http::response catalogue_uses(context& in, const http::request&,
                                            const session_owner&);
[[nodiscard]] http::response send_catalogue(context& in, const http::request&,
                                            const session_owner&);
// Acts
[[nodiscard]] http::response act(context& in, const http::request&, const session_owner&);

}  // namespace autocusto::admin::detail
