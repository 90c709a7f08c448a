// The rulings on rows of a legacy database: one fact a test, for each reason code of records.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tools/import/rules/judge.hpp"
#include "tools/import/rules/keys.hpp"
#include "tools/import/rules/people.hpp"
#include "tools/import/rules/processes.hpp"

namespace autocusto::import {
namespace {

constexpr const char* k_cpf = "11144477735";

field_values values(const legacy_kind& kind, const std::string& text) {
  field_values v;
  v.texts.assign(kind.fields.size(), text);
  v.flags.assign(kind.fields.size(), false);
  for (std::size_t i = 0; i < v.texts.size(); ++i) {
    const auto& field = *kind.fields[i];
    if (field.type == domain::field_type::boolean) v.texts[i].clear();
  }
  return v;
}

/// A patient's rows, and what becomes of them.
struct world {
  bundle rows;
  std::set<legacy_id> users{1, 2, 3};
  bool versioned = true;
  report out;
  std::vector<planned_record> records;

  void master(legacy_id id, const std::string& key, const std::string& text = "m") {
    rows.masters.push_back({id, key, values(patient_kind(), text)});
  }
  void relation(legacy_id id, std::optional<legacy_id> master, std::optional<legacy_id> user) {
    rows.relations.push_back({id, master, user});
  }
  version_row& version(legacy_id id, legacy_id master, std::int64_t number,
                       std::optional<legacy_id> author) {
    version_row v;
    v.id = id;
    v.master = master;
    v.number = number;
    v.author = author;
    v.created = id * 1'000'000;
    v.summary = "s";
    v.status = "active";
    v.values = values(patient_kind(), "v");
    return rows.versions.emplace_back(std::move(v));
  }
  assignment_row& assign(legacy_id id, legacy_id relation, legacy_id version) {
    assignment_row a;
    a.id = id;
    a.relation = relation;
    a.version = version;
    for (const auto& r : rows.relations) {
      if (r.id != relation) continue;
      a.relation_exists = true;
      a.relation_master = r.master;
      a.relation_user = r.user;
    }
    for (const auto& v : rows.versions) {
      if (v.id == version) a.version_master = v.master;
    }
    a.assigned = 1;
    return rows.assignments.emplace_back(a);
  }
  void judge() {
    const judge_input in{&patient_kind(), versioned,
                         [this](legacy_id user) { return users.contains(user); }};
    records = import::judge(in, rows, out);
  }
  /// `table id OUTCOME REASON`, sorted; tables by their last word.
  [[nodiscard]] std::vector<std::string> said() const {
    std::vector<std::string> all;
    for (const auto& item : out.items()) {
      const auto table = std::string(out.table_name(item)).substr(10);
      all.push_back(table + " " + std::to_string(item.id) + " " +
                    std::string(outcome_name(item.result)) + " " +
                    std::string(out.reason_name(item)));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  /// What the user sees: the shown version's row id, 0 for nothing.
  [[nodiscard]] legacy_id shown(legacy_id user) const {
    for (const auto& record : records) {
      for (const auto& view : record.views) {
        if (view.user == user) return record.versions[view.visible.back().version].id;
      }
    }
    return 0;
  }
};

using said = std::vector<std::string>;

/// A source whose queries show different rows: an error, never an end of the program.
class changed_source : public ::testing::Test {
 protected:
  changed_source() {
    w.master(1, k_cpf);
    w.relation(10, 1, 1);
    w.version(100, 1, 1, 1);
    w.assign(1000, 10, 100);
  }
  std::string judged() {
    try {
      w.judge();
    } catch (const error_exception& e) {
      return std::string(code_name(e.get().code)) + ": " + e.get().message;
    }
    return "judged";
  }
  world w;
};

TEST_F(changed_source, is_judged_while_it_agrees) {
  EXPECT_EQ(judged(), "judged");
}

TEST_F(changed_source, an_assigned_version_is_hidden) {
  w.rows.versions.clear();
  EXPECT_EQ(judged().rfind("unavailable: The legacy database changed while it was read", 0), 0U);
}

TEST_F(changed_source, one_of_two_versions_is_hidden) {
  w.version(101, 1, 2, 1);
  w.rows.versions.erase(w.rows.versions.begin());
  EXPECT_EQ(judged().rfind("unavailable: ", 0), 0U);
}

TEST_F(changed_source, the_relation_is_hidden) {
  w.rows.relations.clear();
  EXPECT_EQ(judged().rfind("unavailable: ", 0), 0U);
}

TEST_F(changed_source, an_assigned_version_is_of_another_record) {
  w.master(2, "52998224725");
  w.rows.versions.front().master = 2;
  EXPECT_EQ(judged().rfind("unavailable: ", 0), 0U);
}

TEST(import_rules, times_that_cannot_be_kept_are_flagged) {
  world w;
  w.master(1, k_cpf);
  w.relation(10, 1, 1);
  w.version(100, 1, 1, 1).created = k_last_time;
  w.version(101, 1, 2, 1).created = k_first_time;
  w.version(102, 1, 3, 1).created = 32'503'680'000'000'000;  // the year 3000
  w.assign(1000, 10, 102).assigned = k_last_time;
  w.judge();
  EXPECT_EQ(w.said(), (said{"pacienteusuarioversion 1000 flagged TIME_OUT_OF_RANGE",
                            "pacienteversion 100 flagged TIME_OUT_OF_RANGE",
                            "pacienteversion 101 flagged TIME_OUT_OF_RANGE"}));
}

TEST(import_keys, cpf) {
  struct row {
    const char* text;
    const char* digits;
    const char* problem;
  };
  const row table[] = {{"111.444.777-35", k_cpf, ""},
                       {"\t111 444 777\xC2\xA0"
                        "35",
                        k_cpf, ""},
                       {"11144477736", "11144477736", "CPF_CHECK_DIGITS"},
                       {"000.000.000-00", "00000000000", "CPF_REPEATED"},
                       {"1114447773", "1114447773", "CPF_LENGTH"},
                       {"abc11144477735", k_cpf, "CPF_LETTERS"},
                       {"\xC3\xA9"
                        "11144477735",
                        k_cpf, "CPF_LETTERS"},
                       {"---", "", "CPF_EMPTY"},
                       {"", "", "CPF_EMPTY"}};
  for (const auto& r : table) {
    const auto key = read_key(domain::key_rule::cpf, r.text);
    EXPECT_EQ(key.digits, r.digits) << r.text;
    EXPECT_EQ(key.problem, r.problem) << r.text;
  }
  EXPECT_EQ(record_key(read_key(domain::key_rule::cpf, "111.444.777-35"), 9), k_cpf);
  EXPECT_EQ(record_key(read_key(domain::key_rule::cpf, "123"), 9), "123#9");
  EXPECT_EQ(record_key(read_key(domain::key_rule::cpf, ""), 60), "#60");
}

TEST(import_keys, cnes_stands_as_it_is) {
  EXPECT_EQ(read_key(domain::key_rule::cnes, "1234567").problem, "");
  for (const auto* text : {"123456", "12345678", "AB12345", "123.456", "", " 1234567"}) {
    EXPECT_EQ(read_key(domain::key_rule::cnes, text).problem, "CNES_INVALID") << text;
  }
  EXPECT_EQ(read_key(domain::key_rule::cnes, "0000000").problem, "CNES_PLACEHOLDER");
}

TEST(import_rules, assigned_version_is_shown_with_older_own_ones_behind_it) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.version(10, 1, 1, 1);
  w.version(11, 1, 2, 2);
  w.version(12, 1, 5, 1).status = "archived";
  w.assign(1, 1, 12);
  w.judge();
  EXPECT_EQ(w.said(), (said{"pacienteversion 11 flagged AUTHOR_NOT_RELATED"}));
  ASSERT_EQ(w.records.size(), 1U);
  const auto& r = w.records[0];
  EXPECT_EQ(r.key, k_cpf);
  ASSERT_EQ(r.versions.size(), 3U);
  EXPECT_EQ(r.versions[2].number, 5);
  EXPECT_TRUE(r.versions[2].archived);
  EXPECT_EQ(r.versions[2].parent, 0U) << "the same user's earlier one";
  EXPECT_FALSE(r.versions[1].parent) << "nothing of his own";
  ASSERT_EQ(r.views.size(), 1U);
  ASSERT_EQ(r.views[0].visible.size(), 2U) << "never another doctor's version";
  EXPECT_FALSE(r.views[0].visible[0].assigned);
  EXPECT_EQ(r.views[0].visible[1].version, 2U);
  EXPECT_TRUE(r.views[0].visible[1].assigned);
}

TEST(import_rules, without_assignment_the_own_newest_or_nothing) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.relation(2, 1, 2);
  w.version(10, 1, 1, 1);
  w.version(11, 1, 2, 1).status = "archived";
  w.judge();
  EXPECT_EQ(w.said(), (said{"paciente_usuarios 1 flagged ASSIGNMENT_MISSING_OWN_NEWEST",
                            "paciente_usuarios 2 flagged ASSIGNMENT_MISSING_NOTHING_VISIBLE"}));
  EXPECT_EQ(w.shown(1), 11);
  EXPECT_EQ(w.shown(2), 0);
  EXPECT_FALSE(w.records[0].views[0].visible.back().assigned);
}

TEST(import_rules, parent_is_the_migrations_version_for_who_had_it) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.relation(2, 1, 2);
  w.version(10, 1, 1, std::nullopt);
  w.version(11, 1, 2, 1);
  w.version(12, 1, 3, 2);
  w.assign(1, 1, 11);                        // since before version 11 was made
  w.assign(2, 2, 12).assigned = 12'000'001;  // only since then
  w.judge();
  EXPECT_EQ(w.records[0].versions[1].parent, 0U);
  EXPECT_FALSE(w.records[0].versions[2].parent);
}

TEST(import_rules, the_migrations_version_is_not_its_own_parent) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.version(10, 1, 1, 1).summary = "Versão inicial criada durante migração";
  w.assign(1, 1, 10);  // older than the version
  w.judge();
  EXPECT_FALSE(w.records[0].versions[0].parent);
}

