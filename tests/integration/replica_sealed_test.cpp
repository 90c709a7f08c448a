// Nothing of a patient stands in the files, no change of them goes unnoticed, and what was erased
// is gone.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/replica/describe_failure.hpp"
#include "shared/base/bytes.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/integration/replica_fixture.hpp"
#include "tests/support/crash_vfs.hpp"
#include "tests/support/domain_builders.hpp"
#include "tests/support/old_envelope.hpp"

namespace autocusto::replica {
namespace {

namespace fs = std::filesystem;
const std::string k_name = "Ermengarda Quintanilha";

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

struct ReplicaSealed : ::testing::Test {
  small_server server;
  laptop ana{server};
  std::map<std::string, std::string> secrets;

  void SetUp() override {
    keep("name", k_name);
    keep("folded name", "ermengarda");
    keep("cpf", k_cpf);
    keep("formatted cpf", "111.444.777-35");
    keep("street", "Rua das Flores");
    keep("summary", "Cadastro inicial");
    keep("field name", "nome_paciente");
    keep("e-mail", "ana@clinica.teste");
    keep("colleague", "outra@clinica.teste");
    keep("host", "servidor.teste");
    keep("device name", "laptop-da-ana");
    keep("passphrase", std::string(test::k_passphrase));
    keep_raw("tenant key", server.tenant_key().view());
    keep_raw("device key", ana->identity().device_key().seed());
    keep_raw("user", server.user.raw());
    keep("user text", server.user.text());
    keep_raw("device", ana.device().raw());
    keep("device text", ana.device().text());
    keep_raw("server", server.server.raw());
    keep_raw("record", server.record_of("patient", k_cpf).raw());
  }
  void keep(const std::string& what, const std::string& text) { secrets[what] = text; }
  /// As bytes and as hex in both cases.
  void keep_raw(const std::string& what, std::string_view raw) {
    keep(what, std::string(raw));
    keep(what + " hex", to_hex(raw));
    keep(what + " HEX", upper(to_hex(raw)));
  }
  void expect_sealed(const std::string& when) {
    for (const auto& [what, text] : secrets) {
      EXPECT_EQ(files_with(ana.home(), text), std::vector<std::string>()) << what << " " << when;
    }
  }
};

TEST_F(ReplicaSealed, TheSearchOfTheTestFindsWhatIsThere) {
  std::ofstream(ana.home() + "/planted") << "abc" << k_name << "def";
  EXPECT_EQ(files_with(ana.home(), k_name), std::vector<std::string>{"planted"});
}

TEST_F(ReplicaSealed, NothingStandsInClearAtAnyStep) {
  expect_sealed("after enrollment");
  const auto made = ana->edit().save(patient_edit(k_cpf, k_name));
  ASSERT_TRUE(made);
  keep_raw("version", made->version.raw());
  expect_sealed("after a save");
  auto draft = set_field(k_cpf, "peso", "70");
  draft.draft = true;
  ASSERT_TRUE(ana->edit().save(draft));
  expect_sealed("after a draft");
  ASSERT_EQ(ana->read().search("patient", "ermengarda")->size(), 1U);
  ASSERT_TRUE(ana->read().show("patient", "111.444.777-35"));
  expect_sealed("after searching");
  const auto object = ana.start_push();
  keep_raw("push", object.id.raw());
  expect_sealed("with a push under way");
  ana.push();
  expect_sealed("after a receipt");
  auto colleague = testing::a_patient(k_cpf);
  colleague.header().record.id = server.record_of("patient", k_cpf);
  colleague.header().author = testing::nth<user_id>(8);
  server.assign(colleague.with("nome_paciente", k_name.c_str()).make());
  ana.pull();
  keep_raw("incarnation", server.view(server.record_of("patient", k_cpf)).incarnation.raw());
  expect_sealed("after a pull");
  const auto refused = ana->edit().save(set_field(k_cpf, "rg", "123"));
  server.refuse(refused->version, "invalid_field");
  ana.push();
  ASSERT_EQ(ana->read().refused().size(), 1U);
  expect_sealed("after a refusal");
  ASSERT_TRUE(ana->identity().set_setting("token", "ficha-secreta"));
  keep("token", "ficha-secreta");
  ASSERT_TRUE(ana->change_passphrase(test::k_passphrase, "outra senha longa"));
  keep("new passphrase", "outra senha longa");
  expect_sealed("after a new passphrase");
  ana.close();
  expect_sealed("when closed");
}

// What an older program sealed opens, and is wrapped anew: the cheap envelope is in none of the
// files.
TEST_F(ReplicaSealed, AnOldEnvelopeIsWrappedAnewAtTheNextUnlock) {
  ana.close();
  const std::string path = ana.home() + "/replica.sqlite";
  const auto envelope = [&path] {
    sqlite::database db(path, {.mode = sqlite::open_mode::read_write});
    auto row = db.ask("SELECT envelope FROM vault");
    return row->step() ? row->column_bytes(0) : bytes();
  };
  const auto old_one =
      test::scrypt_envelope(test::data_key_in(envelope(), test::k_passphrase), test::k_passphrase);
  {
    sqlite::database db(path, {.mode = sqlite::open_mode::read_write});
    auto put = db.ask("UPDATE vault SET envelope = ?");
    put->bind_blob(1, old_one);
    put->run();
  }
  const test::hand_clock clock;
  const auto open_with = [this, &clock](std::string_view passphrase) {
    return replica_store::open(ana.home(), passphrase, test::quick_environment(clock)).has_value();
  };
  EXPECT_FALSE(open_with("wrong"));
  EXPECT_EQ(envelope(), old_one);
  EXPECT_TRUE(open_with(test::k_passphrase));
  EXPECT_EQ(envelope().at(15), 2) << "Argon2id";
  EXPECT_EQ(files_with(ana.home(), old_one), std::vector<std::string>());
  EXPECT_TRUE(open_with(test::k_passphrase));
}

TEST_F(ReplicaSealed, NothingStandsInClearAfterAKill) {
  ana.close();
  const auto home = ana.home();
  for (const int n : {1, 2, 5, 9, 14, 20}) {
    const pid_t child = ::fork();
    if (child == 0) {
      test::die_at_write(n);
      test::hand_clock clock;
      auto store = replica_store::open(home, test::k_passphrase, test::quick_environment(clock));
      std::vector<edit> lines{patient_edit(k_cpf, k_name)};
      for (std::uint32_t i = 0; i < 50; ++i) lines.push_back(patient_edit(cpf(i), k_name));
      for (;;) {
        lines[0].fields["rg"] = std::to_string((*store)->read().status().pending);
        if (!(*store)->edit().save_all(lines)) ::_exit(1);
      }
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    expect_sealed("killed at write " + std::to_string(n));
  }
}

TEST_F(ReplicaSealed, AWrongPassphraseOpensNothingAndSaysSo) {
  ana.close();
  test::hand_clock clock;
  const auto before = contents(ana.home() + "/replica.sqlite");
  for (const char* wrong : {"", "errada", "correto cavalo bateria grampo "}) {
    const auto refused = replica_store::open(ana.home(), wrong, test::quick_environment(clock));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::wrong_passphrase);
  }
  EXPECT_EQ(contents(ana.home() + "/replica.sqlite"), before);
  EXPECT_EQ(
      replica_store::open(ana.home() + "/nada", "x", test::quick_environment(clock)).error().code,
      errc::not_enrolled);
}

TEST_F(ReplicaSealed, AFileThatIsNoDatabaseIsCalledDamaged) {
  ana.close();
  std::ofstream(ana.home() + "/replica.sqlite", std::ios::binary | std::ios::trunc)
      << std::string(8192, 'x');
  test::hand_clock clock;
  try {
    static_cast<void>(
        replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock)));
    ADD_FAILURE() << "it was opened";
  } catch (const std::exception& e) {
    const auto told = describe_failure(e);
    EXPECT_EQ(told.code, errc::database);
    EXPECT_NE(told.message.find("enroll in another folder"), std::string::npos) << told.message;
  }
}

