// Looking things up in the reference catalogue while somebody types.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "shared/json/read.hpp"
#include "shared/reference/index.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_term = 1024;  ///< bytes
constexpr std::size_t k_most_found = 20;

json medicine_json(const reference::medicine& one, std::string_view cid) {
  const bool for_cid = std::find(one.cids.begin(), one.cids.end(), cid) != one.cids.end();
  return {{"code", one.code},   {"name", one.print_name},
          {"unit", one.unit},   {"control", one.control},
          {"for_cid", for_cid}, {"retired", one.retired_on.has_value()}};
}

/// By words; a blank term gives what may be asked for under the CID.
call_result medicines(call& c) {
  autocusto::json::reader in(c.sent);
  const auto term = in.string("term", k_term);
  const auto typed = in.optional_string("cid", k_term).value_or("");
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto catalogue = at->catalogue();
  const auto& index = *catalogue.index;
  const auto* disease = index.find_disease(typed);
  const auto cid = disease == nullptr ? std::string() : disease->cid;
  auto found = index.search(term, k_most_found).medicines;
  if (term.empty()) found = index.medicines_for(cid);
  if (found.size() > k_most_found) found.resize(k_most_found);
  json out = json::array();
  for (const auto* one : found) out.push_back(medicine_json(*one, cid));
  std::stable_partition(out.begin(), out.end(),
                        [](const json& one) { return one.at("for_cid") == true; });
  return json({{"medicines", std::move(out)}}).dump();
}

call_result diseases(call& c) {
  autocusto::json::reader in(c.sent);
  const auto term = in.string("term", k_term);
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto catalogue = at->catalogue();
  json out = json::array();
  for (const auto* one : catalogue.index->search(term, k_most_found).diseases) {
    out.push_back({{"cid", one->cid}, {"name", one->nome}});
  }
  return json({{"diseases", std::move(out)}}).dump();
}

}  // namespace

std::vector<call_entry> reference_calls() {
  return {{"POST", "/api/reference/medicines", access::open, medicines},
          {"POST", "/api/reference/diseases", access::open, diseases}};
}

}  // namespace autocusto::web
