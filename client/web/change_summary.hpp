#pragma once
// What an edit did, in a few words, where its author gave no reason: "Peso 71 → 74; Cidade". In
// Portuguese like all summaries that programs write. Private to client/web. Pure; any thread.

#include <string>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::web {

/// Measures and choices with both values, other fields by their label alone, in form order; at most
/// eight of them. Empty when nothing differs.
[[nodiscard]] std::string change_summary(const domain::record_kind& kind,
                                         const domain::field_map& before,
                                         const domain::field_map& after);

}  // namespace autocusto::web
