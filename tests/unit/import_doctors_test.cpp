// What an import makes of doctors: which become records, and who sees them.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tools/import/rules/doctors.hpp"

namespace autocusto::import {
namespace {

doctor_row doctor(legacy_id id, const std::string& crm, const std::string& state,
                  const std::string& name = "Dra. Exemplo") {
  return {id, crm, state, "898001160660761", name, "NEUROLOGIA"};
}

std::string said_of(const doctor_row& d, bool linked = true) {
  report out;
  std::vector<doctor_link> links;
  if (linked) links.push_back({1, d.id, 1});
  const auto verdicts = judge_doctors({d}, links, {1}, true, out);
  const auto records = plan_doctors({d}, links, {1}, verdicts);
  EXPECT_EQ(records.empty(), verdicts.at(d.id).whole);
  return verdicts.at(d.id).reasons + (records.empty() ? " kept" : " " + records[0].key);
}

TEST(import_doctors, become_records_where_crm_and_state_are_known) {
  EXPECT_EQ(said_of(doctor(7, "12345", "PA")), " 12345/PA");
  EXPECT_EQ(said_of(doctor(7, "12345", "")), "DOCTOR_WITHOUT_STATE kept");
  EXPECT_EQ(said_of(doctor(7, "12345", "XX")), "DOCTOR_STATE_INVALID kept");
  EXPECT_EQ(said_of(doctor(7, "12345", "pa")), "DOCTOR_STATE_INVALID kept");
  EXPECT_EQ(said_of(doctor(7, "", "PA")), "DOCTOR_WITHOUT_CRM kept");
  EXPECT_EQ(said_of(doctor(7, "12345-P", "PA")), "CRM_NOT_DIGITS kept");
  EXPECT_EQ(said_of(doctor(7, "12345", "PA", " ")), "DOCTOR_WITHOUT_NAME 12345/PA");
  EXPECT_EQ(said_of(doctor(7, "12345", "PA"), false), "DOCTOR_WITHOUT_USER kept");
  EXPECT_EQ(said_of(doctor(7, "12345", "PA", "\xFF")), "TEXT_UNREADABLE kept");
}

TEST(import_doctors, of_one_registration_are_one_record_and_each_sees_the_own_row) {
  const std::vector<doctor_row> doctors{
      doctor(7, "12345", "PA", "A"), doctor(8, "12345", "PA", "B"), doctor(9, "12345", "SP", "C")};
  const std::vector<doctor_link> links{{1, 7, 1}, {2, 8, 2}, {3, 9, 2}, {4, 8, 1}, {5, 9, 99}};
  report out;
  const auto verdicts = judge_doctors(doctors, links, {1, 2}, true, out);
  const auto records = plan_doctors(doctors, links, {1, 2}, verdicts);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].key, "12345/PA");
  ASSERT_EQ(records[0].versions.size(), 2U);
  EXPECT_FALSE(records[0].versions[0].author);
  const auto fields = nlohmann::json::parse(records[0].versions[1].fields);
  EXPECT_EQ(fields["nome_medico"], "B");
  EXPECT_EQ(fields["cns_medico"], "898001160660761");
  EXPECT_EQ(fields["especialidade"], "NEUROLOGIA");
  EXPECT_EQ(fields.size(), doctor_kind().spec->fields.size());
  ASSERT_EQ(records[0].views.size(), 2U);
  EXPECT_EQ(records[0].views[0].user, 1);
  ASSERT_EQ(records[0].views[0].visible.size(), 2U);
  EXPECT_EQ(records[0].views[0].visible.back().version, 1U);
  EXPECT_TRUE(records[0].views[0].visible.back().assigned);
  ASSERT_EQ(records[0].views[1].visible.size(), 1U);
  EXPECT_EQ(records[1].key, "12345/SP");
  ASSERT_EQ(records[1].views.size(), 1U) << "a user who is not there sees nothing";
}

TEST(import_doctors, links_to_those_that_are_kept_are_kept_with_them) {
  const std::vector<doctor_row> doctors{doctor(7, "12345", "PA"), doctor(8, "", "PA")};
  const std::vector<doctor_link> links{{1, 7, 1}, {2, 8, 1}, {3, 7, 1}, {4, 6, 1}};
  report out;
  const auto judged = judge_links(links, judge_doctors(doctors, links, {1}, true, out), {1}, out);
  EXPECT_EQ(judged.at(1).result, outcome::imported);
  EXPECT_FALSE(judged.at(1).whole);
  EXPECT_EQ(judged.at(2).result, outcome::deferred);
  EXPECT_TRUE(judged.at(2).whole);
  EXPECT_EQ(judged.at(3).result, outcome::merged);
  EXPECT_EQ(judged.at(4).reasons, "MISSING_DOCTOR");
  EXPECT_TRUE(judged.at(4).whole);
}

}  // namespace
}  // namespace autocusto::import