TEST_F(ReplicaSealed, AFileThatWasWrittenAndIsEmptyOrGoneIsCalledLost) {
  ana.close();
  test::hand_clock clock;
  const auto opened = [&] {
    return replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock));
  };
  fs::remove(ana.home() + "/replica.sqlite-wal");
  for (const bool gone : {false, true}) {
    std::ofstream(ana.home() + "/replica.sqlite", std::ios::binary | std::ios::trunc);
    if (gone) fs::remove(ana.home() + "/replica.sqlite");
    EXPECT_TRUE(replica_store::exists(ana.home())) << gone;
    const auto failed = opened();
    ASSERT_FALSE(failed) << gone;
    EXPECT_EQ(failed.error().code, errc::database) << gone;
    EXPECT_NE(failed.error().message.find("missing or empty"), std::string::npos) << gone;
  }
  ASSERT_TRUE(replica_store::wipe(ana.home()));
  EXPECT_FALSE(replica_store::exists(ana.home()));
  EXPECT_EQ(opened().error().code, errc::not_enrolled);
}

TEST_F(ReplicaSealed, FilesBelongToTheirOwnerOnly) {
  EXPECT_EQ(fs::status(ana.home()).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(ana.home())) {
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << entry.path();
  }
}

/// Every cell of the file, by a second connection.
struct cell {
  std::string table;
  std::string column;
  std::int64_t row = 0;
  bytes value;
};

