#pragma once
// An emission again, byte by byte: from the versions that it pins.
//
// One thread at a time per replica.

#include <string>

#include "client/print/reference.hpp"
#include "client/print/template_folder.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

struct reprinted {
  std::string emission;  ///< key
  std::string pdf;
  std::string sha256;
  int pages = 0;
};

/// Errors: not_found, also when a pinned version's contents were erased; invalid_field for a
/// cancelled one unless `cancelled_too`; hash_mismatch when the bytes would differ from those that
/// were issued.
[[nodiscard]] result<reprinted> reprint(const replica::reader& reader, std::string_view emission,
                                        const reference_source& catalogue,
                                        const template_source& templates = {},
                                        bool cancelled_too = false);

/// The emission of that key, or of that unique beginning (four digits at least) of its mark.
/// Errors: not_found, ambiguous.
[[nodiscard]] result<std::string> find_emission(const replica::reader& reader,
                                                std::string_view typed);

}  // namespace autocusto::printing