TEST(import_rules, own_first_then_newest_then_lowest_id) {
  world w;
  w.master(1, k_cpf);
  for (legacy_id r = 1; r <= 3; ++r) w.relation(r, 1, 1);
  w.version(10, 1, 1, 1);
  w.version(11, 1, 2, 1);
  w.version(12, 1, 3, 2);
  w.relation(4, 1, 2);
  w.assign(1, 1, 12);
  w.assign(2, 2, 11);
  w.assign(3, 3, 10);
  w.assign(4, 4, 12);
  w.judge();
  EXPECT_EQ(w.shown(1), 11);
  EXPECT_EQ(w.said(), (said{"paciente_usuarios 2 merged DUPLICATE_RELATION",
                            "paciente_usuarios 3 merged DUPLICATE_RELATION",
                            "pacienteusuarioversion 1 merged DUPLICATE_ASSIGNMENT",
                            "pacienteusuarioversion 3 merged DUPLICATE_ASSIGNMENT"}));
  for (const auto& visible : w.records[0].views[0].visible) {
    EXPECT_NE(visible.version, 2U) << "what another doctor made stays out of his history";
  }
}

TEST(import_rules, equal_valid_keys_are_one_record_and_invalid_ones_never) {
  world w;
  w.master(5, k_cpf);
  w.master(3, "111.444.777-35");
  w.master(7, "12345678900");
  w.master(8, "12345678900");
  w.relation(1, 5, 1);
  w.relation(2, 3, 1);
  w.relation(3, 7, 1);
  w.relation(4, 8, 1);
  w.version(10, 5, 1, 1);
  w.version(20, 3, 1, 1);
  w.version(21, 3, 4, 1);
  w.version(30, 7, 1, 1);
  w.version(31, 8, 1, 1);
  w.assign(1, 1, 10);
  w.assign(2, 2, 21);
  w.assign(3, 3, 30);
  w.assign(4, 4, 31);
  w.judge();
  ASSERT_EQ(w.records.size(), 3U);
  EXPECT_EQ(w.records[0].masters, (std::vector<legacy_id>{3, 5}));
  EXPECT_EQ(w.records[1].key, "12345678900#7");
  EXPECT_EQ(w.records[2].key, "12345678900#8");
  EXPECT_EQ(w.records[0].versions[2].id, 10) << "behind the survivor's";
  EXPECT_EQ(w.shown(1), 21) << "the newest of the assigned ones";
  EXPECT_EQ(
      w.said(),
      (said{"paciente 5 merged DUPLICATE_CPF", "paciente 7 flagged CPF_CHECK_DIGITS",
            "paciente 8 flagged CPF_CHECK_DIGITS", "paciente_usuarios 2 merged DUPLICATE_RELATION",
            "pacienteusuarioversion 1 merged DUPLICATE_ASSIGNMENT",
            "pacienteversion 10 merged VERSION_MOVED"}));
}

