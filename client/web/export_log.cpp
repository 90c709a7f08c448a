#include "client/web/export_log.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "shared/base/clock.hpp"

namespace autocusto::web {
namespace {

constexpr std::string_view k_exports = "page_exports";
constexpr std::size_t k_most = 50;

}  // namespace

nlohmann::json noted_exports(const replica::identity_store& own) {
  const auto kept = own.setting(k_exports);
  auto list = nlohmann::json::parse(kept.value_or("[]"), nullptr, false);
  return list.is_array() ? list : nlohmann::json::array();
}

result<void> note_export(replica::identity_store own, std::size_t records) {
  auto list = noted_exports(own);
  nlohmann::json line = {{"at", format_time(system_clock_source().now())}, {"records", records}};
  list.insert(list.begin(), std::move(line));
  while (list.size() > k_most) list.erase(list.size() - 1);
  return own.set_setting(k_exports, list.dump());
}

}  // namespace autocusto::web
