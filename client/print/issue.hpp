#pragma once
// Issuing: the shown versions become a PDF, and what was issued becomes a record.
//
// Two steps, so that the paper can be put aside before the record is saved: `draw` reads and draws
// and changes nothing; `record` saves the emissions of what was drawn, each once. One thread at a
// time per replica.

#include <span>
#include <string>
#include <vector>

#include "client/pdf/report.hpp"
#include "client/print/emission.hpp"
#include "client/print/reference.hpp"
#include "client/print/resolve.hpp"
#include "client/print/sources.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

/// The form of the LME that is compiled in.
inline constexpr const char* k_own_form = "lme";

struct order {
  selection what;
  print_options how;
  std::string form = k_own_form;  ///< pinned: the ids of `how.templates`, or the own form
};

struct drawn {
  pins made;
  bool draft = false;  ///< marked as such, and no emission
  std::string pdf;
  int pages = 0;
  std::vector<pdf::printed_document> documents;
  std::vector<problem> warnings;
  pdf::print_request request;
};

/// Everything that keeps the process from being printed; empty: it prints. Errors: those of
/// `gather`.
[[nodiscard]] result<resolved> check(const replica::reader& reader, const order& what,
                                     const reference_source& catalogue, const std::string& used);

/// Errors: those of `gather`; conflict_open; invalid_field with all problems in `why`, of which
/// `cancelled` is one: the same paper was issued and cancelled.
[[nodiscard]] result<drawn> draw(const replica::reader& reader, const order& what,
                                 const reference_source& catalogue, const std::string& used,
                                 std::vector<problem>* why);

struct recorded {
  std::string emission;  ///< key; empty for a draft
  bool created = false;  ///< false: the same thing was issued before
};
/// All of them in one transaction, parallel to `all`. Errors: those of saving.
[[nodiscard]] result<std::vector<recorded>> record(const replica::reader& reader,
                                                   replica::editor& editor,
                                                   std::span<const drawn> all);

}  // namespace autocusto::printing
