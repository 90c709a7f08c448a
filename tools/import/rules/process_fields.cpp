#include "tools/import/rules/process_fields.hpp"

#include <algorithm>
#include <set>

#include "shared/domain/validate.hpp"
#include "shared/json/text.hpp"
#include "tools/import/rules/prescription.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import {
namespace {

using detail::plain_text;

bool too_long(std::string_view text, std::size_t most) {
  return text.size() > most && json::code_points(text) > most;
}

class field_reader {
 public:
  field_reader(const process_row& p, std::string_view clinic, const medicine_rows& medicines)
      : p_(p), clinic_(clinic), medicines_(medicines) {}

  process_fields run(std::string_view text) {
    process_fields out;
    const auto row = is_readable(text) ? nlohmann::json::parse(text, nullptr, false)
                                       : nlohmann::json(nlohmann::json::value_t::discarded);
    if (!row.is_object()) {
      out.refused = "TEXT_UNREADABLE";
      return out;
    }
    row_ = &row;
    plain_fields();
    prescription();
    conditional();
    check_lengths();
    out.json = encoded();
    out.reasons = reasons_.take();
    out.medicines = std::move(named_);
    out.whole = whole_;
    if (out.json.size() > k_version_room) out.refused = "VERSION_TOO_LARGE";
    return out;
  }

 private:
  const nlohmann::json& at(const char* name) const {
    static const nlohmann::json none;
    const auto found = row_->find(name);
    return found == row_->end() ? none : *found;
  }
  std::string text_at(const char* name) const { return plain_text(at(name)).value_or(""); }

  void plain_fields() {
    fields_["clinica"] = std::string(clinic_);
    if (p_.protocol) fields_["protocolo"] = legacy_code(*p_.protocol);
    fields_["anamnese"] = text_at("anamnese");
    fields_["tratou"] = text_at("tratou");
    fields_["tratamentos_previos"] = text_at("tratamentos_previos");
    if (text_at("tratou") == "sim" && domain::is_blank(text_at("tratamentos_previos"))) {
      reasons_.add("PROCESS_TREATMENT_MISSING");
    }
    if (domain::is_blank(text_at("anamnese"))) reasons_.add("PROCESS_WITHOUT_ANAMNESIS");
    filled_by(text_at("preenchido_por"));
  }

  void filled_by(const std::string& by) {
    if (by == "M") {
      reasons_.add("PROCESS_FILLED_BY_AMBIGUOUS");
      return;
    }
    const auto& choices = kind_.find("preenchido_por")->choices;
    const bool known = std::find(choices.begin(), choices.end(), by) != choices.end();
    if (!by.empty() && !known) reasons_.add("PROCESS_FILLED_BY_UNKNOWN");
    fields_["preenchido_por"] = by;
  }

  void prescription() {
    const auto found = detail::read_prescription(at("prescricao"), medicines_, reasons_);
    fields_["meses"] = found.months;
    fields_["prescricao"] = domain::from_rows(found.rows);
    whole_ = whole_ || found.whole;
    rows_ = found.rows;
    named_ = found.medicines;
    std::set<legacy_id> known;
    for (const auto id : named_) {
      if (medicines_.contains(id)) known.insert(id);
    }
    if (known != std::set<legacy_id>(p_.links.begin(), p_.links.end())) {
      reasons_.add("PRESCRIPTION_LINKS_DIFFER");
    }
  }

  void conditional() {
    const auto& field = *kind_.find("condicionais");
    const auto& answers = at("dados_condicionais");
    domain::text_map map;
    const auto dropped = [this] {
      reasons_.add("CONDITIONAL_DROPPED");
      whole_ = true;
    };
    if (answers.is_object()) {
      for (const auto& [name, value] : answers.items()) {
        const auto text = plain_text(value);
        const bool named = name.starts_with(field.pattern) && name.size() <= k_most_name;
        if (!text || (!named && !text->empty())) {
          dropped();
        } else if (named && !text->empty()) {
          map.emplace(name, *text);
          long_ = long_ || too_long(*text, field.max_length);
        }
      }
      long_ = long_ || map.size() > field.max_items;
    } else if (!answers.is_null()) {
      dropped();
    }
    fields_["condicionais"] = domain::from_map(map);
  }

  void check_lengths() {
    for (const auto& [name, value] : fields_) {
      const auto* text = std::get_if<std::string>(&value);
      long_ = long_ || (text != nullptr && too_long(*text, kind_.find(name)->max_length));
    }
    const auto& field = *kind_.find("prescricao");
    long_ = long_ || rows_.size() > field.max_items;
    for (const auto& row : rows_) {
      for (const auto& column : field.columns) {
        long_ = long_ || too_long(domain::cell(row, column.name), column.max_length);
      }
    }
    if (long_) reasons_.add("VALUE_TOO_LONG");
  }

  std::string encoded() const {
    domain::fields_encoder out;
    for (const auto place : kind_.by_name) {
      const auto& field = kind_.fields[place];
      const auto found = fields_.find(field.name);
      const auto* value =
          found == fields_.end() ? nullptr : std::get_if<domain::structured>(&found->second);
      if (value != nullptr) {
        out.add_json(field.name, value->json);
      } else {
        out.add(field.name, found == fields_.end() ? "" : std::get<std::string>(found->second));
      }
    }
    return out.take();
  }

  static constexpr std::size_t k_most_name = 64;

  const process_row& p_;
  const std::string_view clinic_;
  const medicine_rows& medicines_;
  const domain::record_kind& kind_ = *process_kind().spec;
  const nlohmann::json* row_ = nullptr;
  domain::field_map fields_;
  domain::row_list rows_;
  std::set<legacy_id> named_;
  detail::reason_list reasons_;
  bool whole_ = false;
  bool long_ = false;
};

}  // namespace

std::string medicine_name(std::string_view name, std::string_view strength) {
  if (!is_readable(name) || !is_readable(strength)) return {};
  std::string out(name);
  if (!name.empty() && !domain::is_blank(strength)) out.append(1, ' ').append(strength);
  return out;
}

std::string unknown_medicine(std::string_view id) {
  return "(medicamento " + std::string(id.empty() ? "?" : id) + ")";
}

std::string legacy_code(legacy_id id) {
  return "legacy:" + std::to_string(id);
}

process_fields read_process_fields(const process_row& p, std::string_view json,
                                   std::string_view clinic, const medicine_rows& medicines) {
  return field_reader(p, clinic, medicines).run(json);
}

}  // namespace autocusto::import
