#include "shared/wire/admin.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "shared/base/bytes.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/admin_members.hpp"
#include "shared/wire/parse.hpp"

namespace autocusto::wire::admin {
namespace {

/// A version's bytes, quoted; what a refused push may hold of one version.
constexpr std::size_t k_bytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t k_entries = 1'000'000;
constexpr std::size_t k_shortest_prefix = 4;
constexpr std::size_t k_enrollment_id_bytes = 16;

class json_writer {
 public:
  nlohmann::json out = nlohmann::json::object();

  template <class T>
  void operator()(const char* name, const T& value) {
    out[name] = put(value);
  }

 private:
  static nlohmann::json put(const std::string& text) { return text; }
  static nlohmann::json put(std::int64_t number) { return number; }
  static nlohmann::json put(bool flag) { return flag; }
  template <class Tag, std::size_t Size, text_form Form>
  static nlohmann::json put(const fixed_id<Tag, Size, Form>& id) {
    return id.text();
  }
  template <class T>
  static nlohmann::json put(const std::optional<T>& value) {
    return value ? put(*value) : nlohmann::json(nullptr);
  }
  template <class T>
  static nlohmann::json put(const std::vector<T>& values) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& value : values) list.push_back(put(value));
    return list;
  }
  static nlohmann::json put(const domain::field_map& fields) { return domain::json_of(fields); }
  template <class T>
  requires std::is_class_v<T>
  static nlohmann::json put(const T& message) {
    json_writer inner;
    walk(inner, message);
    return std::move(inner.out);
  }
};

class json_reader {
 public:
  explicit json_reader(json::reader& in) : in_(in) {}

  void operator()(const char* name, std::string& to) { to = in_.string(name, k_bytes); }
  void operator()(const char* name, std::int64_t& to) {
    if (in_.has(name)) to = in_.integer(name, 0, detail::k_number);
  }
  void operator()(const char* name, bool& to) { to = in_.boolean_or(name, to); }
  template <class Tag, std::size_t Size, text_form Form>
  void operator()(const char* name, fixed_id<Tag, Size, Form>& to) {
    to = in_.id<fixed_id<Tag, Size, Form>>(name);
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& to) {
    to.reset();
    if (in_.has(name)) (*this)(name, to.emplace());
  }
  void operator()(const char* name, std::vector<std::string>& to) {
    to = in_.strings(name, k_entries, k_bytes);
  }
  template <class Tag, std::size_t Size, text_form Form>
  void operator()(const char* name, std::vector<fixed_id<Tag, Size, Form>>& to) {
    to = in_.ids<fixed_id<Tag, Size, Form>>(name, k_entries);
  }
  template <class T>
  void operator()(const char* name, std::vector<T>& to) {
    to.clear();
    in_.objects(name, k_entries, [&to](json::reader& element) {
      json_reader inner(element);
      walk(inner, to.emplace_back());
    });
  }
  void operator()(const char* name, domain::field_map& to) {
    to.clear();
    const auto& object = in_.value(name);
    if (in_.failed()) return;
    if (!object.is_object()) return in_.refuse(name, "is not an object");
    for (const auto& [field, value] : object.items()) {
      if (value.is_boolean()) {
        to[field] = value.get<bool>();
      } else if (value.is_string()) {
        to[field] = value.get<std::string>();
      } else {
        to[field] = domain::structured{json::canonical(value)};
      }
    }
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const char* name, T& to) {
    auto child = in_.object(name);
    json_reader inner(child);
    walk(inner, to);
  }

 private:
  json::reader& in_;
};

}  // namespace

std::string enrollment_id(std::string_view code_hash) {
  return to_hex(code_hash.substr(0, k_enrollment_id_bytes));
}

bool is_signed_act(std::string_view what) {
  static constexpr std::array<std::string_view, 16> k_acts{
      "user.add",          "user.enable",      "user.disable",      "enrollment.new",
      "enrollment.revoke", "device.revoke",    "policy.set",        "assign",
      "unassign",          "conflict.dismiss", "quarantine.accept", "quarantine.reject",
      "device.approve",    "audit.accept",     "catalogue.publish", "catalogue.rollback"};
  return std::find(k_acts.begin(), k_acts.end(), what) != k_acts.end();
}

