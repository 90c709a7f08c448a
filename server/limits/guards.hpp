#pragma once
// The limits of one server process together. Any thread.

#include "server/limits/open_polls.hpp"
#include "server/limits/running_pushes.hpp"
#include "server/limits/usage.hpp"

namespace autocusto::limits {

struct guards {
  explicit guards(const usage_settings& with) : used(with), polls(with.long_polls) {}

  usage used;
  open_polls polls;
  running_pushes pushes;
};

}  // namespace autocusto::limits
