#include "shared/http/router.hpp"

#include <optional>

#include "shared/http/framing.hpp"

namespace autocusto::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (true) {
    const auto end = path.find('/');
    segments.emplace_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

bool is_capture(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool has_handler(const endpoint& target) {
  return std::visit([](const auto& handler) { return static_cast<bool>(handler); }, target.handler);
}

/// The captures when the path fits the pattern; nothing when it does not.
std::optional<std::map<std::string, std::string>> fit(const std::vector<std::string>& pattern,
                                                      const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> captures;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto& segment = pattern[i];
    if (!is_capture(segment)) {
      if (segment != path[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decode(path[i]);
    if (!value || value->empty()) return std::nullopt;
    captures[segment.substr(1, segment.size() - 2)] = *std::move(value);
  }
  return captures;
}

}  // namespace

result<router> router::make(std::vector<endpoint> table) {
  router made;
  for (auto& target : table) {
    if (target.path.empty() || target.path.front() != '/' || target.method.empty() ||
        !has_handler(target)) {
      return fail(errc::usage, "An endpoint needs a method, a path and a handler: '" +
                                   target.method + ' ' + target.path + "'.");
    }
    for (const auto& other : made.lines_) {
      if (other.target.method == target.method && other.target.path == target.path) {
        return fail(errc::usage,
                    "Two endpoints are '" + target.method + ' ' + target.path + "'; keep one.");
      }
    }
    auto segments = split(target.path);
    made.lines_.push_back({std::move(segments), std::move(target)});
  }
  return made;
}

route_match router::find(std::string_view method, std::string_view path) const {
  route_match found;
  if (path.empty() || path.front() != '/') return found;
  const auto segments = split(path);
  for (const auto& candidate : lines_) {
    auto captures = fit(candidate.segments, segments);
    if (!captures) continue;
    if (candidate.target.method == method) {
      found.target = &candidate.target;
      found.captures = *std::move(captures);
      return found;
    }
    if (!found.allow.empty()) found.allow += ", ";
    found.allow += candidate.target.method;
  }
  return found;
}

}  // namespace autocusto::http
