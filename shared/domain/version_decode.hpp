#pragma once
// Reading a version whose id the caller has worked out already, for the way of a push, where each
// hash counts. Everybody else calls `decode_version` of version.hpp. Values; any thread.

#include "shared/domain/version.hpp"

namespace autocusto::domain {

/// `decode_version`; `id` must be the SHA-256 of the header, which is not hashed again. The bytes
/// are taken only if they can be read: with an error they are where they were.
[[nodiscard]] result<version> decode_version(version_bytes&& raw, const version_id& id);

}  // namespace autocusto::domain
