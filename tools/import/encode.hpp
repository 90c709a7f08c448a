#pragma once
// From planned records to versions with bytes, ids and parents.
//
// Everything is a function of the source's rows and the server's secrets: ids of accounts,
// incarnations and versions come out the same in a dry run, in the run, and when a run is taken
// back and made again. Salts are HMAC(server_secret, JCS["import/version", source, table, row id,
// digest]). One thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/intake/batch.hpp"
#include "tools/import/rules/judge.hpp"

namespace autocusto::import {

struct secrets {
  std::string_view tenant_key;     ///< names records
  std::string_view server_secret;  ///< makes what nobody may guess
};

struct target_user {
  store::pk key = 0;  ///< 0: a dry run has not made it
  user_id id;
};
using user_map = std::unordered_map<legacy_id, target_user>;

/// What earlier runs made of rows: (origin, row) -> version.
using known_versions = std::unordered_map<std::uint64_t, store::imported_version>;
[[nodiscard]] std::uint64_t known_key(store::import_origin origin, legacy_id id);

class encoder {
 public:
  /// `default_time` (milliseconds): of versions made from masters, which have none.
  encoder(secrets keys, std::string source, unix_millis default_time, const user_map& users)
      : keys_(keys), source_(std::move(source)), default_time_(default_time), users_(users) {}

  [[nodiscard]] intake::record_entry encode(const planned_record& record,
                                            const known_versions& known) const;
  [[nodiscard]] user_id account_id(legacy_id user) const;

 private:
  struct encoded_row {
    std::string fields;  ///< canonical JSON
    std::string created_at;
    std::int64_t digest = 0;
  };
  [[nodiscard]] encoded_row content_of(const planned_record& record,
                                       const planned_version& v) const;
  [[nodiscard]] std::string derive(std::string_view what, std::string_view a, std::string_view b,
                                   std::string_view c) const;

  secrets keys_;
  std::string source_;
  unix_millis default_time_;
  const user_map& users_;
};

/// The first eight bytes of SHA-256, as a number.
[[nodiscard]] std::int64_t digest_of(std::string_view text);

}  // namespace autocusto::import
