#include "tools/admin/text.hpp"

#include <algorithm>

#include "shared/cli/terminal.hpp"
#include "shared/domain/structured.hpp"

namespace autocusto::admin {
namespace {

/// E-mails name users without regard to case.
bool same_email(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

constexpr std::size_t k_short_id = 10;

/// Bytes of the code point that begins with this byte; 1 for what is no UTF-8.
std::size_t code_point_size(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

}  // namespace

std::string short_id(const version_id& id) {
  return id.text().substr(0, k_short_id);
}

std::string when(std::string_view time) {
  constexpr std::size_t minutes = 16;  // 2026-11-22T10:00
  if (time.size() < minutes) return std::string(time);
  std::string out(time.substr(0, minutes));
  out[10] = ' ';
  return out + "Z";
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

nlohmann::json ids_json(const std::vector<version_id>& ids) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& id : ids) out.push_back(id.text());
  return out;
}

nlohmann::json changes_json(const std::vector<domain::field_change>& changes) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& change : changes) {
    out.push_back({{"field", change.field},
                   {"from", domain::json_of(change.from)},
                   {"to", domain::json_of(change.to)}});
  }
  return out;
}

nlohmann::json items_json(nlohmann::json items) {
  nlohmann::json out = nlohmann::json::object();
  out["count"] = items.size();
  out["items"] = std::move(items);
  return out;
}

std::string standing(const msg::version_item& v) {
  std::vector<std::string> parts;
  if (!v.active_for.empty()) parts.push_back("active for " + joined(v.active_for, ", "));
  std::vector<std::string> only_head;
  for (const auto& user : v.head_of) {
    if (std::find(v.active_for.begin(), v.active_for.end(), user) == v.active_for.end()) {
      only_head.push_back(user);
    }
  }
  if (!only_head.empty()) parts.push_back("head of " + joined(only_head, ", "));
  if (!v.draft_of.empty()) parts.push_back("draft of " + joined(v.draft_of, ", "));
  if (v.status == "draft" && v.draft_of.empty()) parts.emplace_back("draft");
  if (v.archived) parts.emplace_back("archived");
  if (v.erased) parts.emplace_back("erased");
  return joined(parts, "; ");
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  const std::string clean = cli::printable(text);
  std::vector<std::string> lines{std::string()};
  std::size_t columns = 0;
  std::size_t blank = std::string::npos;  // in the last line
  for (std::size_t at = 0; at < clean.size();) {
    const auto size = code_point_size(static_cast<unsigned char>(clean[at]));
    const std::string point = clean.substr(at, size);
    const std::size_t wide = cli::display_width(point);
    if (columns + wide > width && columns > 0) {
      std::string& full = lines.back();
      std::string rest;
      if (blank != std::string::npos) {
        rest = full.substr(blank + 1);
        full.resize(blank);
      }
      columns = cli::display_width(rest);
      lines.push_back(std::move(rest));
      blank = std::string::npos;
      continue;
    }
    if (point == " ") blank = lines.back().size();
    lines.back() += point;
    columns += wide;
    at += size;
  }
  return lines;
}

result<msg::user_item> find_user(const msg::user_list& in, const std::string& named) {
  std::vector<const msg::user_item*> exact;
  std::vector<const msg::user_item*> alike;
  for (const auto& user : in.items) {
    if (user.id.text() == named) return user;
    if (user.email == named) exact.push_back(&user);
    if (same_email(user.email, named)) alike.push_back(&user);
  }
  const auto& found = exact.empty() ? alike : exact;
  if (found.size() == 1) return *found[0];
  if (found.empty()) {
    return fail(errc::not_found, "There is no user with this e-mail; see `user list`.", "user");
  }
  return fail(
      errc::ambiguous,
      "Several accounts have this e-mail; name the one that is meant by its exact spelling or "
      "its id, see `user list --json`.",
      "user");
}

}  // namespace autocusto::admin
