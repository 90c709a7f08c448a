#pragma once
// The refused versions of open records, for showing and for editing. Private to client/replica.
// Inside one transaction or snapshot, one thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "client/replica/file/record_copy.hpp"

namespace autocusto::replica {

struct refused_row {
  std::int64_t row = 0;
  record_copy* held = nullptr;
  refused_entry entry;
};

/// Those of records whose view is open here; none of a closed laptop. The oldest refusal first.
[[nodiscard]] std::vector<refused_row> refused_rows(replica_file& file, unit_of_work& set);
/// By id prefix. Errors: not_found, ambiguous.
[[nodiscard]] result<refused_row> select_refused(replica_file& file, unit_of_work& set,
                                                 std::string_view selector);
[[nodiscard]] const version_meta& meta_of(const refused_row& row);
/// The fields of the nearest accepted ancestor; of the empty record where there is none.
[[nodiscard]] domain::field_map base_fields(const refused_row& row);

}  // namespace autocusto::replica
