#pragma once
// Two laptops of one user and a small server: what the replica's sync tests share.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/domain_builders.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::replica {

using test::cpf;
using test::laptop;
using test::patient_edit;
using test::set_field;
using test::small_server;

inline const std::string k_cpf = "11144477735";

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The files of the folder in which these bytes stand.
inline std::vector<std::string> files_with(const std::string& home, const std::string& what) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home)) {
    if (entry.is_regular_file() && contents(entry.path()).find(what) != std::string::npos) {
      out.push_back(entry.path().filename());
    }
  }
  return out;
}

struct two_laptops : ::testing::Test {
  small_server server;
  laptop ana{server};
  laptop second{server, "computador-da-sala"};

  record_id record = server.record_of("patient", k_cpf);

  static record_shown shown(laptop& on, const std::string& key = k_cpf) {
    auto r = on->read().show("patient", key);
    if (!r) throw error_exception(r.error());
    return *std::move(r);
  }
  static std::string field(laptop& on, const std::string& name) {
    return domain::value_text(shown(on).fields.at(name));
  }
  static version_id must_save(laptop& on, const edit& e) {
    auto r = on->edit().save(e);
    if (!r) throw error_exception(r.error());
    return r->version;
  }
  static void expect_sound(laptop& on) {
    const auto report = on->read().verify();
    EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  }
  /// All is acknowledged and pulled, so what is shown must be the server's view.
  void expect_as_server(laptop& on) {
    const auto& view = server.view(record);
    auto heads = view.heads;
    std::sort(heads.begin(), heads.end());
    EXPECT_EQ(shown(on).heads, heads);
    EXPECT_EQ(shown(on).drafts, view.drafts);
    EXPECT_EQ(on->read().status().pending, 0U);
    EXPECT_EQ(on->read().status().unpulled, 0U);
    EXPECT_EQ(on->sync().cursor(), server.end());
    expect_sound(on);
  }
  /// A version that somebody else made for this record.
  domain::version other_version(const std::vector<const domain::version*>& parents,
                                const std::string& name) {
    auto b = testing::a_patient(k_cpf);
    if (!parents.empty()) b.after(parents);
    b.header().record.id = record;
    b.header().author = testing::nth<user_id>(77);
    b.with("nome_paciente", name.c_str());
    return b.make();
  }
};

}  // namespace autocusto::replica