TEST(import_rules, without_version_tables_the_master_is_version_one_of_everybody) {
  world w;
  w.versioned = false;
  w.master(1, k_cpf);
  w.master(2, "111.444.777-35");
  w.relation(1, 1, 1);
  w.relation(2, 2, 1);
  w.relation(3, 1, 2);
  w.judge();
  ASSERT_EQ(w.records.size(), 1U);
  EXPECT_EQ(w.records[0].versions.size(), 2U);
  EXPECT_FALSE(w.records[0].versions[0].author);
  EXPECT_EQ(w.records[0].versions[0].summary, "Versão inicial criada durante migração");
  EXPECT_EQ(w.shown(1), 2) << "the highest master is the newest";
  EXPECT_EQ(w.records[0].views[0].visible.size(), 2U);
  EXPECT_EQ(w.shown(2), 1);
}

TEST(import_rules, a_master_without_versions_is_kept_for_nobody) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.judge();
  EXPECT_EQ(w.records[0].versions.size(), 1U);
  EXPECT_TRUE(w.records[0].views.empty());
  EXPECT_EQ(w.said(), (said{"paciente 1 flagged MASTER_WITHOUT_VERSION",
                            "paciente_usuarios 1 flagged ASSIGNMENT_MISSING_NOTHING_VISIBLE"}));
}

