#include "client/pdf/report.hpp"

#include <array>
#include <utility>

namespace autocusto::pdf {
namespace {

struct code_text {
  problem_code code;
  std::string_view name;
  std::string_view pt;
  std::string_view en;
};

// {over} and {detail} are filled in.
constexpr std::array k_codes = std::to_array<code_text>({
    {problem_code::missing, "missing", "está vazio e é obrigatório; preencha-o.",
     "is empty and compulsory; fill it in."},
    {problem_code::too_long, "too_long", "passa em {over} caracteres; encurte o texto.",
     "is {over} characters too long; shorten the text."},
    {problem_code::glyph_missing, "no_glyph",
     "tem o caractere {detail}, que não pode ser impresso; retire-o.",
     "holds the character {detail}, which cannot be printed; remove it."},
    {problem_code::bad_text, "bad_text", "não é um texto válido; digite-o de novo.",
     "is not valid text; enter it again."},
    {problem_code::bad_quantity, "bad_quantity",
     "não é um número de um a quatro algarismos; corrija a quantidade.",
     "is not a number of one to four digits; correct the quantity."},
    {problem_code::dose_incomplete, "dose_incomplete",
     "tem quantidade sem posologia, ou posologia sem quantidade; complete o mês.",
     "has a quantity without dose, or a dose without quantity; complete the month."},
    {problem_code::nothing_prescribed, "nothing_prescribed",
     "não tem quantidade em nenhum dos meses; preencha ao menos um ou retire o medicamento.",
     "has no quantity in any of the months; fill in at least one, or remove the medicine."},
    {problem_code::too_many_rows, "too_many_rows",
     "tem mais medicamentos do que as linhas do formulário; divida o pedido em dois.",
     "has more medicines than the form has lines; make two requests of it."},
    {problem_code::needs_notification, "needs_notification",
     "é da lista {detail} e exige Notificação de Receita numerada, que não pode ser impressa aqui; "
     "use o talonário e imprima os demais documentos.",
     "is of list {detail} and needs a numbered Notificação de Receita, which cannot be printed "
     "here; "
     "use the official pad and print the other documents."},
    {problem_code::unknown_class, "unknown_class",
     "tem uma classe de controle desconhecida ({detail}); corrija-a.",
     "has an unknown class of control ({detail}); correct it."},
    {problem_code::bad_start, "bad_start",
     "não existe ou está fora do que se imprime; escolha uma data de 1900 a 2200.",
     "does not exist or is out of range; choose a date from 1900 to 2200."},
    {problem_code::bad_request, "bad_request",
     "não pode ser usado aqui ({detail}); corrija o pedido.",
     "cannot be used here ({detail}); correct the request."},
});

constexpr std::array<std::pair<document_kind, std::string_view>, 6> k_documents{{
    {document_kind::lme, "lme"},
    {document_kind::prescription, "receita"},
    {document_kind::controlled, "receita-especial"},
    {document_kind::report, "relatorio"},
    {document_kind::exams, "exames"},
    {document_kind::clinic_template, "modelo"},
}};

const code_text& text_of(problem_code code) {
  for (const auto& entry : k_codes) {
    if (entry.code == code) return entry;
  }
  throw std::logic_error("a problem without a text");
}

void fill(std::string& text, std::string_view name, std::string_view value) {
  const auto at = text.find(name);
  if (at != std::string::npos) text.replace(at, name.size(), value);
}

}  // namespace

std::string_view document_name(document_kind kind) {
  for (const auto& [known, name] : k_documents) {
    if (known == kind) return name;
  }
  return {};
}

std::string_view problem_name(problem_code code) {
  return text_of(code).name;
}

std::string sentence(const problem& what, language lang) {
  const auto& text = text_of(what.code);
  std::string out(lang == language::pt ? text.pt : text.en);
  fill(out, "{over}", std::to_string(what.over));
  fill(out, "{detail}", what.detail);
  const std::string name = what.label.empty() ? what.field : what.label;
  if (what.box.empty()) return name + ": " + out;
  return (lang == language::pt ? "Campo " : "Box ") + what.box + " (" + name + "): " + out;
}

}  // namespace autocusto::pdf
