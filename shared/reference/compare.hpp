#pragma once
// What differs between two revisions of the catalogue, and how a new one is made from an import.
//
// Values and pure functions; any thread.

#include <cstddef>
#include <string>
#include <vector>

#include "shared/reference/catalogue.hpp"

namespace autocusto::reference {

enum class subject { disease, protocol, medicine };

enum class change_kind {
  added,
  retired,    ///< has gone from its source
  returned,   ///< was retired, and is there again
  removed,    ///< is not there at all any more; a server publishes no such revision
  renamed,    ///< name or printed name
  quantity,   ///< greatest quantity of a month
  limits,     ///< age or sex
  diseases,   ///< the CIDs for which it is
  medicines,  ///< the medicines of a protocol
  details     ///< anything else: unit, control, questions, documents, …
};

struct change {
  subject of = subject::medicine;
  change_kind kind = change_kind::added;
  std::string code;    ///< CID or code
  std::string before;  ///< for people; empty when there was nothing
  std::string after;
  friend bool operator==(const change&, const change&) = default;
};

/// By subject, code and kind.
[[nodiscard]] std::vector<change> compare(const catalogue& before, const catalogue& after);

/// The revision after `old` with the imported content. What curators added to `old` stays: printed
/// names of medicines whose name did not change, units, control lists, legacy ids, protocols. What
/// the import lacks stays with `retired_on`, the day from which the import is valid: medicines and
/// protocols whose codes are of a sort that the import holds (`legacy:` codes are another sort than
/// SIGTAP's digits), and diseases that nothing names any more. Sources of the same name are
/// replaced.
[[nodiscard]] catalogue next_revision(const catalogue& old, const catalogue& imported);

/// The revision after `now` with the content of an earlier one, valid from that day. What has been
/// added since stays, retired that day.
[[nodiscard]] catalogue restored_revision(const catalogue& now, const catalogue& old,
                                          const std::string& day);

/// Whether `after` may follow `before`: the next number, nothing removed. Errors: invalid_field.
[[nodiscard]] result<void> check_follows(const catalogue& before, const catalogue& after);

[[nodiscard]] std::string_view subject_name(subject of);
[[nodiscard]] std::string_view change_name(change_kind kind);

}  // namespace autocusto::reference
