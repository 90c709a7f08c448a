// Records and versions: numbers, hashes, parents, generations, and whether bytes and rows agree.
#include <algorithm>

#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/sync/verify_parts.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::sync::detail {
namespace {

constexpr std::int64_t k_records = 200;  // at a time: their graphs
constexpr std::size_t k_versions = 250;  // at a time: their bytes

std::string name_of(const store::version_node& node) {
  return "version " + std::to_string(node.key) + " (record " + std::to_string(node.record) +
         ", number " + std::to_string(node.number) + ")";
}

}  // namespace

void verifier::walk_records() {
  store::pk after = 0;
  for (;;) {
    const auto records = store::records::reads(snapshot_).records_after(after, k_records);
    if (records.empty()) break;
    after = records.back().key;
    std::vector<store::pk> keys;
    for (const auto& record : records) keys.push_back(record.key);
    const auto graph = versions_.graphs(keys, 0);
    std::unordered_map<store::pk, std::vector<const store::version_node*>> nodes;
    for (const auto& node : graph) nodes[node.record].push_back(&node);
    for (const auto& record : records) check_record(record, std::move(nodes[record.key]));
    report_.counts.records += static_cast<std::int64_t>(records.size());
    tell("records", report_.counts.records);
  }
  const auto total = store::settings::reads(snapshot_).stats().versions;
  if (total != report_.counts.versions) {
    find("version_without_record", "versions " + std::to_string(total) + ", of records " +
                                       std::to_string(report_.counts.versions));
  }
}

void verifier::check_record(const store::record_row& record,
                            std::vector<const store::version_node*> nodes) {
  const std::string where = "record " + std::to_string(record.key);
  std::sort(nodes.begin(), nodes.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  std::int64_t expected = 0;
  for (const auto* node : nodes) {
    if (node->number != ++expected) {
      find("number_gap", name_of(*node));
      break;
    }
  }
  if (record.last_number != static_cast<std::int64_t>(nodes.size())) {
    find("last_number", where);
  }
  if (nodes.empty()) find("record_without_version", where);
  if (!options_.tenant_key.empty() &&
      domain::make_record_id(options_.tenant_key, record.kind, record.natural_key) != record.id) {
    find("record_id", where);
  }
  std::unordered_map<version_id, const store::version_node*> known;
  std::unordered_map<store::pk, const store::version_node*> by_key;
  for (const auto* node : nodes) {
    known.emplace(node->id, node);
    by_key.emplace(node->key, node);
  }
  for (const auto* node : nodes) check_parents(*node, known);
  for (std::size_t from = 0; from < nodes.size(); from += k_versions) {
    std::vector<store::pk> keys;
    for (std::size_t i = from; i < std::min(nodes.size(), from + k_versions); ++i) {
      keys.push_back(nodes[i]->key);
    }
    const auto found = versions_.versions(keys);
    if (found.size() != keys.size()) find("version_bytes_missing", where);
    for (const auto& bytes : found) check_bytes(bytes, *by_key.at(bytes.key), record);
  }
  report_.counts.versions += static_cast<std::int64_t>(nodes.size());
}

void verifier::check_parents(
    const store::version_node& node,
    const std::unordered_map<version_id, const store::version_node*>& known) {
  std::int64_t greatest = 0;
  std::vector<version_id> missing;
  for (const auto& parent : node.parents) {
    const auto at = known.find(parent);
    if (at == known.end()) {
      missing.push_back(parent);
      continue;
    }
    greatest = std::max(greatest, at->second->generation);
  }
  if (!missing.empty()) {
    // Known elsewhere, or not below: then it is not a version that waits for its parents.
    const bool damaged = !versions_.version_keys(missing).empty() || node.generation <= greatest;
    return damaged ? find("parent_missing", name_of(node)) : await_parents(name_of(node));
  }
  if (node.generation != greatest + 1) find("generation", name_of(node));
}

void verifier::check_bytes(const store::stored_version& bytes, const store::version_node& node,
                           const store::record_row& record) {
  const std::string where = name_of(node);
  if (crypto::sha256(bytes.header).raw() != node.id.raw()) find("header_hash", where);
  const auto header = domain::decode_header(bytes.header);
  if (!header) return find("header_form", where);
  const auto author = users_.find(node.author);
  const auto device = devices_.find(node.device);
  const bool agrees = header->parents == node.parents && header->generation == node.generation &&
                      header->status == node.status && author != users_.end() &&
                      author->second == header->author && device != devices_.end() &&
                      device->second.id == header->device;
  if (!agrees) find("header_row", where);
  if (header->record.id != record.id || header->record.kind != record.kind) {
    find("header_record", where);
  }
  if (!bytes.payload) return find("payload_missing", where);
  check_payload(bytes, header->payload_hash, record, where);
}

void verifier::check_payload(const store::stored_version& bytes, const hash256& expected,
                             const store::record_row& record, const std::string& where) {
  if (crypto::sha256(*bytes.payload) != expected) return find("payload_hash", where);
  const auto payload = domain::decode_payload(*bytes.payload, record.kind);
  if (!payload) return find("payload_form", where);
  if (payload->key != record.natural_key) find("payload_key", where);
}

}  // namespace autocusto::sync::detail
