#pragma once
// What each error code means for a sync, and the sentences of the machine's own findings. Pure
// functions; any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::engine {

/// How far a failure reaches.
enum class failure_scope {
  passing,       ///< goes away by itself: network, busy server or replica, foreign certificates
  limited,       ///< the server has heard enough for now, and says when to come back
  server_fault,  ///< the server failed; the same request may fail again
  session,       ///< a new session mends it
  access,        ///< user or device lost its access
  too_late,      ///< another push of this device came first
  went_back,     ///< the server went back to an older state: a recovery mends it
  push,          ///< this push cannot be taken as it is
  fatal,         ///< a person must act
};
[[nodiscard]] failure_scope scope_of(errc code);

/// Whether even a one-shot sync should ask again after a moment: the server is there.
[[nodiscard]] bool worth_asking_again(errc code);

/// Whether a push is refused for how much it is, so that its parts may pass: for its bytes, the
/// number of its versions, or the work that they cause.
[[nodiscard]] bool too_much_at_once(errc code);

/// Until when nothing like it is to be asked again, in milliseconds from now; at most a little more
/// than a day, whatever the server says.
[[nodiscard]] std::int64_t wait_of(const error& what);

[[nodiscard]] error interrupted();
/// The sentence for a limit of the server.
[[nodiscard]] error asked_to_wait(const error& what);
[[nodiscard]] error server_went_back();
[[nodiscard]] error folder_was_copied();
/// `kept`: how many edits stay sealed on the laptop; 0 when everything was erased. `code`: with
/// which the server refused to keep them; empty: it has not seen them.
[[nodiscard]] error access_withdrawn(std::size_t kept, std::string_view code = {});
/// `what`: the second half of a sentence about the server.
[[nodiscard]] error not_understood(const char* what);

}  // namespace autocusto::engine
