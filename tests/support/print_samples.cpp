#include "tests/support/print_samples.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/process.hpp"

namespace autocusto::test {
namespace {

struct sample_medicine {
  const char* name;
  const char* strength;
  const char* way;
  const char* unit;
  const char* dose;
};
constexpr std::array<sample_medicine, 6> k_medicines{{
    {"Adalimumabe", "40 mg injetável", "Subcutânea", "seringa preenchida",
     "Aplicar 1 seringa a cada 14 dias"},
    {"Metotrexato", "2,5 mg", "Oral", "comprimido", "Tomar 6 comprimidos uma vez por semana"},
    {"Ácido fólico", "5 mg", "Oral", "comprimido", "Tomar 1 comprimido 48 horas depois"},
    {"Hidroxicloroquina", "400 mg", "Oral", "comprimido", "Tomar 1 comprimido à noite"},
    {"Leflunomida", "20 mg", "Oral", "comprimido", "Tomar 1 comprimido pela manhã"},
    {"Infliximabe", "10 mg/mL", "Intravenosa", "frasco-ampola",
     "Infundir 3 frascos a cada 8 semanas"},
}};

pdf::prescription_row row_of(std::size_t number) {
  const auto& from = k_medicines.at(number);
  pdf::prescription_row row{std::to_string(6'040'000 + number),
                            from.name,
                            from.strength,
                            from.way,
                            from.unit,
                            "",
                            {},
                            {}};
  for (std::size_t month = 0; month < pdf::k_max_months; ++month) {
    row.qtd[month] = std::to_string(2 + number * 10 + month);
    row.pos[month] = std::string(from.dose) + ", mês " + std::to_string(month + 1);
  }
  return row;
}

double attribute(const std::string& line, const std::string& name) {
  const auto at = line.find(name + "=\"");
  if (at == std::string::npos)
    throw std::runtime_error("pdftotext printed something else: " + line);
  return std::strtod(line.c_str() + at + name.size() + 2, nullptr);
}

std::string plain(std::string text) {
  constexpr std::array<std::pair<const char*, const char*>, 5> entities{
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}};
  for (const auto& [name, character] : entities) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      text.replace(at, std::string(name).size(), character);
    }
  }
  return text;
}

}  // namespace

pdf::print_request sample_request(std::size_t rows, int months) {
  pdf::print_request out;
  out.doctor = {"12345/PA",
                {{"nome_medico", "Ana Beatriz Sá Peçanha"},
                 {"cns_medico", "898001160660761"},
                 {"especialidade", "Reumatologia"},
                 {"rqe", "5544"},
                 {"telefone", "(91) 3222-1000"},
                 {"email", "ana@clinica.test"}}};
  out.clinic = {"2337339",
                {{"nome_clinica", "Clínica de Reumatologia Ver-o-Peso"},
                 {"logradouro", "Travessa Quatorze de Março"},
                 {"logradouro_num", "1155"},
                 {"bairro", "Nazaré"},
                 {"cidade", "Belém"},
                 {"uf", "PA"},
                 {"cep", "66055-490"},
                 {"telefone_clinica", "(91) 3222-2000"}}};
  out.patient = {"11144477735",
                 {{"nome_paciente", "João da Conceição Ávila"},
                  {"nome_social", "Joana Ávila"},
                  {"nome_mae", "Maria da Conceição Ávila"},
                  {"incapaz", "true"},
                  {"nome_responsavel", "Pedro Ávila Gonçalves"},
                  {"peso", "70.5 kg"},
                  {"altura", "1,70 m"},
                  {"etnia", "etnia_indigena"},
                  {"escolha_etnia", "Munduruku"},
                  {"email_paciente", "joao.avila@exemplo.test"},
                  {"telefone1_paciente", "(91) 98888-0001"},
                  {"telefone2_paciente", "(91) 98888-0002"},
                  {"end_paciente", "Rua das Flores, 12"},
                  {"cidade_paciente", "Belém"},
                  {"uf_paciente", "PA"},
                  {"cep_paciente", "66010-020"}}};
  out.process = {"M05.8",
                 {{"anamnese",
                   "Artrite reumatoide soropositiva há 8 anos, com rigidez matinal de 2 horas. "
                   "DAS28 de 5,4 apesar de metotrexato 20 mg por semana."},
                  {"tratou", "sim"},
                  {"tratamentos_previos", "Metotrexato e leflunomida por 12 meses, sem resposta."},
                  {"preenchido_por", "outro"},
                  {"preenchido_nome", "Carla Nunes"},
                  {"preenchido_cpf", "52998224725"},
                  {"relatorio", "Paciente em acompanhamento.\nSolicita-se a continuidade."},
                  {"exames", "Hemograma completo\nVHS e PCR"}}};
  out.diagnosis = "Outras artrites reumatoides soropositivas";
  for (std::size_t row = 0; row < rows; ++row) out.rows.push_back(row_of(row));
  out.start = *pdf::date_from_iso("2027-01-31");
  out.months = months;
  return out;
}

std::vector<read_word> words_of_pdf(const std::string& pdf) {
  const auto read = run({"pdftotext", "-bbox", "-", "-"}, {{}, pdf, std::chrono::seconds(600)});
  if (read.exit != 0 || !read.err.empty()) throw std::runtime_error("pdftotext: " + read.err);
  std::vector<read_word> out;
  int page = 0;
  for (std::size_t at = 0; at < read.out.size();) {
    const auto end = std::min(read.out.find('\n', at), read.out.size());
    const std::string line = read.out.substr(at, end - at);
    at = end + 1;
    if (line.find("<page ") != std::string::npos) ++page;
    const auto tag = line.find("<word ");
    if (tag == std::string::npos) continue;
    const auto open = line.find('>', tag);
    const auto close = line.rfind("</word>");
    out.push_back({page, attribute(line, "xMin"), attribute(line, "yMin"), attribute(line, "xMax"),
                   attribute(line, "yMax"), plain(line.substr(open + 1, close - open - 1))});
  }
  return out;
}

}  // namespace autocusto::test
