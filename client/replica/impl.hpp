#pragma once
// What a replica_store is made of. Private to client/replica.

#include <memory>
#include <utility>

#include "client/replica/file/ledger.hpp"
#include "client/replica/replica.hpp"

namespace autocusto::replica {

class replica_store::impl {
 public:
  impl(std::string home, std::unique_ptr<sqlite::database> db,
       std::unique_ptr<vault::random_pool> random, vault::keyring keys, const environment& env)
      : file(std::move(home), std::move(db), std::move(random), std::move(keys), env) {}

  ledger file;
};

}  // namespace autocusto::replica
