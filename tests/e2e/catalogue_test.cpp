// The reference catalogue with the real programs, on both databases: from SIGTAP's ZIP to what a
// doctor finds offline.
#include <fstream>

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"
#include "tests/support/sigtap_zip.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class catalogue : public on_both_databases {
 protected:
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  /// A ZIP like SIGTAP's, of a month in which a quantity and a name changed and a medicine is gone.
  std::string zip(bool changed) {
    auto tables = sigtap_tables(std::string(SYNC_SOURCE_DIR) + "/schema/catalogue/sigtap");
    if (changed) {
      change(tables.procedures.bytes, "TERIFLUNOMIDA 14 MG (POR COMPRIMIDO) ",
             "TERIFLUNOMIDA 14 MG (POR COMPRIMIDO)X");
      change(tables.procedures.bytes, "3I031099990000", "3I062099990000");
      auto& rows = tables.procedures.bytes;
      rows.erase(rows.find("0604540078"), 338);
      change(tables.links.bytes, "0604540078G300S202608\r\n", "");
      change(tables.links.bytes, "0604540078G301S202608\r\n", "");
    }
    const auto path = files / (changed ? "september.zip" : "august.zip");
    write(path, zip_of(tables));
    return path;
  }
  static void change(std::string& in, const std::string& what, const std::string& by) {
    ASSERT_NE(in.find(what), std::string::npos) << what;
    in.replace(in.find(what), what.size(), by);
  }
  json publish(const std::string& zip, const std::string& file) {
    here.admin().must({"catalogue", "import", "--sigtap", zip, "--out", file});
    return here.admin().must({"catalogue", "publish", file});
  }
  /// `medicine 0604010028 quantity`, …
  static std::vector<std::string> changes(const json& told) {
    std::vector<std::string> out;
    for (const auto& one : told.at("changes")) {
      out.push_back(one.at("of").get<std::string>() + " " + one.at("code").get<std::string>() +
                    " " + one.at("change").get<std::string>());
    }
    return out;
  }

  temporary_folder files;
};
INSTANTIATE_TEST_SUITE_P(databases, catalogue, ::testing::Values("sqlite", "postgres"),
                         database_name);

TEST_P(catalogue, a_laptop_finds_offline_what_was_published) {
  const laptop ana = here.enroll(here.add_doctor("ana@clinica.test"), "ana");
  json status = ana.must({"catalogue", "status"});
  EXPECT_TRUE(status.at("starting"));
  EXPECT_EQ(status.at("revision"), 0);
  EXPECT_EQ(ana.must({"catalogue", "search", "lamotrigina"}).at("medicines").size(), 1U)
      << "the starting catalogue";
  EXPECT_EQ(publish(zip(false), files / "one.json").at("revision"), 1);
  ana.must({"sync"});
  here.stop();
  status = ana.must({"catalogue", "status"});
  EXPECT_FALSE(status.at("starting"));
  EXPECT_EQ(status.at("revision"), 1);
  EXPECT_EQ(status.at("valid_from"), "2026-08-01");
  EXPECT_EQ(status.at("medicines"), 26);
  const json found = ana.must({"catalogue", "search", "esclerose"});
  EXPECT_EQ(found.at("diseases").at(0).at("cid"), "G35");
  const json shown = ana.must({"catalogue", "show", "g400"});
  EXPECT_EQ(shown.at("cid"), "G40.0");
  EXPECT_EQ(shown.at("medicines").size(), 7U);
  EXPECT_EQ(ana.must({"catalogue", "show", "0604320132"}).at("age_min"), 120);
  EXPECT_EQ(ana.must({"catalogue", "show", "esclerose-multipla"}).at("fields").at(0).at("name"),
            "opt_edss");
  ana.must({"catalogue", "show", "Z99"}, {}, 4);
  EXPECT_THAT(ana.text({"catalogue", "show", "0604320132"}).out, HasSubstr("10 years"));
  EXPECT_THAT(ana.text({"catalogue", "search", "nada disto"}).out, HasSubstr("Nothing found"));
}

TEST_P(catalogue, a_month_later_changes_are_told_and_nothing_is_lost) {
  auto& admin = here.admin();
  const laptop ana = here.enroll(here.add_doctor("ana@clinica.test"), "ana");
  publish(zip(false), files / "one.json");
  const std::vector<std::string> expected{
      "medicine 0604010028 quantity", "medicine 0604540043 renamed", "medicine 0604540078 retired"};
  const json dry = admin.must({"catalogue", "import", "--sigtap", zip(true), "--dry-run"});
  EXPECT_EQ(changes(dry), expected);
  EXPECT_TRUE(dry.at("file").is_null());
  publish(zip(true), files / "two.json");
  EXPECT_EQ(changes(admin.must({"catalogue", "diff", "1", "2"})), expected);
  ana.must({"sync"});
  EXPECT_EQ(ana.must({"catalogue", "show", "0604540078"}).at("retired_on"), "2026-08-01");
  EXPECT_EQ(ana.must({"catalogue", "show", "0604010028"}).at("max_month"), 620);
  // What was curated by hand is there still.
  EXPECT_EQ(ana.must({"catalogue", "show", "0604500050"}).at("control"), "C1");

  const json back = admin.must({"catalogue", "rollback", "1", "--from", "2026-12-01"});
  EXPECT_EQ(back.at("revision"), 3);
  ana.must({"sync"});
  EXPECT_TRUE(ana.must({"catalogue", "show", "0604540078"}).at("retired_on").is_null());
  EXPECT_EQ(ana.must({"catalogue", "status"}).at("revision"), 3);
  EXPECT_EQ(admin.must({"catalogue", "show"}).at("count"), 3);
}

