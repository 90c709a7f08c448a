#pragma once
// What is said over the local socket: a question and an answer for each call of
// intake::import_writer, and one for an administrator's link.
//
// A frame is a length (4 bytes, most significant first, at most k_frame_bytes) and that many bytes;
// the first byte says what it is. Answers are `done` with the call's outcome, or `failed` with a
// code, a sentence and the field. Both ends are of one version: a question starts with
// k_protocol, and anything else is refused. Values only; any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/intake/intake.hpp"

namespace autocusto::local {

inline constexpr std::size_t k_frame_bytes = std::size_t{64} * 1024 * 1024;
inline constexpr std::int64_t k_protocol = 1;

enum class question : std::uint8_t { begin = 1, accounts, apply, finish, rollback, admin_link };

/// A link that an administrator enrolls with.
struct admin_link {
  std::string link;
  std::string email;
  unix_millis expires_at = 0;
};
/// Makes one for the administrator with this e-mail; empty: for the only one.
using link_maker = std::function<result<admin_link>(const std::string& email)>;

[[nodiscard]] std::string pack_begin(const intake::run_start& what);
[[nodiscard]] std::string pack_accounts(store::pk run, const std::vector<intake::account>& what);
[[nodiscard]] std::string pack_apply(const intake::batch& what);
[[nodiscard]] std::string pack_finish(const intake::run_end& what);
[[nodiscard]] std::string pack_rollback(const intake::rollback_request& what);
[[nodiscard]] std::string pack_admin_link(const std::string& email);

[[nodiscard]] result<intake::run_state> unpack_state(std::string_view answer);
[[nodiscard]] result<std::vector<intake::account_outcome>> unpack_accounts(std::string_view answer);
[[nodiscard]] result<intake::counts> unpack_counts(std::string_view answer);
[[nodiscard]] result<intake::rollback_report> unpack_rollback(std::string_view answer);
[[nodiscard]] result<admin_link> unpack_admin_link(std::string_view answer);

/// The server's side: passes the question to the import writer, or makes the link, and packs the
/// answer.
[[nodiscard]] std::string answer(intake::import_writer& writer, const link_maker& links,
                                 std::string_view asked);
[[nodiscard]] std::string pack_failure(const error& e);
/// Of a question or an answer of more than k_frame_bytes. Error: too_large.
[[nodiscard]] error too_large_for_a_frame();

}  // namespace autocusto::local
