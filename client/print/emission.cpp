#include "client/print/emission.hpp"

#include <nlohmann/json.hpp>

#include "client/pdf/print.hpp"
#include "client/print/resolve.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::printing {
namespace {

constexpr std::size_t k_mark = 16;

domain::structured lines_of(const std::vector<pdf::prescription_row>& rows, int months) {
  domain::row_list out;
  for (const auto& row : rows) {
    auto& line = out.emplace_back();
    line["codigo"] = row.codigo;
    line["nome"] = row.nome;
    for (int k = 0; k < months; ++k) {
      line["qtd_" + std::to_string(k + 1)] = row.qtd[static_cast<std::size_t>(k)];
    }
    std::erase_if(line, [](const auto& cell) { return cell.second.empty(); });
  }
  return domain::from_rows(out);
}

}  // namespace

std::string pins_text(const pins& what) {
  const nlohmann::json object = {{"v", 1},
                                 {"process", what.process},
                                 {"process_version", what.process_version},
                                 {"patient_version", what.patient_version},
                                 {"clinic", what.clinic},
                                 {"clinic_version", what.clinic_version},
                                 {"doctor", what.doctor},
                                 {"doctor_version", what.doctor_version},
                                 {"catalogue", what.catalogue},
                                 {"form", what.form},
                                 {"start", pdf::iso_text(what.start)},
                                 {"months", what.months},
                                 {"dates", std::string(pdf::policy_name(what.dates))},
                                 {"documents", what.documents},
                                 {"pdf_sha256", what.pdf_sha256}};
  return json::canonical(object);
}

std::string emission_key(const pins& what) {
  return what.process + '@' + pdf::iso_text(what.start) + '-' +
         crypto::sha256(pins_text(what)).text().substr(0, k_mark);
}

domain::field_map emission_fields(const pins& what, int pages,
                                  const std::vector<pdf::prescription_row>& rows) {
  return {{"inicio", pdf::iso_text(what.start)},
          {"meses", std::to_string(what.months)},
          {"politica_datas", std::string(pdf::policy_name(what.dates))},
          {"documentos", what.documents},
          {"modelo", what.form},
          {"processo_versao", what.process_version},
          {"paciente_versao", what.patient_version},
          {"clinica", what.clinic},
          {"clinica_versao", what.clinic_version},
          {"medico", what.doctor},
          {"medico_versao", what.doctor_version},
          {"catalogo", what.catalogue},
          {"programa", std::string(pdf::renderer_name())},
          {"paginas", std::to_string(pages)},
          {"pdf_sha256", what.pdf_sha256},
          {"linhas", lines_of(rows, what.months)},
          {"situacao", std::string("emitida")}};
}

result<pins> pins_of(std::string_view key, const domain::field_map& fields) {
  const auto wrong = [](const char* field) {
    return fail(errc::invalid_field,
                "The emission does not say what it was made of; print the process again.", field);
  };
  pins out;
  out.process = domain::process_of_key(key);
  out.process_version = text_of(fields, "processo_versao");
  out.patient_version = text_of(fields, "paciente_versao");
  out.clinic = text_of(fields, "clinica");
  out.clinic_version = text_of(fields, "clinica_versao");
  out.doctor = text_of(fields, "medico");
  out.doctor_version = text_of(fields, "medico_versao");
  out.catalogue = text_of(fields, "catalogo");
  out.form = text_of(fields, "modelo");
  out.documents = text_of(fields, "documentos");
  out.pdf_sha256 = text_of(fields, "pdf_sha256");
  const auto start = pdf::date_from_iso(text_of(fields, "inicio"));
  if (!start) return wrong("inicio");
  out.start = *start;
  const auto months = text_of(fields, "meses");
  if (months.size() != 1 || months[0] < '1' || months[0] > '6') return wrong("meses");
  out.months = months[0] - '0';
  const auto dates = pdf::policy_from_name(text_of(fields, "politica_datas"));
  if (!dates) return wrong("politica_datas");
  out.dates = *dates;
  return out;
}

std::string mark_of(std::string_view emission_key) {
  return std::string(
      emission_key.substr(emission_key.size() - std::min(k_mark, emission_key.size())));
}

}  // namespace autocusto::printing
