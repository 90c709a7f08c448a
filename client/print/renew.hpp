#pragma once
// Many processes in one PDF: what can be printed is, the others are named.
//
// One thread at a time per replica.

#include <span>
#include <string>
#include <vector>

#include "client/print/issue.hpp"

namespace autocusto::printing {

struct refused_process {
  std::string process;  ///< as it was asked for
  error why;
  std::vector<problem> problems;  ///< empty where `why` says it all
};

struct renewal {
  std::vector<drawn> printed;  ///< in the order asked for, each drawn as if alone
  std::vector<refused_process> refused;
  std::string pdf;  ///< of all; empty when nothing is printed
  std::string sha256;
  int pages = 0;
};

/// A key that stands there twice counts once. What is damaged is refused with errc::database. `how`
/// says everything but which process.
[[nodiscard]] renewal renew(const replica::reader& reader, std::span<const std::string> processes,
                            const order& how, const reference_source& catalogue,
                            const std::string& used);

}  // namespace autocusto::printing
