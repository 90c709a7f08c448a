#pragma once
// What the reference catalogue says about a request. Private to client/print.
//
// Fills in what only the catalogue knows (the diagnosis; control list and unit of a row that names
// none), and notes what it speaks against. Pure; any thread.

#include <set>

#include "client/print/resolve.hpp"

namespace autocusto::printing {

void against_catalogue(resolved& out, const std::set<allowance>& allow,
                       const reference_source& catalogue);

}  // namespace autocusto::printing