result<std::size_t> select_version(const std::vector<version_name>& among,
                                   std::string_view selector) {
  std::int64_t number = 0;
  const char* end = selector.data() + selector.size();
  const auto [stop, wrong] = std::from_chars(selector.data(), end, number);
  if (wrong == std::errc() && stop == end) {
    const auto at = std::find_if(among.begin(), among.end(),
                                 [&](const version_name& v) { return v.number == number; });
    if (at != among.end()) return static_cast<std::size_t>(at - among.begin());
  }
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < among.size() && selector.size() >= k_shortest_prefix; ++i) {
    if (!among[i].id.text().starts_with(selector)) continue;
    if (found) {
      return fail(errc::ambiguous, "Several versions begin like that; give more digits of the id.",
                  "version");
    }
    found = i;
  }
  if (found) return *found;
  return fail(errc::not_found,
              "There is no such version here; name one by its number or by at least four digits of "
              "its id.",
              "version");
}

template <class Message>
std::string encode(const Message& m) {
  json_writer out;
  walk(out, m);
  if (out.out.contains("items")) out.out["count"] = out.out["items"].size();
  return json::canonical(out.out);
}

template <class Message>
result<Message> decode(std::string_view json) {
  Message m;
  auto problem = detail::read_message(json, [&m](json::reader& in) {
    json_reader inner(in);
    walk(inner, m);
  });
  if (problem) return *std::move(problem);
  return m;
}

#define SYNC_ADMIN_MESSAGE(name)                  \
  template std::string encode<name>(const name&); \
  template result<name> decode<name>(std::string_view)
SYNC_ADMIN_MESSAGE(user_list);
SYNC_ADMIN_MESSAGE(enrollment_list);
SYNC_ADMIN_MESSAGE(device_item);
SYNC_ADMIN_MESSAGE(device_list);
SYNC_ADMIN_MESSAGE(device_shown);
SYNC_ADMIN_MESSAGE(policy_list);
SYNC_ADMIN_MESSAGE(stats);
SYNC_ADMIN_MESSAGE(record_query);
SYNC_ADMIN_MESSAGE(record_list);
SYNC_ADMIN_MESSAGE(record_request);
SYNC_ADMIN_MESSAGE(dependents_request);
SYNC_ADMIN_MESSAGE(dependents);
SYNC_ADMIN_MESSAGE(history);
SYNC_ADMIN_MESSAGE(record_shown);
SYNC_ADMIN_MESSAGE(compare_request);
SYNC_ADMIN_MESSAGE(comparison);
SYNC_ADMIN_MESSAGE(explain_request);
SYNC_ADMIN_MESSAGE(access_explanation);
SYNC_ADMIN_MESSAGE(conflict_query);
SYNC_ADMIN_MESSAGE(conflict_list);
SYNC_ADMIN_MESSAGE(conflict_request);
SYNC_ADMIN_MESSAGE(conflict_shown);
SYNC_ADMIN_MESSAGE(quarantine_list);
SYNC_ADMIN_MESSAGE(quarantine_request);
SYNC_ADMIN_MESSAGE(quarantine_shown);
SYNC_ADMIN_MESSAGE(quarantine_page_request);
SYNC_ADMIN_MESSAGE(quarantine_page);
SYNC_ADMIN_MESSAGE(audit_query);
SYNC_ADMIN_MESSAGE(audit_list);
SYNC_ADMIN_MESSAGE(act_answer);
SYNC_ADMIN_MESSAGE(catalogue_list);
SYNC_ADMIN_MESSAGE(catalogue_sent);
SYNC_ADMIN_MESSAGE(catalogue_uses_query);
SYNC_ADMIN_MESSAGE(catalogue_uses);
#undef SYNC_ADMIN_MESSAGE

}  // namespace autocusto::wire::admin
