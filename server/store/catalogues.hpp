#pragma once
// Revisions of the reference catalogue, named by the hash of their text, numbered when they are
// published. Published ones are never changed or removed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct catalogue_row {
  hash256 hash;
  std::int64_t revision = 0;
  unix_millis published_at = 0;
  std::string content;  ///< canonical text; empty where a list was asked for
};

namespace catalogues {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// The published revision with the greatest number, without its content; nothing while there is
  /// none.
  std::optional<catalogue_row> newest();
  std::optional<catalogue_row> revision(std::int64_t number);
  /// All published ones by number, without their contents.
  std::vector<catalogue_row> revisions();
  /// The content that was sent under this hash and is not published; nothing when there is none.
  std::optional<std::string> sent(const hash256& hash);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Keeps a content for publishing, and drops any other that was sent and not published.
  void keep_sent(const hash256& hash, std::string_view content);
  /// Publishes a content, whether it was sent before or not.
  void publish(const catalogue_row& row);
};

}  // namespace catalogues

}  // namespace autocusto::store
