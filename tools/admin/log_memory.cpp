#include "tools/admin/log_memory.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

constexpr std::size_t k_day = 10;     // 2026-11-22
constexpr std::size_t k_month = 7;    // 2026-11
constexpr std::size_t k_newest = 64;  // all of these are kept
constexpr std::size_t k_days = 366;   // of which each keeps its last head

std::string_view first(const std::string& time, std::size_t length) {
  return std::string_view(time).substr(0, length);
}

bool no_key(std::string_view hex) {
  return std::all_of(hex.begin(), hex.end(), [](char c) { return c == '0'; });
}

}  // namespace

log_memory log_memory::parse(std::string_view text) {
  log_memory out;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) return out;
  try {
    for (const auto& item : document.at("heads")) {
      const auto link = hash256::parse(item.at("link").get<std::string>());
      if (link) out.heads_.push_back({item.at("seq"), *link, item.at("at")});
    }
    for (const auto& [id, key] : document.at("keys").items()) {
      if (const auto device = device_id::parse(id)) out.keys_.emplace(*device, key);
    }
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  return out;
}

std::string log_memory::text() const {
  auto heads = nlohmann::json::array();
  for (const auto& head : heads_) {
    heads.push_back({{"seq", head.seq}, {"link", head.link.text()}, {"at", head.at}});
  }
  auto keys = nlohmann::json::object();
  for (const auto& [device, key] : keys_) keys[device.text()] = key;
  return json::canonical({{"heads", std::move(heads)}, {"keys", std::move(keys)}});
}

std::string log_memory::look(const wire::audit_head& head) {
  if (!heads_.empty()) {
    const auto& last = heads_.back();
    if (head.seq < last.seq) {
      return fmt::format(
          "The audit log lacks lines {} to {} that this profile has seen (the last of them {}).",
          head.seq + 1, last.seq, when(last.at));
    }
    const bool same_place = head.seq == last.seq;
    const auto& there = same_place ? std::optional(head.link) : head.seen_link;
    const bool answers = same_place || head.seen == last.seq;
    if (answers && there != last.link) {
      return fmt::format(
          "The audit log does not go on from line {}, as this profile saw it {}: lines up to there "
          "were removed, changed or added.",
          last.seq, when(last.at));
    }
    if (!answers) return {};  // it was not asked about that line: it says nothing of the past
    if (same_place) return {};
  }
  remember(head);
  return {};
}

void log_memory::remember(const wire::audit_head& head) {
  if (head.seq == 0) return;
  heads_.push_back({head.seq, head.link, head.at});
  // Behind the newest ones the last of a day stands for the day.
  if (heads_.size() > k_newest + 1) {
    const auto i = heads_.size() - 1 - k_newest;
    if (first(heads_[i].at, k_day) == first(heads_[i + 1].at, k_day)) {
      heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  // Older than a year of days: the last one of each month.
  for (std::size_t i = 1; heads_.size() > k_days && i + k_days < heads_.size();) {
    const bool month_goes_on = first(heads_[i].at, k_month) == first(heads_[i + 1].at, k_month);
    if (month_goes_on) {
      heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  // The very first one stays: it says most.
  if (heads_.size() > k_most_heads) heads_.erase(heads_.begin() + 1);
}

void log_memory::accept(std::int64_t agreed, const wire::audit_head& head) {
  std::erase_if(heads_, [&](const seen_head& seen) { return seen.seq > agreed; });
  remember(head);
}

bool log_memory::same_key(const device_id& device, std::string_view key_hex) {
  const auto known = keys_.find(device);
  if (known != keys_.end()) return no_key(key_hex) || known->second == key_hex;
  if (!no_key(key_hex) && keys_.size() < k_most_keys) keys_.emplace(device, key_hex);
  return true;
}

std::optional<std::string> log_memory::key_of(const device_id& device) const {
  const auto known = keys_.find(device);
  if (known == keys_.end()) return std::nullopt;
  return known->second;
}

}  // namespace autocusto::admin
