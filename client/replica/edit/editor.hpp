#pragma once
// What a doctor does to records. Each call is one transaction and is on disk when it answers.
//
// A handle on the open file (client/replica/replica.hpp), which must outlive it. `key` is as typed.
// Common errors: not_found, invalid_key, invalid_field, ambiguous (a selector, or several drafts),
// not_enrolled, device_revoked while the laptop is closed, replica_busy. One thread at a time per
// file.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace autocusto::replica {

class replica_file;

class editor {
 public:
  explicit editor(replica_file& file) : file_(&file) {}

  /// Creates or updates: starts from the shown active version (else the newest draft; drafts from
  /// the newest draft, else the active version), sets the given fields. If no field differs,
  /// nothing is saved.
  [[nodiscard]] result<saved> save(const edit& what, edit_problems* why = nullptr);
  /// All of them in one transaction, or none. The error's sentence names the line (from 1), and
  /// `why` all that is wrong with the first 50 wrong lines, those that cannot be read among them,
  /// and how many there are. Edits of one record build on each other.
  [[nodiscard]] result<std::vector<saved>> save_all(std::span<const edit> edits,
                                                    edit_problems* why = nullptr);
  /// An active version from a draft (the newest, or the selected one). Errors: not_found without a
  /// draft; ambiguous when there are several and no selector.
  [[nodiscard]] result<saved> publish(std::string_view kind, std::string_view key,
                                      const std::optional<std::string>& selector,
                                      const std::optional<std::string>& summary,
                                      edit_problems* why = nullptr);
  /// Takes a draft out of sight; the version stays. Answers its id.
  [[nodiscard]] result<version_id> discard_draft(std::string_view kind, std::string_view key,
                                                 const std::optional<std::string>& selector);
  /// A new version with the fields of the selected one.
  [[nodiscard]] result<saved> revert(std::string_view kind, std::string_view key,
                                     std::string_view selector,
                                     const std::optional<std::string>& summary,
                                     edit_problems* why = nullptr);
  /// Joins all shown heads. Errors: not_found without a conflict; conflict_open when fields are
  /// left undecided (`field` names the first).
  [[nodiscard]] result<saved> resolve(std::string_view kind, std::string_view key,
                                      const resolution& how, edit_problems* why = nullptr);
  /// The fields that `resolve` would save, and nothing is saved. The same errors but those of
  /// validation.
  [[nodiscard]] result<domain::field_map> preview(std::string_view kind, std::string_view key,
                                                  const resolution& how) const;

  /// Sets what a refused version changed against its nearest accepted ancestor onto the shown
  /// active version, as a new edit, and takes it off the list.
  [[nodiscard]] result<saved> refused_reapply(std::string_view selector,
                                              edit_problems* why = nullptr);
  /// Erases a refused version from this laptop, and its local descendants with it; answers how
  /// many.
  [[nodiscard]] result<std::size_t> refused_discard(std::string_view selector);

  [[nodiscard]] result<void> forget_notices();
  /// Texts about records that others keep here under one name, sealed, in place of those before.
  /// What is about a record that is not shown here is left out, and what is about one that is
  /// erased is erased with it.
  [[nodiscard]] result<void> keep_texts(std::string_view name, std::span<const kept_text> texts);

 private:
  replica_file* file_;
};

}  // namespace autocusto::replica
