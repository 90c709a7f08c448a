#include "shared/domain/validate.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "shared/base/limits.hpp"
#include "shared/domain/characters.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

error invalid(const std::string& field, const std::string& what,
              std::optional<std::int64_t> limit = std::nullopt) {
  return fail(errc::invalid_field, "The field " + field + " " + what + ".", field, limit);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

std::optional<error> rule_problem(const field_spec& field, const std::string& text) {
  const auto unless = [&](bool ok, const std::string& what,
                          std::optional<std::int64_t> limit = std::nullopt) {
    return ok ? std::nullopt : std::optional<error>(invalid(field.name, what, limit));
  };
  switch (field.rule) {
    case field_rule::none:
      return std::nullopt;
    case field_rule::weight:
      return unless(valid_weight(text), "must be a weight from 0,5 to 500 kg, such as 70 or 70,5",
                    500);
    case field_rule::height:
      return unless(valid_height(text), "must be a height from 20 to 260 cm, such as 170 or 1,70m",
                    260);
    case field_rule::cns:
      return unless(valid_cns(text),
                    "must be the 15 digits of a Cartão Nacional de Saúde, check digit included",
                    15);
    case field_rule::email:
      return unless(valid_email(text),
                    "must be one e-mail address without blanks, such as nome@exemplo.com.br");
    case field_rule::phone:
      return unless(valid_phone(text),
                    "must be a telephone number of 10 or 11 digits, area code included", 11);
    case field_rule::cep:
      return unless(valid_cep(text), "must be a CEP of 8 digits, such as 01310-100", 8);
    case field_rule::cpf:
      return unless(normalise_cpf(text) == text, "must be the 11 digits of a CPF", 11);
    case field_rule::cnes:
      return unless(normalise_cnes(text) == text, "must be the 7 digits of a CNES", 7);
    case field_rule::date:
      return unless(valid_date(text), "must be a date, such as 31/01/2027 or 2027-01-31");
    case field_rule::digits:
      return unless(std::all_of(text.begin(), text.end(), is_digit), "must consist of digits");
    case field_rule::choice: {
      const auto& all = field.choices;
      return unless(std::find(all.begin(), all.end(), text) != all.end(),
                    "must be empty or one of " + joined(all));
    }
  }
  throw std::logic_error("a field rule without a check");
}

namespace {

/// What is wrong with the text, exemptions aside: length first, then the rule.
std::optional<error> text_problem(const field_spec& field, const std::string& text) {
  if (json::code_points(text) > field.max_length) {
    return invalid(field.name,
                   "is longer than " + std::to_string(field.max_length) + " characters; shorten it",
                   static_cast<std::int64_t>(field.max_length));
  }
  return text.empty() ? std::nullopt : rule_problem(field, text);
}

/// The value of `required_when` with which the field is required.
field_value condition_of(const field_spec& field) {
  if (field.required_value.empty()) return true;
  return field.required_value;
}

/// Whether the field may be missing although its condition is true.
using known_absence = std::function<bool(const field_spec& field, const field_value& value)>;

class snapshot_check {
 public:
  /// All arguments must outlive it.
  snapshot_check(const record_kind& kind, const field_map& fields, version_status status,
                 const known_value& exempt, const known_absence& exempt_absence)
      : kind_(kind),
        fields_(fields),
        status_(status),
        exempt_(exempt),
        exempt_absence_(exempt_absence) {}

  std::vector<error> run() {
    for (const auto& field : kind_.fields) {
      if (auto e = problem(field)) errors_.push_back(*std::move(e));
    }
    for (const auto& [name, value] : fields_) {
      if (kind_.find(name) != nullptr) continue;
      if (std::holds_alternative<structured>(value) && known(name, value)) continue;
      errors_.push_back(fail(errc::invalid_field,
                             "A " + kind_.kind + " has no such field; see the field list.",
                             json::valid_text(name) ? name : std::string()));
      break;  // a version may hold hundreds, and each is looked for in the whole history
    }
    return std::move(errors_);
  }

 private:
  /// Rows and maps can have many problems; the others are added, and nothing is returned.
  std::optional<error> problem_of_parts(const field_spec& field, const field_value& value) {
    const auto* parts = std::get_if<structured>(&value);
    if (parts == nullptr || !check_form(field, *parts)) {
      return invalid(field.name, field.type == field_type::rows ? "must be a list of rows"
                                                                : "must be texts by name");
    }
    auto problems = structured_problems(field, *parts);
    if (!problems.empty() && !known(field.name, value)) {
      std::move(problems.begin(), problems.end(), std::back_inserter(errors_));
      return std::nullopt;
    }
    return value == empty_value(field) ? missing(field, value) : std::nullopt;
  }

  std::optional<error> problem(const field_spec& field) {
    const auto at = fields_.find(field.name);
    if (at == fields_.end()) {
      return invalid(field.name, "is not there; a version carries all fields");
    }
    switch (field.type) {
      case field_type::boolean:
        if (std::holds_alternative<bool>(at->second)) return std::nullopt;
        return invalid(field.name, "must be true or false");
      case field_type::rows:
      case field_type::map:
        return problem_of_parts(field, at->second);
      case field_type::text:
      case field_type::unknown:
        break;
    }
    const auto* text = std::get_if<std::string>(&at->second);
    if (text == nullptr) return invalid(field.name, "must be text");
    if (!json::valid_text(*text)) return invalid(field.name, "must be UTF-8 text without U+0000");
    if (auto e = text_problem(field, *text)) {
      return known(field.name, at->second) ? std::nullopt : std::move(e);
    }
    return is_blank(*text) ? missing(field, at->second) : std::nullopt;
  }

  std::optional<error> missing(const field_spec& field, const field_value& value) const {
    if (status_ == version_status::draft) return std::nullopt;
    if (field.required) {
      if (known(field.name, value)) return std::nullopt;
      return invalid(field.name, "is required; fill it in, or save a draft");
    }
    if (field.required_when.empty()) return std::nullopt;
    const auto condition = fields_.find(field.required_when);
    if (condition == fields_.end() || condition->second != condition_of(field)) {
      return std::nullopt;
    }
    if (exempt_absence_(field, value)) return std::nullopt;
    return invalid(field.name, "is required while " + field.required_when + " is " +
                                   value_text(condition_of(field)) +
                                   "; fill it in, or save a draft");
  }

  bool known(const std::string& field, const field_value& value) const {
    return exempt_ && exempt_(field, value);
  }

  const record_kind& kind_;
  const field_map& fields_;
  version_status status_;
  const known_value& exempt_;
  const known_absence& exempt_absence_;
  std::vector<error> errors_;
};

}  // namespace

bool known_values::operator()(const std::string& field, const field_value& value) const {
  const auto* text = std::get_if<std::string>(&value);
  const bool absence = text != nullptr && is_blank(*text);
  return std::any_of(known_.begin(), known_.end(), [&](const entry& e) {
    if (absence && e.status == version_status::draft) return false;
    const auto at = e.fields->find(field);
    return at != e.fields->end() && at->second == value;
  });
}

bool known_values::absent_while(const field_spec& field, const field_value& value) const {
  return std::any_of(known_.begin(), known_.end(), [&](const entry& e) {
    if (e.status == version_status::draft) return false;
    const auto at = e.fields->find(field.name);
    const auto on = e.fields->find(field.required_when);
    return at != e.fields->end() && at->second == value && on != e.fields->end() &&
           on->second == condition_of(field);
  });
}

std::vector<error> validate_fields(const record_kind& kind, const field_map& fields,
                                   version_status status, const known_value& exempt) {
  const known_absence absence = [&exempt](const field_spec& field, const field_value& value) {
    return exempt && exempt(field.name, value) && exempt(field.required_when, condition_of(field));
  };
  return snapshot_check(kind, fields, status, exempt, absence).run();
}

std::vector<error> validate_edit(const record_kind& kind, const field_map& fields,
                                 version_status status, const known_values& known) {
  const known_value exempt = std::cref(known);
  const known_absence absence = [&known](const field_spec& field, const field_value& value) {
    return known.absent_while(field, value);
  };
  return snapshot_check(kind, fields, status, exempt, absence).run();
}

result<void> validate_summary(std::string_view summary) {
  if (!json::valid_text(summary)) {
    return fail(errc::invalid_field, "The summary must be UTF-8 text without U+0000.", "summary");
  }
  if (json::code_points(summary) > limits::summary_code_points) {
    return fail(errc::invalid_field, "The summary is longer than 500 characters; shorten it.",
                "summary", static_cast<std::int64_t>(limits::summary_code_points));
  }
  return {};
}

}  // namespace autocusto::domain
