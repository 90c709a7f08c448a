#pragma once
// ZIP files with SIGTAP's tables, for tests: of the small table in schema/catalogue/sigtap, or of
// that with one file changed. They throw when something is missing.

#include <string>
#include <vector>

#include "tools/sigtap/import.hpp"

namespace autocusto::test {

[[nodiscard]] std::string file_bytes(const std::string& path);

/// The tables of that folder.
[[nodiscard]] sigtap::tables sigtap_tables(const std::string& folder);

/// The files of the tables, in any order.
[[nodiscard]] std::vector<sigtap::text_file*> files_of(sigtap::tables& tables);

/// A ZIP of files; `stored` leaves them uncompressed, so that their bytes can be found in it.
[[nodiscard]] std::string zip_of(const std::vector<sigtap::text_file>& files, bool stored = false);
[[nodiscard]] std::string zip_of(sigtap::tables tables, bool stored = false);

}  // namespace autocusto::test
