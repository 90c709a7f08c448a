// Many processes in one PDF, what is due, closing and recoding.

#include <set>

#include <gmock/gmock.h>

#include "client/print/overview.hpp"
#include "client/print/process_acts.hpp"
#include "client/print/renew.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/support/print_world.hpp"

namespace autocusto::printing {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct renewing : ::testing::Test {
  test::print_world here;

  std::vector<std::string> keys_of(const std::vector<due_process>& due) {
    std::vector<std::string> out;
    for (const auto& one : due) out.push_back(one.process + ' ' + pdf::iso_text(one.due));
    return out;
  }
  renewal renew_all(const std::vector<std::string>& keys) {
    return renew(here.ana->read(), keys, here.order({}), *here.catalogue, "");
  }
};

TEST_F(renewing, prints_what_can_be_printed_and_names_the_others) {
  std::vector<std::string> keys;
  for (std::uint32_t n = 1; n <= 30; ++n) keys.push_back(here.add_process(test::cpf(n)));
  here.save("process", keys[11], {{"anamnese", ""s}});
  const auto done = renew_all(keys);
  EXPECT_THAT(done.printed, SizeIs(29));
  ASSERT_THAT(done.refused, SizeIs(1));
  EXPECT_EQ(done.refused[0].process, keys[11]);
  ASSERT_THAT(done.refused[0].problems, SizeIs(1));
  EXPECT_EQ(done.refused[0].problems[0].box, "11");
  EXPECT_EQ(done.pages, 29 * 7);
  EXPECT_EQ(done.printed.front().made.process, keys[0]) << "in the order asked for";
  auto editor = here.ana->edit();
  const auto kept = record(here.ana->read(), editor, done.printed);
  ASSERT_TRUE(kept);
  EXPECT_THAT(*here.ana->read().list("emission"), SizeIs(29));

  const auto again = renew_all(keys);
  EXPECT_EQ(again.sha256, done.sha256);
  const auto kept_again = record(here.ana->read(), editor, again.printed);
  EXPECT_FALSE(kept_again->front().created);
  EXPECT_THAT(*here.ana->read().list("emission"), SizeIs(29));
}

TEST_F(renewing, counts_one_process_once_and_refuses_drafts) {
  const auto key = here.add_process("11144477735");
  here.save("patient", "52998224725", test::patient_fields("Maria"));
  here.save("process", "52998224725/G35", test::process_fields(), true);
  const auto done = renew_all({"111.444.777-35/g35", key, "52998224725/G35", "00000000191/G35"});
  EXPECT_THAT(done.printed, SizeIs(1));
  ASSERT_THAT(done.refused, SizeIs(2));
  EXPECT_EQ(done.refused[0].process, "52998224725/G35");
  EXPECT_EQ(done.refused[1].why.code, errc::not_found);
  EXPECT_THAT(renew_all({}).pdf, IsEmpty());
}

TEST_F(renewing, tells_what_is_due_and_forgets_closed_processes) {
  const auto first = here.add_process(test::cpf(1));
  const auto second = here.add_process(test::cpf(2));
  const auto third = here.add_process(test::cpf(3));
  here.issue(here.order(first, "2026-09-01"));
  auto short_one = here.order(second, "2026-11-15");
  short_one.how.months = 3;
  here.issue(short_one);
  auto due = all_due(here.ana->read());
  ASSERT_TRUE(due);
  EXPECT_THAT(keys_of(due->items), ElementsAre(second + " 2027-02-15", first + " 2027-03-01"));
  EXPECT_THAT(due->never, ElementsAre(third));

  auto editor = here.ana->edit();
  ASSERT_TRUE(close_process(here.ana->read(), editor, second, "Paciente mudou de cidade"));
  EXPECT_EQ(close_process(here.ana->read(), editor, first, " ").error().code, errc::usage);
  due = all_due(here.ana->read());
  EXPECT_THAT(keys_of(due->items), ElementsAre(first + " 2027-03-01"));
  const auto refused = renew_all({second});
  ASSERT_THAT(refused.refused, SizeIs(1));
  EXPECT_EQ(refused.refused[0].problems[0].code, "closed");
}

/// Spoils the contents of all versions that `save` makes.
template <class Save>
void spoil_what_it_saves(test::print_world& here, Save save) {
  const auto rows = [&here] {
    std::set<std::int64_t> out;
    sqlite::database db(here.ana.home() + "/replica.sqlite",
                        {.mode = sqlite::open_mode::read_only});
    sqlite::statement read(db, "SELECT id FROM version");
    while (read.step()) out.insert(read.column_int(0));
    return out;
  };
  const auto before = rows();
  save();
  sqlite::database db(here.ana.home() + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
  for (const auto row : rows()) {
    if (before.contains(row)) continue;
    sqlite::statement write(db, "UPDATE version SET content = ? WHERE id = ?");
    write.bind_blob(1, "estragado").bind_int(2, row);
    write.run();
  }
}

TEST_F(renewing, names_what_is_damaged_and_prints_the_rest) {
  std::vector<std::string> keys;
  for (std::uint32_t n = 1; n <= 4; ++n) {
    keys.push_back(here.add_process(test::cpf(n)));
    if (n < 3) here.issue(here.order(keys.back(), "2026-08-10"));
  }
  spoil_what_it_saves(here, [&] { here.save("patient", test::cpf(1), {{"peso", "71"s}}); });
  spoil_what_it_saves(here, [&] { here.save("process", keys[1], {{"anamnese", "Outra."s}}); });
  spoil_what_it_saves(here, [&] { here.save("process", keys[2], {{"anamnese", "Outra."s}}); });
  spoil_what_it_saves(here, [&] { here.issue(here.order(keys[3], "2026-08-10")); });

  const auto due = all_due(here.ana->read());
  ASSERT_TRUE(due);
  EXPECT_THAT(keys_of(due->items), ElementsAre(keys[0] + " 2027-02-10", keys[1] + " 2027-02-10"))
      << "a damaged process is due by its emission";
  EXPECT_THAT(due->unclear, ElementsAre(keys[2], keys[3]));
  EXPECT_EQ(due->damaged, 3U);

  const auto done = renew_all(keys);
  ASSERT_THAT(done.printed, SizeIs(1));
  EXPECT_EQ(done.printed[0].made.process, keys[3]);
  ASSERT_THAT(done.refused, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(done.refused[i].process, keys[i]);
    EXPECT_EQ(done.refused[i].why.code, errc::database);
  }
}

TEST_F(renewing, goes_on_under_another_cid) {
  const auto old = here.add_process("11144477735", "G40.0");
  auto editor = here.ana->edit();
  const auto saved = recode_process(here.ana->read(), editor, old, "g408", "CID errado");
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(saved->front().key, "11144477735/G40.8");
  EXPECT_TRUE(saved->front().created);
  const auto fresh = here.ana->read().show("process", "11144477735/G40.8");
  const auto closed = here.ana->read().show("process", old);
  EXPECT_EQ(text_of(fresh->fields, "situacao"), "ativo");
  EXPECT_EQ(text_of(fresh->fields, "anamnese"), text_of(closed->fields, "anamnese"));
  EXPECT_EQ(fresh->fields.at("prescricao"), closed->fields.at("prescricao"));
  EXPECT_EQ(text_of(closed->fields, "situacao"), "encerrado");
  EXPECT_EQ(text_of(closed->fields, "situacao_motivo"), "CID errado");

  const auto twice = recode_process(here.ana->read(), editor, old, "G40.8", "de novo");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, errc::already_exists);
  EXPECT_FALSE(twice.error().message.starts_with("Line"));
  const auto itself = recode_process(here.ana->read(), editor, old, "G40.0", "de novo");
  EXPECT_EQ(itself.error().code, errc::already_exists);
  EXPECT_EQ(text_of(here.ana->read().show("process", old)->fields, "situacao_motivo"), "CID errado")
      << "all or nothing";
}

TEST_F(renewing, refuses_every_other_change_of_an_emission) {
  here.issue(here.order(here.add_process("11144477735")));
  const domain::field_map changes{{"inicio", "2020-01-01"s},
                                  {"pdf_sha256", std::string(64, '0')},
                                  {"linhas", test::rows_json(R"([{"nome":"Outro"}])")},
                                  {"catalogo", ""s}};
  for (const auto& [name, value] : changes) {
    replica::edit edit;
    edit.kind = "emission";
    edit.key = here.last.emission;
    edit.fields = {{name, value}};
    const auto saved = here.ana->edit().save(edit);
    ASSERT_FALSE(saved) << name;
    EXPECT_EQ(saved.error().code, errc::invalid_field);
    EXPECT_EQ(saved.error().field, name);
  }
  EXPECT_THAT(*here.ana->read().history("emission", here.last.emission), SizeIs(1));
}

TEST_F(renewing, notes_only_what_became_of_an_emission) {
  const auto key = here.add_process("11144477735");
  here.issue(here.order(key));
  const auto emission = here.last.emission;
  auto editor = here.ana->edit();
  ASSERT_TRUE(mark_emission(
      here.ana->read(), editor, emission,
      {{"situacao", "devolvida"s}, {"nota", "Faltou o CNS"s}, {"inicio", "2020-01-01"s}}, nullptr));
  const auto shown = here.ana->read().show("emission", emission);
  EXPECT_EQ(text_of(shown->fields, "situacao"), "devolvida");
  EXPECT_EQ(text_of(shown->fields, "nota"), "Faltou o CNS");
  EXPECT_EQ(text_of(shown->fields, "inicio"), "2027-01-31");
  EXPECT_FALSE(
      mark_emission(here.ana->read(), editor, emission, {{"situacao", "perdida"s}}, nullptr));
  ASSERT_TRUE(
      mark_emission(here.ana->read(), editor, emission, {{"situacao", "cancelada"s}}, nullptr));
  EXPECT_THAT(all_due(here.ana->read())->never, ElementsAre(key));
}

}  // namespace
}  // namespace autocusto::printing
