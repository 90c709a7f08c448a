#include "client/pdf/sheets.hpp"

#include <algorithm>
#include <array>

#include "client/pdf/compose.hpp"
#include "client/pdf/words.hpp"

namespace autocusto::pdf {
namespace {

/// Capital letters and digits only.
std::string plain_class(std::string_view control) {
  std::string out;
  for (const char c : control) {
    if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 32);
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

element labelled(const std::string& what, std::size_t row, int month) {
  element out;
  out.label = what + " do medicamento " + std::to_string(row + 1);
  if (month > 0) out.label += " no mês " + std::to_string(month);
  return out;
}

class item_reader {
 public:
  item_reader(const print_request& request, const value_table& table, form_painter& paint,
              int month)
      : request_(request), table_(table), paint_(paint), month_(month) {}

  /// Nothing when the medicine is not given in this month, or cannot be listed.
  std::optional<sheet_item> read(std::size_t row) {
    const auto& from = request_.rows[row];
    const std::string number = std::to_string(row + 1);
    const std::string in_month = number + "_" + std::to_string(month_);
    const auto quantity = quantity_of(from.qtd[static_cast<std::size_t>(month_ - 1)]);
    const auto& dose = table_.get("pos_" + in_month);
    const bool has_dose = !dose.text.empty() || !dose.valid;
    if (!quantity) {
      paint_.note(problem_code::bad_quantity, labelled("Quantidade", row, month_),
                  "qtd_" + in_month);
      return std::nullopt;
    }
    if (*quantity > 0 ? !has_dose : has_dose) {
      paint_.note(problem_code::dose_incomplete, labelled("Mês " + std::to_string(month_), row, 0),
                  "pos_" + in_month);
      return std::nullopt;
    }
    if (*quantity == 0) return std::nullopt;
    const auto& name = table_.get("med_" + number);
    const auto& way = table_.get("via_" + number);
    const auto& unit = table_.get("unidade_" + number);
    if (name.text.empty() && name.valid) {
      paint_.note(problem_code::missing, labelled("Nome", row, 0), "med_" + number);
    }
    bool fine = paint_.inspect("med_" + number, name, labelled("Nome", row, 0));
    fine = paint_.inspect("via_" + number, way, labelled("Via", row, 0)) && fine;
    fine = paint_.inspect("unidade_" + number, unit, labelled("Unidade", row, 0)) && fine;
    fine = paint_.inspect("pos_" + in_month, dose, labelled("Posologia", row, month_)) && fine;
    if (!fine) return std::nullopt;
    return sheet_item{row,
                      name.text,
                      way.text,
                      std::to_string(*quantity),
                      quantity_in_words(*quantity, unit.text),
                      dose.text};
  }

 private:
  const print_request& request_;
  const value_table& table_;
  form_painter& paint_;
  int month_;
};

std::string with_word(std::string_view word, const std::string& text) {
  const bool said = text.starts_with("Via ") || text.starts_with("via ") ||
                    text.starts_with("Uso ") || text.starts_with("uso ");
  return said ? text : std::string(word) + text;
}

}  // namespace

paper paper_for(std::string_view control) {
  constexpr std::array plain = std::to_array<std::string_view>(
      {"", "D1", "ANTIMICROBIANO", "AM", "NENHUM", "NENHUMA", "NAO"});
  constexpr std::array controlled = std::to_array<std::string_view>({"C1", "C4", "C5"});
  constexpr std::array notification =
      std::to_array<std::string_view>({"A1", "A2", "A3", "B1", "B2", "C2", "C3"});
  const std::string name = plain_class(control);
  const auto in = [&name](const auto& list) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (in(plain)) return paper::plain;
  if (in(controlled) || (name.size() > 2 && name.ends_with("ADENDO"))) return paper::controlled;
  return in(notification) ? paper::notification : paper::unknown;
}

std::vector<sheet_item> items_of(const print_request& request, const value_table& table,
                                 form_painter& paint, document_kind kind, int month) {
  std::vector<sheet_item> out;
  for (std::size_t row = 0; row < request.rows.size(); ++row) {
    const auto& control = request.rows[row].controle;
    const auto needed = paper_for(control);
    const bool special = kind == document_kind::controlled;
    if (special != (needed == paper::controlled)) continue;
    if (needed == paper::notification || needed == paper::unknown) {
      paint.note(
          needed == paper::unknown ? problem_code::unknown_class : problem_code::needs_notification,
          labelled("Receita", row, 0), "med_" + std::to_string(row + 1), plain_class(control));
      continue;
    }
    if (auto item = item_reader(request, table, paint, month).read(row))
      out.push_back(*std::move(item));
  }
  return out;
}

std::vector<flow_block> blocks_of(std::span<const sheet_item> items) {
  std::vector<flow_block> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& item = items[i];
    constexpr double indent = 12;
    flow_block block{{std::to_string(i + 1) + ". " + item.medicine, true, 0, 6}};
    if (!item.way.empty()) block.push_back({with_word("Via: ", item.way), false, indent, 1});
    block.push_back({"Quantidade: " + item.quantity_in_words, false, indent, 1});
    block.push_back({"Posologia: " + item.dose, false, indent, 1});
    out.push_back(std::move(block));
  }
  return out;
}

void set_item(value_table& table, std::size_t number, const sheet_item& item) {
  const std::string start = "item_" + std::to_string(number) + "_";
  table.set(start + "nome", item.medicine);
  table.set(start + "via", item.way);
  table.set(start + "qtd", item.quantity);
  table.set(start + "quantidade", item.quantity_in_words);
  table.set(start + "posologia", item.dose);
}

}  // namespace autocusto::pdf
