#pragma once
// Making a laptop a device, and how its server is reached: what the command line, the page and the
// administrator's tool share.

#include <optional>
#include <string_view>

#include "client/replica/identity/identity_store.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::engine {

/// What the enrollment gave, as the replica keeps it.
[[nodiscard]] replica::identity identity_of(const transport::enrollment& made,
                                            std::string_view device_name);

/// How the server is reached. Errors: not_enrolled.
[[nodiscard]] result<transport::server_address> address_of(const replica::identity_store& own);

/// Redeems the link with the replica's device key and completes the enrollment in the replica.
/// Errors as of transport::enroll and identity_store::enroll.
[[nodiscard]] result<replica::identity> enroll_device(replica::identity_store own,
                                                      const wire::enrollment_link& link,
                                                      std::string_view device_name);

/// Makes an enrolled replica another device, which stands in for the one that it was: for a folder
/// that was copied or restored, and, with a link, for one that has lost touch with the server (its
/// keys were replaced meanwhile, or it has forgotten the device). Edits stay. May be repeated after
/// any error.  `device_name` empty: as
/// before. Errors as of transport::enroll, transport:: enroll_again and identity_store::become.
[[nodiscard]] result<replica::identity> enroll_device_again(
    replica::identity_store own, const std::optional<wire::enrollment_link>& link,
    std::string_view device_name);

/// Whether the server may have spent the code on this device in spite of this error, so that its
/// key must be kept for another try.
[[nodiscard]] bool may_have_enrolled(errc code);

}  // namespace autocusto::engine
