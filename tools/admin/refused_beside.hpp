#pragma once
// A refused version beside what the user sees now of the same record. One thread; asks the server.

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "shared/domain/version.hpp"
#include "tools/admin/app.hpp"

namespace autocusto::admin {

struct refused_beside {
  std::string kind;
  std::optional<version_id> active;  ///< none: the user sees nothing of this record
  domain::field_map now;             ///< of the active version
  domain::field_map refused;
};

/// `user`: e-mail as the item tells it, or an account's id.
[[nodiscard]] refused_beside look_beside(session& s, const domain::version_header& header,
                                         const domain::version_payload& payload,
                                         const std::string& user);

/// A table of the fields that differ, or one sentence.
[[nodiscard]] std::string beside_text(const refused_beside& of);
/// `{"seen_now":id|null,"changes":[…]}`: from what is seen to what was refused.
[[nodiscard]] nlohmann::json beside_json(const refused_beside& of);

}  // namespace autocusto::admin