class burglar {
 public:
  explicit burglar(const std::string& home)
      : db_(home + "/replica.sqlite", {.mode = sqlite::open_mode::read_write}) {}

  std::vector<cell> cells() {
    std::vector<cell> out;
    const std::pair<const char*, const char*> columns[] = {
        {"setting", "value"},    {"label", "value"},   {"holding", "record_hash"},
        {"holding", "key_wrap"}, {"holding", "state"}, {"version", "meta"},
        {"version", "content"},  {"waiting", "entry"}, {"unpulled", "entry"},
        {"discard", "entry"},    {"refused", "entry"}, {"mark", "entry"},
        {"notice", "entry"}};
    for (const auto& [table, column] : columns) {
      sqlite::statement read(db_, std::string("SELECT id, ") + column + " FROM " + table);
      while (read.step()) out.push_back({table, column, read.column_int(0), read.column_bytes(1)});
    }
    return out;
  }
  void put(const cell& where, std::string_view value) {
    sqlite::statement write(db_,
                            "UPDATE " + where.table + " SET " + where.column + " = ? WHERE id = ?");
    write.bind_blob(1, value).bind_int(2, where.row);
    write.run();
  }
  void execute(const std::string& sql) { db_.execute(sql); }

 private:
  sqlite::database db_;
};

struct ReplicaTampered : ReplicaSealed {
  /// Something in every table.
  void fill() {
    ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, k_name)));
    ASSERT_TRUE(ana->edit().save(patient_edit(cpf(1), "Outra")));
    auto draft = set_field(k_cpf, "idade", "40");
    draft.draft = true;
    ASSERT_TRUE(ana->edit().save(draft));
    ana.sync();
    const auto refused = ana->edit().save(set_field(cpf(1), "rg", "1"));
    server.refuse(refused->version, "invalid_field");
    ana.push();
    ASSERT_TRUE(ana->edit().save(set_field(k_cpf, "peso", "70")));
    auto colleague = testing::a_patient(k_cpf);
    colleague.header().record.id = server.record_of("patient", k_cpf);
    colleague.header().author = testing::nth<user_id>(8);
    server.assign(colleague.make());
    ana.pull();  // a conflict, and a notice
    ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
    ana.start_push();
    ASSERT_TRUE(ana->edit().save(set_field(k_cpf, "peso", "71")));
    ASSERT_TRUE(ana->edit().save(patient_edit(cpf(2), "Terceira")));
    const auto pending = ana->sync().inflight_push();
    ASSERT_TRUE(ana->sync().apply_receipt(server.push(pending->object, pending->request)));
    ASSERT_TRUE(ana->read().verify().problems.empty());
  }
};

