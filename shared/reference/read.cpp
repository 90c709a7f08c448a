// Reading a revision: each rule of catalogue.hpp, and an error that names the member.
#include "shared/json/read.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"
#include "shared/reference/catalogue.hpp"
#include "shared/reference/encode.hpp"

namespace autocusto::reference {
namespace {

constexpr std::size_t k_name_bytes = 1000;
constexpr std::size_t k_code_bytes = 100;
constexpr std::size_t k_sources = 20;
constexpr std::size_t k_codes_of_one = 2000;
constexpr std::size_t k_fields = 100;
constexpr std::size_t k_choices = 100;
constexpr std::size_t k_documents = 20;
constexpr std::size_t k_report_bytes = 24'000;
constexpr std::int64_t k_most_revision = 1'000'000;
constexpr std::int64_t k_most_quantity = 9999;
constexpr std::int64_t k_most_age = 2400;  // months
constexpr std::array k_types = {field_type::choice, field_type::boolean,  field_type::number,
                                field_type::text,   field_type::textarea, field_type::date};
constexpr std::array k_sexes = {sex::any, sex::female, sex::male};

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_code(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_or_digit(c) || c == ':' || c == '.' || c == '_' || c == '-';
  });
}

bool is_field_name(std::string_view text) {
  return text.starts_with("opt_") && text.size() > 4 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '_'; });
}

bool is_control(std::string_view text) {
  return text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

template <class Number>
bool number_at(std::string_view text, std::size_t from, std::size_t size, Number& out) {
  const auto part = text.substr(from, size);
  const auto [end, wrong] = std::from_chars(part.data(), part.data() + part.size(), out);
  return wrong == std::errc() && end == part.data() + part.size();
}

bool is_date(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!number_at(text, 0, 4, year) || !number_at(text, 5, 2, month) ||
      !number_at(text, 8, 2, day) || year < 1900) {
    return false;
  }
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                     std::chrono::day(day))
      .ok();
}

