#pragma once
// One call of the page's JSON interface, and the table of all calls. Private to client/web.
//
// A call gets the JSON object that was sent and gives back another, or an error; what stands around
// it (checks, reading, translating, writing) is page_server's. Worker threads, several at once.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "client/print/problem.hpp"
#include "client/web/page_server.hpp"
#include "client/web/request_guard.hpp"
#include "client/web/unlocked_replica.hpp"
#include "shared/http/message.hpp"

namespace autocusto::web {

/// What all calls share; lives as long as the server.
struct call_context {
  const page_options& options;
  request_guard& guard;
  unlocked_replica& replica;
  slow_down& tries;
  const std::string& wipe_word;  ///< stands for a forgotten passphrase when everything is erased
  std::function<void()> quit;
  std::function<void()> entered;  ///< a session has begun
};

/// What a call answers in the place of JSON.
struct answered_file {
  std::string content_type;
  std::string bytes;
  http::header_list headers;
};

struct call {
  const call_context& context;
  const nlohmann::json& sent;  ///< an object; empty for GET
  const visitor& who;
  bool english = false;
  /// Filled in for errors: everything that is wrong, and the kind whose labels the sentences use.
  replica::edit_problems problems;
  std::string kind;
  /// Filled in where a print is refused: everything that stands in its way.
  std::vector<printing::problem> unprintable;
  /// Answered in the place of the JSON text that the call returns.
  std::optional<answered_file> file;

  [[nodiscard]] std::string say(const error& e) const {
    return context.options.translate(e, kind, !english);
  }
};

/// The longest passphrase that is read.
inline constexpr std::size_t k_passphrase_bytes = 1024;

/// What a call gives back: JSON text, or the error.
using call_result = result<std::string>;

/// Looks at a passphrase, by `attempt`, at most as often as wrong ones before it allow. Errors:
/// busy for `field`, and those of the attempt.
[[nodiscard]] result<void> limited_try(const call& c, const char* field,
                                       const std::function<result<void>()>& attempt);

struct call_entry {
  const char* method;
  const char* path;
  access needed;
  call_result (*run)(call&);
  bool counts_as_presence = true;  ///< whether it keeps the page from locking
  std::size_t body_limit = 128UL * 1024;
};

[[nodiscard]] std::vector<call_entry> session_calls();
[[nodiscard]] std::vector<call_entry> profile_calls();
[[nodiscard]] std::vector<call_entry> record_calls();
[[nodiscard]] std::vector<call_entry> list_calls();
[[nodiscard]] std::vector<call_entry> editing_calls();
[[nodiscard]] std::vector<call_entry> conflict_calls();
[[nodiscard]] std::vector<call_entry> process_calls();
[[nodiscard]] std::vector<call_entry> print_calls();
[[nodiscard]] std::vector<call_entry> reference_calls();

/// The state for the page's status line, as that session may see it: GET /api/state and the events.
[[nodiscard]] std::string state_text(const call_context& context, const std::string& session,
                                     bool english);

}  // namespace autocusto::web
