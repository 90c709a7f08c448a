#include "shared/json/read.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace autocusto::json {
namespace {

/// What stands for members that are missing, so that reading can go on to the end.
const nlohmann::json& nothing() {
  static const nlohmann::json null;
  return null;
}

}  // namespace

reader::reader(const nlohmann::json& object, std::string path, errc code)
    : reader(object, std::move(path), code, nullptr) {}

reader::reader(const nlohmann::json& object, std::string path, errc code,
               std::optional<error>* latch)
    : object_(object),
      path_(std::move(path)),
      code_(code),
      latch_(latch == nullptr ? &own_ : latch) {
  if (!object_.is_object()) refuse({}, "must be a JSON object");
}

std::string reader::path_of(std::string_view name) const {
  if (name.empty()) return path_;
  std::string path = path_;
  if (!path.empty()) path.push_back('.');
  return path.append(name);
}

std::string reader::element_name(std::string_view name, std::size_t index) {
  std::string element(name);
  return element.append("[").append(std::to_string(index)).append("]");
}

void reader::refuse(std::string_view name, std::string_view what,
                    std::optional<std::int64_t> limit) {
  if (failed()) return;
  std::string path = path_of(name);
  std::string message = path.empty() ? "The message" : "The field " + path;
  message.append(" ").append(what).append(".");
  *latch_ = fail(code_, std::move(message), std::move(path), limit);
}

const nlohmann::json* reader::find(std::string_view name) {
  seen_.emplace_back(name);
  if (!object_.is_object()) return nullptr;
  const auto at = object_.find(name);
  return at == object_.end() ? nullptr : &*at;
}

const nlohmann::json* reader::required(std::string_view name) {
  const nlohmann::json* found = find(name);
  if (found == nullptr) refuse(name, "is missing");
  return found;
}

bool reader::has(std::string_view name) {
  const nlohmann::json* found = find(name);
  return found != nullptr && !found->is_null();
}

std::optional<std::string_view> reader::text(std::string_view name) {
  const nlohmann::json* found = required(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    refuse(name, "must be a text");
    return std::nullopt;
  }
  return found->get_ref<const std::string&>();
}

std::string reader::string(std::string_view name, std::size_t max_bytes) {
  const auto found = text(name);
  if (!found) return {};
  if (found->size() > max_bytes) {
    refuse(name, "is longer than " + std::to_string(max_bytes) + " bytes",
           static_cast<std::int64_t>(max_bytes));
    return {};
  }
  return std::string(*found);
}

std::optional<std::string> reader::optional_string(std::string_view name, std::size_t max_bytes) {
  if (!has(name)) return std::nullopt;
  return string(name, max_bytes);
}

std::int64_t reader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const nlohmann::json* found = required(name);
  if (found == nullptr) return min;
  if (!found->is_number_integer()) {
    refuse(name, "must be an integer");
    return min;
  }
  const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX;
  const auto number = huge ? INT64_MAX : found->get<std::int64_t>();
  if (number < min) {
    refuse(name, "must be at least " + std::to_string(min), min);
    return min;
  }
  if (huge || number > max) {
    refuse(name, "must be at most " + std::to_string(max), max);
    return min;
  }
  return number;
}

std::optional<std::int64_t> reader::optional_integer(std::string_view name, std::int64_t min,
                                                     std::int64_t max) {
  if (!has(name)) return std::nullopt;
  return integer(name, min, max);
}

bool reader::boolean(std::string_view name) {
  const nlohmann::json* found = required(name);
  if (found == nullptr) return false;
  if (!found->is_boolean()) {
    refuse(name, "must be true or false");
    return false;
  }
  return found->get<bool>();
}

bool reader::boolean_or(std::string_view name, bool fallback) {
  return has(name) ? boolean(name) : fallback;
}

std::size_t reader::array_size(std::string_view name, std::size_t max_count) {
  const nlohmann::json* found = required(name);
  if (found == nullptr) return 0;
  if (!found->is_array()) {
    refuse(name, "must be a list");
    return 0;
  }
  if (found->size() > max_count) {
    refuse(name, "has more than " + std::to_string(max_count) + " entries",
           static_cast<std::int64_t>(max_count));
    return 0;
  }
  return found->size();
}

std::optional<std::string_view> reader::element_text(std::string_view name, std::size_t index) {
  const nlohmann::json& found = object_.find(name)->at(index);
  if (!found.is_string()) {
    refuse(element_name(name, index), "must be a text");
    return std::nullopt;
  }
  return found.get_ref<const std::string&>();
}

std::vector<std::string> reader::strings(std::string_view name, std::size_t max_count,
                                         std::size_t max_bytes_each) {
  std::vector<std::string> out;
  const std::size_t count = array_size(name, max_count);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = element_text(name, i);
    if (!found) return {};
    if (found->size() > max_bytes_each) {
      refuse(element_name(name, i), "is longer than " + std::to_string(max_bytes_each) + " bytes",
             static_cast<std::int64_t>(max_bytes_each));
      return {};
    }
    out.emplace_back(*found);
  }
  return out;
}

const nlohmann::json& reader::value(std::string_view name) {
  const nlohmann::json* found = required(name);
  return found == nullptr ? nothing() : *found;
}

reader reader::object(std::string_view name) {
  return reader(value(name), path_of(name), code_, latch_);
}

reader reader::element(std::string_view name, std::size_t index) {
  return reader(object_.find(name)->at(index), path_of(element_name(name, index)), code_, latch_);
}

void reader::strict() {
  if (!object_.is_object()) return;
  for (const auto& [key, unused] : object_.items()) {
    // The name is the sender's: it may say anything, so the error does not repeat it.
    if (std::find(seen_.begin(), seen_.end(), key) == seen_.end()) {
      refuse({}, "holds a member that has no meaning here; leave it out");
      return;
    }
  }
}

}  // namespace autocusto::json
