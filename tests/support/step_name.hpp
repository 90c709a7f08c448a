#pragma once
// The steps of the sync machine by name, for messages of tests. Any thread.

#include <array>
#include <string_view>

#include "client/engine/machine.hpp"

namespace autocusto::engine {

[[nodiscard]] inline std::string_view step_name(step s) {
  constexpr std::array<std::string_view, 24> names{"idle",
                                                   "loading_state",
                                                   "asking_challenge",
                                                   "asking_session",
                                                   "saving_push",
                                                   "pushing",
                                                   "asking_receipt",
                                                   "applying_receipt",
                                                   "dropping_push",
                                                   "beginning_recovery",
                                                   "asking_missing",
                                                   "marking_missing",
                                                   "restarting_feed",
                                                   "pulling",
                                                   "erasing",
                                                   "polling",
                                                   "backing_off",
                                                   "closing",
                                                   "reopening",
                                                   "erasing_everything",
                                                   "acknowledging",
                                                   "noting_erasure",
                                                   "wiping",
                                                   "done"};
  return names.at(static_cast<std::size_t>(s));
}

}  // namespace autocusto::engine
