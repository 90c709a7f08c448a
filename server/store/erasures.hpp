#pragma once
// What devices without access were told, and their signed receipts of what they have erased.

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store::erasures {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// The owner's views that were closed since then, the oldest first, with what this device's
  /// receipts say of them.
  std::vector<removal_row> removals(pk owner, unix_millis since, pk device);
  /// The device's receipts that nothing is left on it, the oldest first.
  std::vector<erasure_row> erasures_of_everything(pk device);
  /// When each device that has erased everything said so first.
  std::vector<std::pair<pk, unix_millis>> erased_devices();
  /// Those of the incarnations for which there is a receipt of this device.
  std::vector<incarnation_id> erased_among(std::span<const incarnation_id> incarnations, pk device);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void device_told(pk device, std::optional<unix_millis> at);
  /// Keeps a receipt; of the incarnations those for which there is none yet.
  void add_erasure(const erasure_row& row, std::span<const incarnation_id> incarnations);
};

}  // namespace autocusto::store::erasures
