#pragma once
// SIGTAP, the table of procedures of the Brazilian health system, as a reference catalogue.
//
// DATASUS publishes it each month as a ZIP of text files. Of the procedures only those of the group
// 06.04 (medicines of the specialised component) become medicines; diseases are the CIDs for which
// one of them is, or the whole CID table. QT_MAXIMA_EXECUCAO is taken as the greatest quantity of a
// month, ages are in months. SIGTAP has no protocols, control lists and printed names: those stay
// empty, or are the name (reference::next_revision keeps what people added). Pure but for the
// memory of libzip; any thread.

#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/reference/catalogue.hpp"
#include "tools/sigtap/table.hpp"

namespace autocusto::sigtap {

inline constexpr std::size_t k_zip_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t k_file_bytes = 32 * 1024 * 1024;  ///< of one file, unpacked

/// The six files that are read.
struct tables {
  text_file procedures;         ///< tb_procedimento.txt
  text_file procedures_layout;  ///< tb_procedimento_layout.txt, and so on
  text_file cids;
  text_file cids_layout;
  text_file links;  ///< rl_procedimento_cid.txt
  text_file links_layout;
};

/// The six under their names, without bytes.
[[nodiscard]] tables named_tables();

/// Reads the six table files from a ZIP, in whatever folder of it they are. Errors: malformed (no
/// ZIP, damaged, a file is missing), too_large.
[[nodiscard]] result<tables> unzip_tables(std::string_view zip);

/// The catalogue of the tables, as revision 0. Errors: malformed, with file and line.
[[nodiscard]] result<reference::catalogue> read_tables(const tables& from, bool all_diseases);

/// The unit that a name of SIGTAP tells, `comprimido`; empty when it tells none that is known.
[[nodiscard]] std::string unit_in(std::string_view name);

}  // namespace autocusto::sigtap