TEST(import_rules, what_cannot_come_in_is_quarantined) {
  world w;
  w.master(1, k_cpf);
  w.master(2, "52998224725");
  w.relation(1, 1, std::nullopt);
  w.relation(2, std::nullopt, 1);
  w.relation(3, std::nullopt, std::nullopt);
  w.relation(4, 1, 99);
  w.relation(5, 77, 1);
  w.relation(6, 1, 1);
  w.relation(7, 2, 2);
  w.version(10, 1, 1, 1);
  w.version(20, 2, 1, 2);
  w.version(30, 77, 1, 1);
  w.assign(1, 1, 10);
  w.assign(2, 88, 10);
  w.assign(3, 6, 44);
  w.assign(4, 7, 10);
  w.judge();
  EXPECT_EQ(w.said(), (said{"paciente_usuarios 1 quarantined NULL_USER",
                            "paciente_usuarios 2 quarantined NULL_PATIENT",
                            "paciente_usuarios 3 quarantined NULL_USER_AND_PATIENT",
                            "paciente_usuarios 4 quarantined MISSING_USER",
                            "paciente_usuarios 5 quarantined MISSING_PATIENT",
                            "paciente_usuarios 6 flagged ASSIGNMENT_MISSING_OWN_NEWEST",
                            "paciente_usuarios 7 flagged ASSIGNMENT_MISSING_OWN_NEWEST",
                            "pacienteusuarioversion 1 quarantined RELATION_QUARANTINED",
                            "pacienteusuarioversion 2 quarantined MISSING_RELATION",
                            "pacienteusuarioversion 3 quarantined MISSING_VERSION",
                            "pacienteusuarioversion 4 quarantined ASSIGNMENT_OTHER_MASTER",
                            "pacienteversion 30 quarantined MISSING_PATIENT"}));
}