TEST_F(ReplicaTampered, EveryChangedCellIsNoticed) {
  fill();
  burglar thief(ana.home());
  const auto cells = thief.cells();
  std::set<std::string> tables;
  for (const auto& each : cells) {
    tables.insert(each.table + "." + each.column);
    auto changed = each.value;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
    thief.put(each, changed);
    EXPECT_FALSE(ana->read().verify().problems.empty()) << each.table << "." << each.column;
    thief.put(each, each.value);
  }
  EXPECT_TRUE(ana->read().verify().problems.empty());
  EXPECT_EQ(tables.size(), 13U) << "the test must have something in every column";
}

TEST_F(ReplicaTampered, EveryExchangeOfTwoCellsIsNoticed) {
  fill();
  burglar thief(ana.home());
  const auto cells = thief.cells();
  std::size_t exchanges = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      const auto& a = cells[i];
      const auto& b = cells[j];
      if (a.table != b.table || a.column != b.column || a.value == b.value) continue;
      thief.put(a, b.value);
      thief.put(b, a.value);
      EXPECT_FALSE(ana->read().verify().problems.empty()) << a.table << "." << a.column;
      thief.put(a, a.value);
      thief.put(b, b.value);
      ++exchanges;
    }
  }
  EXPECT_GT(exchanges, 30U);
}

TEST_F(ReplicaTampered, MissingAndForeignRowsAreNoticed) {
  fill();
  ana.close();
  std::vector<std::string> damage = {
      "DELETE FROM waiting", "DELETE FROM unpulled", "DELETE FROM refused",
      "INSERT INTO version SELECT id + 1, meta, content FROM version LIMIT 1",
      "INSERT INTO waiting SELECT id + 1, entry FROM waiting LIMIT 1"};
  // Each row in turn: which of them matters must not depend on where the random ids put it.
  std::set<std::pair<std::string, std::int64_t>> rows;
  for (const auto& each : burglar(ana.home()).cells()) {
    if (each.table == "version" || each.table == "holding") rows.emplace(each.table, each.row);
  }
  ASSERT_GT(rows.size(), 8U);
  for (const auto& [table, row] : rows) {
    damage.push_back("DELETE FROM " + table + " WHERE id = " + std::to_string(row));
  }
  for (const auto& sql : damage) {
    // A copy is spoiled, so that each kind of damage stands alone.
    const test::temporary_folder copy("replica");
    fs::copy_file(ana.home() + "/replica.sqlite", copy / "replica.sqlite");
    burglar(copy.path()).execute(sql);
    test::hand_clock clock;
    const auto spoiled =
        replica_store::open(copy.path(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(spoiled);
    EXPECT_FALSE((*spoiled)->read().verify().problems.empty()) << sql;
  }
}

TEST_F(ReplicaTampered, WorkStopsAtADamagedCell) {
  fill();
  burglar thief(ana.home());
  for (const auto& each : thief.cells()) {
    if (each.table == "version" && each.column == "content") thief.put(each, "estragado");
  }
  try {
    static_cast<void>(ana->read().history("patient", k_cpf));
    ADD_FAILURE() << "a damaged version was read";
  } catch (const error_exception& e) {
    EXPECT_EQ(e.get().code, errc::database);
  }
}

TEST_F(ReplicaTampered, AListHoldsWhatIsSound) {
  fill();
  const auto whole = ana->read().list("patient")->size();
  burglar thief(ana.home());
  for (const auto& each : thief.cells()) {
    if (each.table != "holding" || each.column != "state") continue;
    thief.put(each, "estragado");
    break;
  }
  std::size_t damaged = 0;
  const auto left = ana->read().search("patient", "", &damaged);
  ASSERT_TRUE(left);
  EXPECT_EQ(damaged, 1U);
  EXPECT_GE(left->size() + 1, whole);
  EXPECT_FALSE(ana->read().verify().problems.empty());
}

// The newest edits stand in the log alone; without it the file is sound, and yet something is
// missing.
TEST_F(ReplicaSealed, VerifyTellsThatALogWasLost) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, k_name)));
  EXPECT_EQ(ana->read().verify().missing_commits, 0);
  ana.reopen();  // which moves the log into the file
  ASSERT_TRUE(ana->edit().save(set_field(k_cpf, "rg", "4711")));
  const test::temporary_folder folder;
  const std::string copy = folder / "copy";
  fs::copy(ana.home(), copy);  // as a crash leaves it
  ASSERT_GT(fs::file_size(copy + "/replica.sqlite-wal"), 0U);
  fs::remove(copy + "/replica.sqlite-wal");
  fs::remove(copy + "/replica.sqlite-shm");
  const test::hand_clock clock;
  const auto open = [&] {
    return *replica_store::open(copy, test::k_passphrase, test::quick_environment(clock));
  };
  {
    const auto older = open();
    EXPECT_TRUE(older->read().verify().problems.empty()) << "what is there is sound";
    EXPECT_EQ(older->read().verify().missing_commits, 1);
    ASSERT_TRUE(older->edit().save(set_field(k_cpf, "rg", "12")));
    ASSERT_TRUE(older->edit().save(set_field(k_cpf, "rg", "13")));
    EXPECT_EQ(older->read().verify().missing_commits, 1) << "later edits do not hide it";
  }
  EXPECT_EQ(open()->read().verify().missing_commits, 1);
  EXPECT_EQ(ana->read().verify().missing_commits, 0);
  // It is told until a sync has come to its end.
  const auto older = open();
  older->sync().note_sync(fail(errc::unreachable, "Sem rede."));
  EXPECT_EQ(older->read().verify().missing_commits, 1);
  older->sync().note_sync(std::nullopt);
  EXPECT_EQ(older->read().verify().missing_commits, 0);
}

