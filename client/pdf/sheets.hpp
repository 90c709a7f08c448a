#pragma once
// The medicines of one month, as a prescription lists them.
//
// Only what has a quantity in that month is listed, each with its own way of use and its own dose,
// in the order of the request. Private to this folder; pure.

#include <span>
#include <string>
#include <vector>

#include "client/pdf/draw.hpp"
#include "client/pdf/request.hpp"

namespace autocusto::pdf {

struct sheet_item {
  std::size_t row = 0;  ///< from 0 in the request
  std::string medicine;
  std::string way;
  std::string quantity;           ///< in figures
  std::string quantity_in_words;  ///< "30 (trinta) comprimidos"
  std::string dose;
};

/// The medicines that belong on this kind of paper in this month (from 1); notes what is wrong with
/// them.
[[nodiscard]] std::vector<sheet_item> items_of(const print_request& request,
                                               const value_table& table, form_painter& paint,
                                               document_kind kind, int month);
[[nodiscard]] std::vector<flow_block> blocks_of(std::span<const sheet_item> items);
/// The values `item_N_nome`, `item_N_via`, … of a template's line.
void set_item(value_table& table, std::size_t number, const sheet_item& item);

}  // namespace autocusto::pdf
