#pragma once
// What is done to a process besides editing it: it is closed, or goes on under another CID.
//
// One transaction each. One thread at a time per replica.

#include <string>
#include <vector>

#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

/// Errors: not_found; usage without a reason; those of saving.
[[nodiscard]] result<replica::saved> close_process(const replica::reader& reader,
                                                   replica::editor& editor,
                                                   const std::string& process,
                                                   const std::string& reason);

/// A new process under `cid` with everything that the old one holds; the old one is closed with the
/// reason. `cid` may end in `/2` to `/9`. Answers the new one, then the old one. Errors: not_found,
/// invalid_key; usage without a reason; already_exists; conflict_open while versions of the old one
/// stand side by side.
[[nodiscard]] result<std::vector<replica::saved>> recode_process(const replica::reader& reader,
                                                                 replica::editor& editor,
                                                                 const std::string& process,
                                                                 const std::string& cid,
                                                                 const std::string& reason);

/// Only what happens to the paper may be said of an emission. Errors: not_found; those of saving.
[[nodiscard]] result<replica::saved> mark_emission(const replica::reader& reader,
                                                   replica::editor& editor,
                                                   const std::string& emission,
                                                   const domain::field_map& state_and_note,
                                                   replica::edit_problems* why);

/// The error of a batch without the line that it names: the batch came from no file.
[[nodiscard]] error without_line(error e);

}  // namespace autocusto::printing
