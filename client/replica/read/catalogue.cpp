// The reference catalogue that a sync has fetched.
#include "client/replica/file/kept_catalogue.hpp"
#include "client/replica/read/reader.hpp"

namespace autocusto::replica {

std::optional<kept_catalogue> reader::catalogue() const {
  const sqlite::snapshot now(file_->db());
  return kept_catalogue_of(*file_);
}

std::optional<hash256> reader::catalogue_hash() const {
  const sqlite::snapshot now(file_->db());
  return kept_catalogue_hash(*file_);
}

}  // namespace autocusto::replica
