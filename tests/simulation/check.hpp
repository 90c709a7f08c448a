#pragma once
// The invariants of a run, checked against what the oracle says must hold. Each finding starts with
// the number of the invariant (docs/testing.md lists them). One thread.

#include <string>

#include "tests/simulation/run.hpp"

namespace autocusto::simulation {

/// After a restart: whatever the doctor was told to be saved is there.
void check_saved_still_there(simulation_run& in, laptop& on);

/// After everything is quiescent. Returns a digest of the end.
[[nodiscard]] std::string check_everything(simulation_run& in);

}  // namespace autocusto::simulation
