#pragma once
// Private to shared/wire: a signed object as a member of a message.

#include "shared/json/read.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire::detail {

[[nodiscard]] signed_object read_signed(json::reader& in);

}  // namespace autocusto::wire::detail
