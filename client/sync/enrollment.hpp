#pragma once
// Making a laptop a device: what the command line and the page share.

#include <string_view>

#include "client/replica/replica.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::engine {

/// Redeems the link with the replica's device key and completes the enrollment in the replica.
/// Errors as of transport::enroll and replica_store::enroll.
[[nodiscard]] result<replica::identity> enroll_device(replica::replica_store& replica,
                                                      const wire::enrollment_link& link,
                                                      std::string_view device_name);

/// Whether the server may have spent the code on this device in spite of this error, so that its
/// key must be kept for another try.
[[nodiscard]] bool may_have_enrolled(errc code);

}  // namespace autocusto::engine
