#pragma once
// Reading wire objects: typed members, and errors that name the field.
//
// Each call returns the member, or an empty value after noting the error. Only the first error is
// kept, so a message is read straight through and checked once at the end:
//
//   json::reader in(value);
//   push p{.id = in.id<push_id>("push_id"), .versions = in.ids<version_id>("versions", 1000)};
//   if (auto e = in.finish()) return *e;
//
// Members that nobody asks for are ignored (a newer peer may send them) unless `strict()` is
// called. A reader refers to the JSON value, and child readers also to their root: both must
// outlive it. The errors name the path (`versions[3].header`) and never a value. One thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"

namespace autocusto::json {

class reader {
 public:
  /// `path` is what errors call this object; empty for a whole message. `code` is the errors' code.
  explicit reader(const nlohmann::json& object, std::string path = {}, errc code = errc::malformed);
  explicit reader(nlohmann::json&&, std::string = {}, errc = errc::malformed) = delete;
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() = default;

  /// Whether the member is there and not null.
  [[nodiscard]] bool has(std::string_view name);

  /// Sizes are in bytes of UTF-8.
  [[nodiscard]] std::string string(std::string_view name, std::size_t max_bytes);
  /// Nothing when the member is missing or null.
  [[nodiscard]] std::optional<std::string> optional_string(std::string_view name,
                                                           std::size_t max_bytes);
  /// Both bounds included.
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name,
                                                             std::int64_t min, std::int64_t max);
  [[nodiscard]] bool boolean(std::string_view name);
  /// `fallback` when the member is missing or null.
  [[nodiscard]] bool boolean_or(std::string_view name, bool fallback);

  /// A `fixed_id` in its text form.
  template <class Id>
  [[nodiscard]] Id id(std::string_view name) {
    return parsed<Id>(name, text(name));
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> optional_id(std::string_view name) {
    if (!has(name)) return std::nullopt;
    return id<Id>(name);
  }
  /// An array of at most `max_count` identifiers, in its order.
  template <class Id>
  [[nodiscard]] std::vector<Id> ids(std::string_view name, std::size_t max_count) {
    std::vector<Id> out;
    const std::size_t count = array_size(name, max_count);
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(parsed<Id>(element_name(name, i), element_text(name, i)));
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> strings(std::string_view name, std::size_t max_count,
                                                 std::size_t max_bytes_each);

  /// The member as it is (null when it is missing, which is an error). Valid while the JSON value
  /// lives.
  [[nodiscard]] const nlohmann::json& value(std::string_view name);

  /// A reader of the object in that member; its errors land here.
  [[nodiscard]] reader object(std::string_view name);
  /// Calls `each(reader&)` for the objects of an array of at most `max_count`, until an error.
  template <class Each>
  void objects(std::string_view name, std::size_t max_count, Each&& each) {
    const std::size_t count = array_size(name, max_count);
    for (std::size_t i = 0; i < count && !failed(); ++i) {
      reader child = element(name, i);
      each(child);
    }
  }

  /// Refuses members that were not asked for up to now: call it after the last read.
  void strict();

  /// Notes an error of the caller's own about a member, if there is none yet. The sentence follows
  /// the field's name: `in.refuse("created_at", "is not a time")`.
  void refuse(std::string_view name, std::string_view what,
              std::optional<std::int64_t> limit = std::nullopt);

  [[nodiscard]] bool failed() const { return latch_->has_value(); }
  /// The first error of this message, its children's included.
  [[nodiscard]] std::optional<error> finish() const { return *latch_; }

 private:
  reader(const nlohmann::json& object, std::string path, errc code, std::optional<error>* latch);

  const nlohmann::json* find(std::string_view name);
  const nlohmann::json* required(std::string_view name);
  std::optional<std::string_view> text(std::string_view name);
  std::size_t array_size(std::string_view name, std::size_t max_count);
  reader element(std::string_view name, std::size_t index);
  std::optional<std::string_view> element_text(std::string_view name, std::size_t index);
  static std::string element_name(std::string_view name, std::size_t index);
  [[nodiscard]] std::string path_of(std::string_view name) const;

  template <class Id>
  Id parsed(std::string_view name, std::optional<std::string_view> from) {
    if (!from) return Id{};
    if (auto id = Id::parse(*from)) return *id;
    refuse(name, "is not an identifier in its text form");
    return Id{};
  }

  const nlohmann::json& object_;
  std::string path_;
  errc code_;
  std::optional<error> own_;
  std::optional<error>* latch_;
  std::vector<std::string> seen_;
};

}  // namespace autocusto::json
