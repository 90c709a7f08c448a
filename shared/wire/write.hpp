#pragma once
// Private to shared/wire: writing canonical JSON straight into one text, without a tree in between.
//
// The caller names the members of an object in their canonical order (all names here are ASCII, so
// that is the order of their bytes); a debug check in the tests holds every message against the
// general canonical writer. Texts must be valid UTF-8 without U+0000. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.hpp"

namespace autocusto::wire::detail {

/// A JSON string with the escapes of RFC 8785.
void append_quoted(std::string& out, std::string_view text);

/// Writes `{`, members, and with `close` the `}`.
class object_writer {
 public:
  explicit object_writer(std::string& out) : out_(out) { out_.push_back('{'); }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;
  ~object_writer() = default;

  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, std::int64_t value);
  void boolean(std::string_view name, bool value);
  void null(std::string_view name);
  /// A value that is JSON text already.
  void raw(std::string_view name, std::string_view json);
  void hex(std::string_view name, std::string_view raw_bytes);
  /// An identifier in its text form, which needs no escapes.
  template <class Id>
  void id(std::string_view name, const Id& value) {
    key(name);
    put_id(value);
  }
  /// null for nothing.
  template <class Id>
  void id_or_null(std::string_view name, const std::optional<Id>& value) {
    value ? id(name, *value) : null(name);
  }
  /// No member for nothing.
  template <class Id>
  void id_if(std::string_view name, const std::optional<Id>& value) {
    if (value) id(name, *value);
  }
  template <class Id>
  void ids(std::string_view name, const std::vector<Id>& values) {
    array(name, values, [this](std::string&, const Id& value) { put_id(value); });
  }
  /// `each(out, element)` writes one element.
  template <class Element, class Each>
  void array(std::string_view name, const std::vector<Element>& elements, Each&& each) {
    key(name);
    out_.push_back('[');
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out_.push_back(',');
      first = false;
      each(out_, element);
    }
    out_.push_back(']');
  }
  void close() { out_.push_back('}'); }

 private:
  void key(std::string_view name);
  template <class Id>
  void put_id(const Id& value) {
    out_.push_back('"');
    out_ += value.text();
    out_.push_back('"');
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace autocusto::wire::detail
