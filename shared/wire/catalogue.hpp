#pragma once
// GET /v1/catalogue?have=HASH: the reference catalogue on its way to a device, as values. The forms
// and rules are those of messages.hpp. Values only; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {

/// Which catalogue the server has: {"server","revision","hash"}, purpose `catalogue`. `hash` is the
/// SHA-256 of the catalogue's canonical text (shared/reference/catalogue.hpp).
struct catalogue_object {
  server_id server;
  std::int64_t revision = 0;
  hash256 hash;
  friend bool operator==(const catalogue_object&, const catalogue_object&) = default;
};

/// {"catalogue":{…},"signed":{…}}, or {} when there is none, or the one of `have` is the newest.
struct catalogue_answer {
  std::string text;  ///< canonical
  std::optional<signed_object> signed_by_server;
};

[[nodiscard]] std::string encode_object(const catalogue_object& m);
[[nodiscard]] result<catalogue_object> decode_catalogue_object(std::string_view object);
[[nodiscard]] std::string encode(const catalogue_answer& m);
[[nodiscard]] result<catalogue_answer> decode_catalogue_answer(std::string_view json);

}  // namespace autocusto::wire
