#pragma once
// Which kind of record a key of the simulation names: every third record is a process, the others
// are patients. Pure; any thread.

#include <cstdint>
#include <string>

#include "shared/domain/version.hpp"

namespace autocusto::simulation {

[[nodiscard]] inline bool is_process(std::uint32_t record) {
  return record % 3 == 2;
}

[[nodiscard]] inline std::string kind_of(const std::string& key) {
  return key.find('/') == std::string::npos ? "patient" : "process";
}

[[nodiscard]] inline record_id record_id_of(std::string_view tenant_key, const std::string& key) {
  return domain::make_record_id(tenant_key, kind_of(key), key);
}

}  // namespace autocusto::simulation