TEST_P(catalogue, a_change_tells_whose_processes_name_it) {
  auto& admin = here.admin();
  const laptop ana = here.enroll(here.add_doctor("ana@clinica.test"), "ana");
  const laptop bruno = here.enroll(here.add_doctor("bruno@clinica.test"), "bruno");
  const auto add = [](const laptop& who, const std::string& key,
                      const std::vector<const char*>& codes) {
    json line = {{"key", key}, {"prescricao", json::array()}};
    for (const auto* code : codes) line["prescricao"].push_back({{"codigo", code}, {"nome", code}});
    who.must({"process", "save", "--from", "-"}, line.dump());
  };
  // The same medicine twice counts once; a draft, a closed one and one of before count nothing.
  add(ana, "11144477735/K50.0", {"0604010028", "0604010028"});
  add(ana, "52998224725/K51.0", {"0604010028", "0604540078"});
  add(ana, "00000000191/K51.0", {"0604010028"});
  ana.must({"process", "close", "00000000191/K51.0", "--reason", "Fim"});
  add(bruno, "11144477735/K50.0", {"0604540078"});
  add(bruno, "11144477735/K50.0", {"0604010095"});
  ana.must({"sync"});
  bruno.must({"sync"});
  publish(zip(false), files / "one.json");
  const json dry = admin.must({"catalogue", "import", "--sigtap", zip(true), "--dry-run"});
  const auto users = [](const json& told, const std::string& code) {
    for (const auto& one : told.at("changes")) {
      if (one.at("code") == code) return one.at("users").dump();
    }
    return std::string();
  };
  const std::string hers = R"([{"processes":2,"user":"ana@clinica.test"}])";
  EXPECT_EQ(users(dry, "0604010028"), hers);
  EXPECT_EQ(users(dry, "0604540078"), R"([{"processes":1,"user":"ana@clinica.test"}])");
  EXPECT_EQ(users(dry, "0604540043"), "[]");
  publish(zip(true), files / "two.json");
  EXPECT_EQ(users(admin.must({"catalogue", "diff", "1", "2"}), "0604010028"), hers);
  const auto text = admin.text({"catalogue", "diff", "1", "2"}).out;
  EXPECT_THAT(text, HasSubstr("ana@clinica.test"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("bruno")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("11144477735")));
  // Of two files nobody is asked for, unless that is wished.
  const auto one = files / "one.json";
  const auto two = files / "two.json";
  EXPECT_EQ(users(admin.must({"catalogue", "diff", one, two}), "0604010028"), "null");
  EXPECT_EQ(users(admin.must({"catalogue", "diff", one, two, "--uses"}), "0604010028"), hers);
}

TEST_P(catalogue, an_export_is_edited_and_published) {
  auto& admin = here.admin();
  const auto file = files / "edited.json";
  publish(zip(false), files / "one.json");
  admin.must({"catalogue", "export", "1", "--out", file});
  json value = json::parse(file_bytes(file));
  value["medicines"][0]["print_name"] = "Mesalazina 500 mg";
  write(file, value.dump(2));
  const json dry = admin.must({"catalogue", "publish", file, "--dry-run"});
  EXPECT_EQ(changes(dry), std::vector<std::string>{"medicine 0604010028 renamed"});
  EXPECT_EQ(admin.must({"catalogue", "publish", file}).at("revision"), 2);
  // The same file again: it was made from a revision before the newest one.
  admin.must({"catalogue", "publish", file}, {}, 6);
  value["revision"] = 2;
  value["medicines"].erase(1);
  for (auto& one : value["protocols"]) one["medicines"] = json::array();
  write(file, value.dump(2));
  admin.must({"catalogue", "publish", file}, {}, 3);
  EXPECT_EQ(admin.must({"catalogue", "show"}).at("newest").at("revision"), 2);
  // The printed name outlives the next import.
  const json next = admin.must({"catalogue", "import", "--sigtap", zip(false), "--dry-run"});
  EXPECT_TRUE(next.at("changes").empty());
  admin.must({"catalogue", "export", "1", "--out", file}, {}, 3);
}

TEST_P(catalogue, what_is_no_sigtap_is_refused_with_the_file) {
  auto& admin = here.admin();
  const auto path = files / "bad.zip";
  write(path, "no zip");
  EXPECT_EQ(admin({"catalogue", "import", "--sigtap", path}).exit, 3);
  admin.must({"catalogue", "import", "--dry-run"}, {}, 2);
  admin.must({"catalogue", "import", "--sigtap", files / "none.zip"}, {}, 2);
  admin.must({"catalogue", "diff", "0", "7"}, {}, 4);
}

}  // namespace
}  // namespace autocusto::test
