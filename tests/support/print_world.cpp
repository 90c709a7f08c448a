#include "tests/support/print_world.hpp"

#include "shared/domain/structured.hpp"
#include "tests/support/print_samples.hpp"

namespace autocusto::test {

using std::string_literals::operator""s;

domain::field_map patient_fields(const std::string& name) {
  return {{"nome_paciente", name},
          {"nome_mae", "Conceição d'Ávila"s},
          {"incapaz", false},
          {"peso", "70,5"s},
          {"altura", "1,70m"s},
          {"etnia", "etnia_parda"s},
          {"telefone1_paciente", "91912345678"s},
          {"end_paciente", "Rua das Flores, 10"s},
          {"cidade_paciente", "Belém"s}};
}

namespace {

domain::text_map medicine(const std::string& code, const std::string& name,
                          const std::string& quantity, const std::string& dose) {
  domain::text_map row{{"nome", name}, {"via", "Oral"}, {"unidade", "comprimido"}};
  if (!code.empty()) row["codigo"] = code;
  for (int month = 1; month <= 6; ++month) {
    row["qtd_" + std::to_string(month)] = quantity;
    row["pos_" + std::to_string(month)] = dose;
  }
  return row;
}

}  // namespace

domain::field_map process_fields() {
  return {{"clinica", std::string(print_world::clinic)},
          {"anamnese", "Surtos de neurite óptica desde 2019."s},
          {"tratou", "nao"s},
          {"preenchido_por", "medico"s},
          {"meses", "6"s},
          {"prescricao",
           domain::from_rows({medicine("0604080026", "Hidroxicloroquina 400 mg", "30",
                                       "Tomar 1 comprimido à noite"),
                              medicine("", "Ácido fólico 5 mg", "8", "Tomar 2 por semana")})},
          {"relatorio", "Relatório do caso."s}};
}

domain::structured rows_json(std::string_view json) {
  return domain::structured{std::string(json)};
}

std::string text_of_pdf(const std::string& pdf) {
  std::string out;
  for (const auto& word : words_of_pdf(pdf)) out += word.text + ' ';
  return out;
}

print_world::print_world() {
  save("clinic", clinic,
       {{"nome_clinica", "Clínica do Marajó"s},
        {"logradouro", "Avenida Nazaré"s},
        {"logradouro_num", "100"s},
        {"bairro", "Nazaré"s},
        {"cidade", "Belém"s},
        {"cep", "66000-000"s},
        {"telefone_clinica", "9132123456"s}});
  save("doctor", doctor,
       {{"nome_medico", "Ana Beatriz Souza"s}, {"cns_medico", "700000000000005"s}});
}

void print_world::save(const std::string& kind, const std::string& key,
                       const domain::field_map& fields, bool draft) {
  replica::edit edit;
  edit.kind = kind;
  edit.key = key;
  edit.fields = fields;
  edit.draft = draft;
  const auto saved = ana->edit().save(edit);
  if (!saved) throw error_exception(saved.error());
}

std::string print_world::add_process(const std::string& cpf, const std::string& cid) {
  save("patient", cpf, patient_fields("João Antônio da Conceição"));
  save("process", cpf + '/' + cid, process_fields());
  return cpf + '/' + cid;
}

printing::order print_world::order(const std::string& process, const std::string& start) const {
  printing::order out;
  out.what.process = process;
  out.how.start = *pdf::date_from_iso(start);
  return out;
}

printing::drawn print_world::issue(const printing::order& what) {
  std::vector<printing::problem> why;
  auto drawn = printing::draw(ana->read(), what, *catalogue, "", &why);
  if (!drawn) {
    auto e = drawn.error();
    for (const auto& one : why) e.message += ' ' + one.code + ' ' + one.field + ' ' + one.en;
    throw error_exception(e);
  }
  auto editor = ana->edit();
  const auto kept = printing::record(ana->read(), editor, std::span(&*drawn, 1));
  if (!kept) throw error_exception(kept.error());
  last = kept->front();
  return *std::move(drawn);
}

}  // namespace autocusto::test
