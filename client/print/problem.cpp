#include "client/print/problem.hpp"

#include <set>
#include <tuple>
#include <utility>

namespace autocusto::printing {
namespace {

/// `pos_2_3` -> `prescricao.2.pos_3`, `med_2` -> `prescricao.2.nome`; others as they are.
std::string record_field(std::string_view name) {
  const auto first = name.find('_');
  if (first == std::string_view::npos) return std::string(name);
  const auto what = name.substr(0, first);
  const auto rest = name.substr(first + 1);
  const auto row = rest.substr(0, rest.find('_'));
  if (row.size() != 1 || row[0] < '1' || row[0] > '6') return std::string(name);
  const std::string start = "prescricao." + std::string(row) + '.';
  if ((what == "qtd" || what == "pos") && rest.size() == 3) {
    return start + std::string(what) + std::string(rest.substr(1));
  }
  if (rest.size() != 1) return std::string(name);
  if (what == "med") return start + "nome";
  if (what == "via" || what == "unidade") return start + std::string(what);
  return std::string(name);
}

}  // namespace

problem from_pdf(const pdf::problem& what) {
  return {std::string(pdf::problem_name(what.code)), what.box, record_field(what.field),
          pdf::sentence(what, pdf::language::pt), pdf::sentence(what, pdf::language::en)};
}

std::vector<problem> without_repeats(std::vector<problem> all) {
  std::set<std::tuple<std::string, std::string, std::string, std::string>> seen;
  std::vector<problem> out;
  for (auto& one : all) {
    if (seen.emplace(one.code, one.box, one.field, one.pt).second) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace autocusto::printing
