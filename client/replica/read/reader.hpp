#pragma once
// The questions that a replica answers. Nothing here changes it, but `verify`, which notes what it
// has told.
//
// A handle on the open file (client/replica/replica.hpp), which must outlive it. Each call reads
// one snapshot and does not wait for writers. `key` is as typed. Errors common to questions about
// one record: not_found, invalid_key, ambiguous (a selector), device_revoked while the laptop is
// closed. One thread at a time per file.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace autocusto::replica {

class replica_file;

class reader {
 public:
  explicit reader(replica_file& file) : file_(&file) {}

  /// Another number whenever another process, or another object on the same folder, has changed
  /// something. Cheap.
  [[nodiscard]] std::int64_t changes_elsewhere() const;

  /// The shown active version (else the newest draft), or the selected one.
  [[nodiscard]] result<record_shown> show(
      std::string_view kind, std::string_view key,
      const std::optional<std::string>& selector = std::nullopt) const;
  /// What the term finds by shared/domain/search.hpp, in names and keys; blank: all. Sorted by the
  /// folded name, then the original, then the key. A record whose view was damaged is left out;
  /// `damaged` is how many there are, of whatever kind.
  [[nodiscard]] result<std::vector<list_item>> search(std::string_view kind, std::string_view term,
                                                      std::size_t* damaged = nullptr) const;
  [[nodiscard]] result<std::vector<list_item>> list(std::string_view kind) const {
    return search(kind, {});
  }
  /// All visible versions, oldest first, numbered 1, 2, 3 …
  [[nodiscard]] result<std::vector<version_info>> history(std::string_view kind,
                                                          std::string_view key) const;
  [[nodiscard]] result<std::vector<domain::field_change>> diff(std::string_view kind,
                                                               std::string_view key,
                                                               std::string_view from,
                                                               std::string_view to) const;
  [[nodiscard]] std::vector<conflict_item> conflicts() const;
  [[nodiscard]] replica::status status() const;
  /// Everything that waits, in the order of saving; nothing of records that are damaged.
  [[nodiscard]] std::vector<waiting_item> waiting() const;
  [[nodiscard]] std::vector<notice> notices() const;
  /// What was kept under that name: none of a closed laptop, nor of records that were taken away.
  [[nodiscard]] std::vector<kept_text> kept_texts(std::string_view name) const;

  /// The reference catalogue that was fetched; nothing before the first.
  [[nodiscard]] std::optional<kept_catalogue> catalogue() const;
  /// Its hash alone: cheap.
  [[nodiscard]] std::optional<hash256> catalogue_hash() const;

  /// What the server refused.
  [[nodiscard]] std::vector<refused_item> refused() const;
  /// By id prefix. Errors: not_found, ambiguous.
  [[nodiscard]] result<refused_shown> refused_show(std::string_view selector) const;

  /// Whether the laptop has lost its access: then nothing is shown or saved here.
  [[nodiscard]] bool closed() const;
  /// Errors: device_revoked while it is closed, with the sentence that everything else answers.
  [[nodiscard]] result<void> check_access() const;

  /// One JSON object a line (without the line's end) for every visible version:
  /// {kind,key,version_id,number,parents,author,created_at,status,summary,fields,active,head,
  /// synced,archived,header,payload}. Returns the number of lines.
  std::size_t export_lines(const std::function<void(std::string_view line)>& sink) const;
  /// Opens every cell and recomputes every hash, parent, generation and view.
  [[nodiscard]] verify_report verify() const;

 private:
  replica_file* file_;
};

}  // namespace autocusto::replica