TEST(import_rules, unreadable_and_enormous_rows) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.version(10, 1, 1, 1).values.texts[0] = "\xFF";
  w.version(11, 1, 2, 1).summary = std::string(70'000, 'x');
  w.version(12, 1, 3, 1);
  w.assign(1, 1, 10);
  w.judge();
  EXPECT_EQ(w.said(), (said{"paciente_usuarios 1 flagged ASSIGNMENT_MISSING_OWN_NEWEST",
                            "pacienteusuarioversion 1 quarantined VERSION_QUARANTINED",
                            "pacienteversion 10 quarantined TEXT_UNREADABLE",
                            "pacienteversion 11 quarantined VERSION_TOO_LARGE"}));
  EXPECT_EQ(w.shown(1), 12);
}

TEST(import_rules, odd_numbers_authors_and_values_are_flagged) {
  world w;
  w.master(1, k_cpf);
  w.version(10, 1, 0, 99).status = "ativo";
  w.version(11, 1, 2, std::nullopt);
  auto& v = w.version(12, 1, 2, std::nullopt);
  for (std::size_t i = 0; i < v.values.texts.size(); ++i) {
    const auto& field = *patient_kind().fields[i];
    if (field.name == "incapaz") v.values.flags[i] = true;
    if (field.name == "nome_responsavel") v.values.texts[i] = "   ";
    if (field.name == "rg") v.values.texts[i] = std::string(101, 'x');
  }
  w.judge();
  EXPECT_EQ(w.said(), (said{"paciente 1 flagged MASTER_WITHOUT_USERS",
                            "pacienteversion 10 flagged AUTHOR_MISSING",
                            "pacienteversion 10 flagged STATUS_UNKNOWN",
                            "pacienteversion 10 flagged VERSION_NUMBER_INVALID",
                            "pacienteversion 12 flagged INCAPAZ_WITHOUT_GUARDIAN",
                            "pacienteversion 12 flagged VALUE_TOO_LONG",
                            "pacienteversion 12 flagged VERSION_NUMBER_DUPLICATE"}));
  EXPECT_EQ(w.records[0].versions.size(), 3U);
}

TEST(import_rules, every_row_is_counted_once) {
  world w;
  w.master(1, k_cpf);
  w.relation(1, 1, 1);
  w.relation(2, 1, 1);
  w.version(10, 1, 0, 99);
  w.assign(1, 1, 10);
  w.assign(2, 88, 10);
  w.judge();
  w.out.set_source_rows("pacientes_paciente", 1);
  w.out.set_source_rows("pacientes_paciente_usuarios", 2);
  w.out.set_source_rows("pacientes_pacienteversion", 1);
  w.out.set_source_rows("pacientes_pacienteusuarioversion", 2);
  EXPECT_TRUE(w.out.unaccounted().empty());
  w.out.set_source_rows("pacientes_pacienteversion", 2);
  EXPECT_EQ(w.out.unaccounted(), (std::vector<std::string>{"pacientes_pacienteversion"}));
}

TEST(import_rules, accounts_are_never_merged) {
  report out;
  std::vector<user_row> users(4);
  for (std::size_t i = 0; i < users.size(); ++i) users[i].id = static_cast<legacy_id>(i) + 1;
  users[0].email = "ana@x.test";
  users[1].email = "Ana@x.test";
  users[2].email = "ana@x.test";
  users[3].email = "BIA@x.test";
  users[3].password_usable = false;
  users[2].password_current = false;
  const auto in = judge_users(users, {}, {}, out);
  EXPECT_EQ(in.size(), 4U);
  std::vector<std::string> all;
  for (const auto& item : out.items()) {
    all.push_back(std::to_string(item.id) + " " + std::string(out.reason_name(item)));
  }
  EXPECT_EQ(all, (said{"1 EMAIL_CASE_COLLISION", "2 EMAIL_CASE_COLLISION", "3 EMAIL_DUPLICATE",
                       "3 EMAIL_CASE_COLLISION", "3 PASSWORD_ALGORITHM", "4 EMAIL_NOT_LOWERCASE",
                       "4 PASSWORD_UNUSABLE"}));
}

}  // namespace
}  // namespace autocusto::import