TEST_F(ReplicaSealed, ErasingARecordDestroysItsKeyInEveryFile) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, k_name)));
  ana.sync();
  std::vector<bytes> doomed;
  {
    burglar thief(ana.home());
    for (const auto& each : thief.cells()) {
      if (each.table == "holding" || each.table == "version") doomed.push_back(each.value);
    }
  }
  ASSERT_EQ(doomed.size(), 5U);
  for (const auto& value : doomed) {
    ASSERT_FALSE(files_with(ana.home(), value.substr(0, 48)).empty()) << "it can be found at all";
  }
  server.unassign(server.record_of("patient", k_cpf));
  ana.pull();
  ASSERT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  for (const auto& value : doomed) {
    EXPECT_EQ(files_with(ana.home(), value.substr(0, 48)), std::vector<std::string>());
  }
}

TEST_F(ReplicaSealed, TheOldEnvelopeIsGoneWithTheOldPassphrase) {
  const auto envelope = [&] {
    sqlite::database db(ana.home() + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
    sqlite::statement read(db, "SELECT envelope FROM vault");
    return read.step() ? read.column_bytes(0) : bytes();
  };
  const auto before = envelope();
  EXPECT_EQ(ana->change_passphrase("errada", "nova").error().code, errc::wrong_passphrase);
  EXPECT_EQ(ana->change_passphrase(test::k_passphrase, "").error().code, errc::usage);
  EXPECT_EQ(envelope(), before);
  ASSERT_TRUE(ana->change_passphrase(test::k_passphrase, "nova"));
  EXPECT_EQ(files_with(ana.home(), before.substr(before.size() - 48)), std::vector<std::string>());
  test::hand_clock clock;
  EXPECT_FALSE(replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock)));
  EXPECT_TRUE(replica_store::open(ana.home(), "nova", test::quick_environment(clock)));
}

TEST_F(ReplicaSealed, WipingLeavesNothing) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, k_name)));
  ASSERT_TRUE(replica_store::wipe(ana.home()));
  EXPECT_FALSE(replica_store::exists(ana.home()));
  for (const auto& entry : fs::directory_iterator(ana.home())) {
    EXPECT_EQ(entry.path().filename(), "replica.lock");
  }
  EXPECT_EQ(ana->edit().save(set_field(k_cpf, "peso", "70")).error().code, errc::not_enrolled)
      << "who had it open can do nothing more";
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_enrolled);
  EXPECT_TRUE(replica_store::wipe(ana.home())) << "twice is fine";
  test::hand_clock clock;
  EXPECT_TRUE(replica_store::create(ana.home(), "nova", test::quick_environment(clock)));
}

}  // namespace
}  // namespace autocusto::replica