/// Several lines: a form prints them as they are.
bool is_lines(std::string_view text) {
  while (true) {
    const auto end = std::min(text.find('\n'), text.size());
    if (domain::has_control_points(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

std::string read_name(json::reader& in, std::string_view member) {
  auto name = in.string(member, k_name_bytes);
  if (!in.failed() && !domain::is_visible_name(name)) {
    in.refuse(member, "must be a text of visible characters with single blanks between words");
  }
  return name;
}

/// A name that may be empty.
std::string read_words(json::reader& in, std::string_view member) {
  auto text = in.string(member, k_name_bytes);
  if (!in.failed() && !text.empty() && !domain::is_visible_name(text)) {
    in.refuse(member, "must be empty, or visible characters with single blanks between words");
  }
  return text;
}

std::string read_code(json::reader& in, std::string_view member) {
  auto code = in.string(member, k_code_bytes);
  if (!in.failed() && !is_code(code)) {
    in.refuse(member, "must be a code of small letters, digits and `:._-`");
  }
  return code;
}

std::string read_date(json::reader& in, std::string_view member) {
  auto date = in.string(member, 10);
  if (!in.failed() && !is_date(date)) in.refuse(member, "must be a date such as 2026-08-01");
  return date;
}

std::optional<std::string> read_retired(json::reader& in) {
  if (!in.has("retired_on")) return std::nullopt;
  return read_date(in, "retired_on");
}

bool ascending(const std::vector<std::string>& codes) {
  return std::adjacent_find(codes.begin(), codes.end(), std::greater_equal<>()) == codes.end();
}

std::vector<std::string> read_codes(json::reader& in, std::string_view member) {
  auto codes = in.strings(member, k_codes_of_one, k_code_bytes);
  if (in.failed()) return codes;
  if (!ascending(codes)) in.refuse(member, "must be sorted, and name nothing twice");
  return codes;
}

std::vector<std::string> read_texts(json::reader& in, std::string_view member, std::size_t most) {
  auto texts = in.strings(member, most, k_name_bytes);
  const bool shown = std::all_of(texts.begin(), texts.end(), domain::is_visible_name);
  if (!in.failed() && !shown) in.refuse(member, "must hold texts of visible characters");
  return texts;
}

/// The value with that name, among those of an enum.
template <class Enum, std::size_t Count>
Enum read_named(json::reader& in, std::string_view member, const std::array<Enum, Count>& all,
                std::string_view (*name_of)(Enum)) {
  const auto text = in.string(member, 20);
  for (const Enum value : all) {
    if (name_of(value) == text) return value;
  }
  std::string known;
  for (const Enum value : all) {
    known.append(known.empty() ? "" : ", ").append(name_of(value));
  }
  in.refuse(member, "must be one of " + known);
  return all[0];
}

protocol_field read_field(json::reader& in) {
  protocol_field out;
  out.name = in.string("name", k_code_bytes);
  if (!in.failed() && !is_field_name(out.name)) {
    in.refuse("name", "must be `opt_` and small letters, digits or `_`");
  }
  out.type = read_named(in, "type", k_types, type_name);
  out.label = read_name(in, "label");
  out.choices = read_texts(in, "choices", k_choices);
  if (!in.failed() && out.choices.empty() != (out.type != field_type::choice)) {
    in.refuse("choices", "must hold choices for the type choice, and none for others");
  }
  out.required = in.boolean("required");
  in.strict();
  return out;
}

source read_source(json::reader& in) {
  source out;
  out.name = read_name(in, "name");
  out.version = read_name(in, "version");
  in.strict();
  return out;
}

disease read_disease(json::reader& in) {
  disease out;
  out.cid = in.string("cid", 5);
  if (!in.failed() && canonical_cid(out.cid) != out.cid) {
    in.refuse("cid", "must be a CID such as G35 or G40.0");
  }
  out.nome = read_name(in, "nome");
  out.retired_on = read_retired(in);
  in.strict();
  return out;
}

protocol read_protocol(json::reader& in) {
  protocol out;
  out.code = read_code(in, "code");
  out.nome = read_name(in, "nome");
  out.cids = read_codes(in, "cids");
  out.medicines = read_codes(in, "medicines");
  std::unordered_set<std::string> names;
  in.objects("fields", k_fields, [&](json::reader& field) {
    out.fields.push_back(read_field(field));
    if (!names.insert(out.fields.back().name).second) field.refuse("name", "stands twice");
  });
  out.documents = read_texts(in, "documents", k_documents);
  out.report_first_time = in.string("report_first_time", k_report_bytes);
  if (!in.failed() && !is_lines(out.report_first_time)) {
    in.refuse("report_first_time", "must be lines of text");
  }
  out.renew_months = in.optional_integer("renew_months", 1, 12);
  out.retired_on = read_retired(in);
  in.strict();
  return out;
}

medicine read_medicine(json::reader& in) {
  medicine out;
  out.code = read_code(in, "code");
  out.name = read_name(in, "name");
  out.print_name = read_name(in, "print_name");
  out.unit = read_words(in, "unit");
  out.control = in.string("control", 4);
  if (!in.failed() && !is_control(out.control)) {
    in.refuse("control", "must be a control list such as C1, or empty");
  }
  out.max_month = in.optional_integer("max_month", 1, k_most_quantity);
  out.age_min = in.optional_integer("age_min", 1, k_most_age);
  out.age_max = in.optional_integer("age_max", 1, k_most_age);
  if (out.age_min && out.age_max && *out.age_min > *out.age_max) {
    in.refuse("age_min", "must not be above age_max");
  }
  out.for_sex = read_named(in, "sex", k_sexes, sex_name);
  out.cids = read_codes(in, "cids");
  out.legacy_ids = read_codes(in, "legacy_ids");
  out.retired_on = read_retired(in);
  in.strict();
  return out;
}

/// The objects of a list, which are sorted by what `code` names.
template <class Value>
std::vector<Value> read_list(json::reader& in, std::string_view member, std::size_t most,
                             Value (*read)(json::reader&), std::string Value::*code,
                             std::string_view code_name) {
  std::vector<Value> out;
  in.objects(member, most, [&](json::reader& one) {
    out.push_back(read(one));
    const std::size_t count = out.size();
    if (!one.failed() && count > 1 && out[count - 2].*code >= out[count - 1].*code) {
      one.refuse(code_name, "must be greater than the one before: the list is sorted");
    }
  });
  return out;
}

template <class Value>
std::unordered_set<std::string_view> codes_of(const std::vector<Value>& values,
                                              std::string Value::*code) {
  std::unordered_set<std::string_view> out;
  for (const auto& value : values) out.insert(value.*code);
  return out;
}

/// Whatever a protocol or medicine names has to be there.
void check_names(json::reader& in, const catalogue& value) {
  const auto cids = codes_of(value.diseases, &disease::cid);
  const auto codes = codes_of(value.medicines, &medicine::code);
  const auto all_in = [](const std::vector<std::string>& names, const auto& known) {
    return std::all_of(names.begin(), names.end(),
                       [&](const std::string& name) { return known.count(name) == 1; });
  };
  const auto at = [](std::string_view list, std::size_t i, std::string_view member) {
    return std::string(list) + "[" + std::to_string(i) + "]." + std::string(member);
  };
  for (std::size_t i = 0; i < value.protocols.size(); ++i) {
    const auto& one = value.protocols[i];
    if (!all_in(one.cids, cids)) in.refuse(at("protocols", i, "cids"), "names an unknown CID");
    if (!all_in(one.medicines, codes)) {
      in.refuse(at("protocols", i, "medicines"), "names an unknown medicine");
    }
  }
  for (std::size_t i = 0; i < value.medicines.size(); ++i) {
    if (!all_in(value.medicines[i].cids, cids)) {
      in.refuse(at("medicines", i, "cids"), "names an unknown CID");
    }
  }
}

result<catalogue> decode(const nlohmann::json& value) {
  json::reader in(value);
  catalogue out;
  if (in.integer("v", 1, limits::json_integer) > k_format && !in.failed()) {
    return fail(errc::schema_too_new,
                "The catalogue is written in the form of a newer release; update this program.");
  }
  out.revision = in.integer("revision", 0, k_most_revision);
  out.valid_from = read_date(in, "valid_from");
  out.sources = read_list(in, "sources", k_sources, read_source, &source::name, "name");
  out.diseases = read_list(in, "diseases", k_most_diseases, read_disease, &disease::cid, "cid");
  out.protocols =
      read_list(in, "protocols", k_most_protocols, read_protocol, &protocol::code, "code");
  out.medicines =
      read_list(in, "medicines", k_most_medicines, read_medicine, &medicine::code, "code");
  in.strict();
  if (!in.failed()) check_names(in, out);
  if (auto wrong = in.finish()) return *std::move(wrong);
  return out;
}

result<nlohmann::json> parsed(std::string_view text, bool canonical) {
  if (text.size() > k_catalogue_bytes) {
    return fail(errc::too_large, "The catalogue is larger than 4 MiB.", {},
                static_cast<std::int64_t>(k_catalogue_bytes));
  }
  return canonical ? json::parse_canonical(text) : json::parse(text);
}

}  // namespace

result<catalogue> read_catalogue(std::string_view text) {
  const auto value = parsed(text, true);
  if (!value) return value.error();
  auto out = decode(*value);
  if (out && write_catalogue(*out) != text) {
    return fail(errc::not_canonical,
                "The catalogue has a member without a value; it is to be left out.");
  }
  return out;
}

result<catalogue> parse_catalogue(std::string_view text) {
  const auto value = parsed(text, false);
  if (!value) return value.error();
  return decode(*value);
}

result<void> check_catalogue(const catalogue& value) {
  const auto text = json::try_canonical(encode(value));
  if (!text) return fail(errc::malformed, "The catalogue holds a text that is not valid UTF-8.");
  const auto read = read_catalogue(*text);
  if (!read) return read.error();
  return {};
}

}  // namespace autocusto::reference
