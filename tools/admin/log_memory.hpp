#pragma once
// What an administrator's profile remembers of the server's audit log, and what it concludes.
//
// It keeps heads that the server has signed: the newest 64, before them the last one of each day
// for about a year, before that one a month, and the very first; at most k_most_heads. And the
// public key of every device that it was told of. So a profile notices a log that was cut, changed
// or forked after it last looked, and a device whose key was exchanged, even when the server signs
// what it shows now. What happened before the profile saw its first head it cannot know. A head
// that contradicts the memory is never taken into it: the contradiction is told until an
// administrator accepts it.
//
// Values, no I/O; one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/ids.hpp"
#include "shared/wire/audit_chain.hpp"

namespace autocusto::admin {

class log_memory {
 public:
  struct seen_head {
    std::int64_t seq = 0;
    hash256 link;
    std::string at;  ///< when the server signed it

    friend bool operator==(const seen_head&, const seen_head&) = default;
  };
  static constexpr std::size_t k_most_heads = 500;
  static constexpr std::size_t k_most_keys = 20'000;

  /// From the profile's setting; anything else than `text()` wrote is an empty memory.
  [[nodiscard]] static log_memory parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  /// Oldest first.
  [[nodiscard]] const std::vector<seen_head>& heads() const { return heads_; }
  /// The number of the newest line of which the link is known; 0: none.
  [[nodiscard]] std::int64_t newest() const { return heads_.empty() ? 0 : heads_.back().seq; }

  /// What is wrong with this head, in a sentence; empty: nothing, and it is remembered.
  [[nodiscard]] std::string look(const wire::audit_head& head);
  /// Drops the heads behind line `agreed`, and takes this one: an administrator has accepted it.
  void accept(std::int64_t agreed, const wire::audit_head& head);

  /// Whether this is the key that the device had before; remembered when there was none. Keys of
  /// which all bytes are zero, or none, belong to devices that a server has forgotten.
  [[nodiscard]] bool same_key(const device_id& device, std::string_view key_hex);
  /// The key by which this device is known here; nothing: it is not.
  [[nodiscard]] std::optional<std::string> key_of(const device_id& device) const;

 private:
  void remember(const wire::audit_head& head);

  std::vector<seen_head> heads_;
  std::map<device_id, std::string> keys_;
};

}  // namespace autocusto::admin
