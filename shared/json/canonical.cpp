#include "shared/json/canonical.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/json/text.hpp"
#include "shared/json/utf8.hpp"

namespace autocusto::json {
namespace {

using object_t = nlohmann::json::object_t;

/// Each step returns whether the value is inside the subset; the text is worth nothing if not.
class writer {
 public:
  bool value(const nlohmann::json& v) {
    switch (v.type()) {
      case nlohmann::json::value_t::null:
        out_.append("null");
        return true;
      case nlohmann::json::value_t::boolean:
        out_.append(v.get<bool>() ? "true" : "false");
        return true;
      case nlohmann::json::value_t::number_integer:
        return integer(v.get<std::int64_t>());
      case nlohmann::json::value_t::number_unsigned: {
        const auto number = v.get<std::uint64_t>();
        return number <= static_cast<std::uint64_t>(limits::json_integer) &&
               integer(static_cast<std::int64_t>(number));
      }
      case nlohmann::json::value_t::string:
        return string(v.get_ref<const std::string&>());
      case nlohmann::json::value_t::array:
        return array(v);
      case nlohmann::json::value_t::object:
        return object(v.get_ref<const object_t&>());
      case nlohmann::json::value_t::number_float:
      case nlohmann::json::value_t::binary:
      case nlohmann::json::value_t::discarded:
        return false;
    }
    return false;
  }

  std::string take() { return std::move(out_); }

 private:
  bool integer(std::int64_t number) {
    if (number > limits::json_integer || number < -limits::json_integer) return false;
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_.append(digits.data(), end);
    return true;
  }

  bool array(const nlohmann::json& v) {
    out_.push_back('[');
    bool first = true;
    for (const auto& element : v) {
      if (!first) out_.push_back(',');
      first = false;
      if (!value(element)) return false;
    }
    out_.push_back(']');
    return true;
  }

  bool object(const object_t& members) {
    out_.push_back('{');
    // The map sorts by UTF-8, which is the order by UTF-16 unless a key holds a character from
    // U+E000 up (its first byte is EE or more).
    const bool sorted = std::none_of(members.begin(), members.end(), [](const auto& m) {
      return std::any_of(m.first.begin(), m.first.end(),
                         [](char c) { return static_cast<unsigned char>(c) >= 0xEE; });
    });
    bool first = true;
    if (sorted) {
      for (const auto& m : members) {
        if (!member(m, first)) return false;
      }
    } else {
      std::vector<const object_t::value_type*> order;
      order.reserve(members.size());
      for (const auto& m : members) order.push_back(&m);
      std::sort(order.begin(), order.end(),
                [](const auto* a, const auto* b) { return utf16_less(a->first, b->first); });
      for (const auto* m : order) {
        if (!member(*m, first)) return false;
      }
    }
    out_.push_back('}');
    return true;
  }

  bool member(const object_t::value_type& m, bool& first) {
    if (!first) out_.push_back(',');
    first = false;
    if (!string(m.first)) return false;
    out_.push_back(':');
    return value(m.second);
  }

  bool string(std::string_view text) {
    out_.push_back('"');
    std::size_t run = 0;
    for (std::size_t at = 0; at < text.size();) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte >= 0x80) {
        const std::size_t length = detail::utf8_length(text, at);
        if (length == 0) return false;
        at += length;
      } else if (byte >= 0x20 && byte != '"' && byte != '\\') {
        ++at;
      } else {
        if (byte == 0) return false;
        out_.append(text, run, at - run);
        escape(byte);
        run = ++at;
      }
    }
    out_.append(text, run);
    out_.push_back('"');
    return true;
  }

  void escape(unsigned char byte) {
    constexpr std::string_view k_characters = "\"\\\b\f\n\r\t";
    constexpr std::string_view k_letters = "\"\\bfnrt";
    constexpr std::string_view k_hex = "0123456789abcdef";
    out_.push_back('\\');
    const std::size_t which = k_characters.find(static_cast<char>(byte));
    if (which != std::string_view::npos) {
      out_.push_back(k_letters[which]);
    } else {
      out_.append("u00");
      out_.push_back(k_hex[byte >> 4]);
      out_.push_back(k_hex[byte & 15]);
    }
  }

  std::string out_;
};

}  // namespace

std::optional<std::string> try_canonical(const nlohmann::json& value) {
  writer w;
  if (!w.value(value)) return std::nullopt;
  return w.take();
}

std::string canonical(const nlohmann::json& value) {
  auto text = try_canonical(value);
  if (!text) {
    throw std::logic_error("a JSON value outside the canonical subset was to be written");
  }
  return std::move(*text);
}

}  // namespace autocusto::json
