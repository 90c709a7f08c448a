#include "tools/import/rules/prescription.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "shared/domain/validate.hpp"
#include "shared/json/text.hpp"

namespace autocusto::import::detail {
namespace {

using json = nlohmann::json;

constexpr int k_months = 6;
constexpr int k_short_months = 3;
constexpr std::string_view k_date = "data_1";

std::optional<legacy_id> whole_number(std::string_view text) {
  legacy_id out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// What the members of one entry say under one number.
struct part {
  std::string id, via;
  std::array<std::string, k_months> quantities, doses;

  [[nodiscard]] bool has_dose() const {
    const auto any = [](const auto& texts) {
      return std::any_of(texts.begin(), texts.end(),
                         [](const std::string& text) { return !domain::is_blank(text); });
    };
    return any(quantities) || any(doses);
  }
};

/// A member's name, such as `qtd_med2_mes6`: its kind, the medicine's number, the month.
struct member {
  enum class what { id, via, quantity, dose } kind = what::id;
  std::string number;
  int month = 0;
};

std::string take_digits(std::string_view& from) {
  std::size_t size = 0;
  while (size < from.size() && from[size] >= '0' && from[size] <= '9') ++size;
  std::string out(from.substr(0, size));
  from.remove_prefix(size);
  return out;
}

std::optional<member> read_member(std::string_view name) {
  member out;
  const auto begins = [&](std::string_view with) {
    if (!name.starts_with(with)) return false;
    name.remove_prefix(with.size());
    return true;
  };
  if (begins("id_med")) {
    out.number = take_digits(name);
    return name.empty() && !out.number.empty() ? std::optional(out) : std::nullopt;
  }
  const bool quantity = begins("qtd_med");
  if (!quantity && !begins("med")) return std::nullopt;
  out.number = take_digits(name);
  if (out.number.empty()) return std::nullopt;
  if (!quantity && name == "_via") {
    out.kind = member::what::via;
    return out;
  }
  if (!begins(quantity ? "_mes" : "_posologia_mes")) return std::nullopt;
  out.kind = quantity ? member::what::quantity : member::what::dose;
  const auto month = whole_number(name);
  if (!month || *month < 1 || *month > k_months) return std::nullopt;
  out.month = static_cast<int>(*month);
  return out;
}

class reader {
 public:
  reader(const medicine_rows& medicines, reason_list& reasons)
      : medicines_(medicines), reasons_(reasons) {}

  prescription run(const json& value) {
    if (value.is_object()) {
      for (const auto& [number, entry] : in_order(value)) read_entry(number, *entry);
    } else if (!value.is_null()) {
      malformed();
    }
    if (out_.rows.empty()) {
      reasons_.add("PRESCRIPTION_EMPTY");
    } else {
      const bool is_short = last_month_ >= 1 && last_month_ <= k_short_months;
      out_.months = is_short ? "3" : "6";
      check_doses(is_short ? k_short_months : k_months);
    }
    return std::move(out_);
  }

 private:
  using entries = std::vector<std::pair<std::string, const json*>>;

  void malformed() {
    reasons_.add("PRESCRIPTION_MALFORMED");
    out_.whole = true;
  }

  /// Entries by their number; JSON has none of an order.
  entries in_order(const json& value) {
    entries out;
    for (const auto& [name, entry] : value.items()) {
      if (entry.is_object()) {
        out.emplace_back(name, &entry);
      } else if (name != k_date && plain_text(entry) != std::string()) {
        malformed();
      }
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      const auto first = whole_number(a.first);
      const auto second = whole_number(b.first);
      if (first && second) return *first < *second;
      return first.has_value() && !second.has_value();
    });
    return out;
  }

  void read_entry(const std::string& number, const json& entry) {
    std::map<std::string, part> parts;
    for (const auto& [name, value] : entry.items()) {
      const auto text = plain_text(value);
      const auto known = read_member(name);
      if (!text || (!known && !text->empty())) malformed();
      if (!text || !known) continue;
      last_month_ = std::max(last_month_, known->month);
      auto& to = parts[known->number];
      const auto month = static_cast<std::size_t>(std::max(known->month, 1) - 1);
      switch (known->kind) {
        case member::what::id:
          to.id = *text;
          break;
        case member::what::via:
          to.via = *text;
          break;
        case member::what::quantity:
          to.quantities[month] = *text;
          break;
        case member::what::dose:
          to.doses[month] = *text;
          break;
      }
    }
    add_row(number, parts);
  }

  /// The medicine's number is the entry's, else the only other one; its doses are its own, or those
  /// that the entry has under another number.
  void add_row(const std::string& number, std::map<std::string, part>& parts) {
    const auto has_id = [](const part& p) { return !domain::is_blank(p.id); };
    const auto has_dose = [](const part& p) { return p.has_dose(); };
    const auto pick = [&](const std::string& first, const auto& has) {
      if (const auto at = parts.find(first); at != parts.end() && has(at->second)) return at;
      return std::find_if(parts.begin(), parts.end(), [&](const auto& p) { return has(p.second); });
    };
    const auto id = pick(number, has_id);
    const auto dose = pick(id == parts.end() ? number : id->first, has_dose);
    if (id == parts.end() && dose == parts.end()) return;  // a slot that was not chosen
    const auto& medicine = (id == parts.end() ? dose : id)->second;
    const auto& doses = (dose == parts.end() ? id : dose)->second;
    for (const auto& [other, p] : parts) {
      if ((&p != &medicine && has_id(p)) || (&p != &doses && p.has_dose())) malformed();
    }
    auto row = row_of(medicine);
    row["via"] = medicine.via.empty() ? doses.via : medicine.via;
    for (std::size_t k = 0; k < k_months; ++k) {
      row["qtd_" + std::to_string(k + 1)] = doses.quantities[k];
      row["pos_" + std::to_string(k + 1)] = doses.doses[k];
    }
    std::erase_if(row, [](const auto& cell) { return cell.second.empty(); });
    out_.rows.push_back(std::move(row));
  }

  domain::text_map row_of(const part& medicine) {
    domain::text_map row;
    const auto id = whole_number(medicine.id);
    const auto known = id ? medicines_.find(*id) : medicines_.end();
    if (id) {
      out_.medicines.insert(*id);
      row["codigo"] = legacy_code(*id);
    }
    if (known != medicines_.end() && !domain::is_blank(known->second.name)) {
      row["nome"] = known->second.name;
      row["apresentacao"] = known->second.presentation;
    } else {
      row["nome"] = unknown_medicine(medicine.id);
      reasons_.add("PRESCRIPTION_MEDICATION_UNKNOWN");
    }
    return row;
  }

  void check_doses(int months) {
    for (const auto& row : out_.rows) {
      for (int k = 1; k <= months; ++k) {
        const auto quantity = domain::cell(row, "qtd_" + std::to_string(k));
        const auto dose = domain::cell(row, "pos_" + std::to_string(k));
        if (domain::is_blank(quantity) || domain::is_blank(dose)) {
          reasons_.add("PRESCRIPTION_INCOMPLETE");
        }
        const bool digits = std::all_of(quantity.begin(), quantity.end(),
                                        [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) reasons_.add("PRESCRIPTION_QUANTITY_INVALID");
      }
    }
  }

  const medicine_rows& medicines_;
  reason_list& reasons_;
  prescription out_;
  int last_month_ = 0;
};

}  // namespace

void reason_list::add(std::string_view reason) {
  if (std::find(reasons_.begin(), reasons_.end(), reason) == reasons_.end()) {
    reasons_.push_back(reason);
  }
}

std::optional<std::string> plain_text(const json& value) {
  if (value.is_null()) return std::string();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "sim" : "nao");
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

prescription read_prescription(const json& value, const medicine_rows& medicines,
                               reason_list& reasons) {
  return reader(medicines, reasons).run(value);
}

}  // namespace autocusto::import::detail
