// The real program: setting up, serving, stopping, dying, backing up, restoring, on both databases.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "server/store/versions.hpp"
#include "shared/http/x509.hpp"
#include "shared/json/canonical.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace autocusto::test {
namespace {

constexpr const char* k_passphrase = "a long enough passphrase with girassol";

run_options with_passphrase(const std::string& text = k_passphrase) {
  run_options options;
  options.env["AUTOCUSTO_PASSPHRASE"] = text;
  return options;
}

nlohmann::json json_of(const outcome& done) {
  return json::parse(done.out).value();
}

std::string error_code(const outcome& done) {
  const auto text = json::parse(done.out);
  if (text && text->contains("error")) return text->at("error").at("code");
  return done.out + done.err;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// `autocusto-server serve` on a free port.
class served {
 public:
  explicit served(const std::string& folder)
      : process_(
            {program("autocusto-server"), "serve", "--data", folder, "--listen", "127.0.0.1:0"},
            {}) {
    const std::string line = process_.wait_for("listening on 127.0.0.1:");
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  background& process() { return process_; }

 private:
  background process_;
  std::uint16_t port_ = 0;
};

class server_program : public server_test {
 protected:
  std::string folder() { return world.folder(); }
  std::unique_ptr<wire_device> admin(const served& at) {
    auto device = std::make_unique<wire_device>(world.admin_link, at.port());
    EXPECT_EQ(code_of(device->enroll()), "ok");
    EXPECT_EQ(code_of(device->open_session()), "ok");
    return device;
  }
  outcome command(std::vector<std::string> arguments, const run_options& options = {}) {
    arguments.insert(arguments.end(), {"--data", folder(), "--json"});
    return server_command(arguments, options);
  }
  void expect_clean(std::int64_t versions) {
    const auto checked = command({"verify"});
    ASSERT_EQ(checked.exit, 0) << checked.out << checked.err;
    EXPECT_TRUE(json_of(checked).at("clean"));
    EXPECT_EQ(json_of(checked).at("counts").at("versions"), versions);
  }
  /// Runs SQL behind the program's back.
  void edit(const std::string& sql) {
    if (GetParam() == engine::sqlite) {
      sqlite::open_options options;
      options.mode = sqlite::open_mode::read_write;
      sqlite::database(folder() + "/store.sqlite", options).execute(sql);
    } else {
      postgres_query(world.database_url(), sql);
    }
  }
  /// A fresh database for a restore; nothing for the embedded one.
  std::vector<std::string> other_database() {
    if (GetParam() == engine::sqlite) return {};
    return {"--database", postgres_cluster::shared().create_database()};
  }
};

TEST_P(server_program, init_makes_private_files_and_refuses_a_second_time) {
  struct stat info {};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077U, 0U) << entry.path();
  }
  const std::string before = slurp(folder() + "/keys.json");
  const auto again = command({"init", "--admin", "other@example.org"});
  EXPECT_EQ(again.exit, 3);
  EXPECT_EQ(error_code(again), "already_exists");
  EXPECT_EQ(slurp(folder() + "/keys.json"), before);
}

TEST_P(server_program, an_init_that_was_cut_short_goes_on) {
  // The configuration is written last, so this is how a folder looks whose `init` was killed.
  const auto settings = json::parse(slurp(folder() + "/config.json")).value();
  const std::string database = settings.value("database", "");
  std::filesystem::remove(folder() + "/config.json");
  const auto init = [&](const std::string& admin) {
    return command({"init", "--database", database, "--name", "localhost:1", "--listen",
                    "127.0.0.1:0", "--admin", admin});
  };
  const auto stranger = init("other@example.org");
  EXPECT_EQ(error_code(stranger), "already_exists") << "the link would be of nobody";
  const auto finished = init("admin@example.org");
  ASSERT_EQ(finished.exit, 0) << finished.out << finished.err;
  world.admin_link = json_of(finished).at("enrollment_link");
  served server(folder());
  auto device = admin(server);
  EXPECT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait(), 0) << server.process().output();
  expect_clean(1);

  // Killed even earlier: keys without a database.
  if (GetParam() != engine::sqlite) return;
  for (const char* name : {"config.json", "store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
    std::filesystem::remove(folder() + "/" + name);
  }
  ASSERT_EQ(init("other@example.org").exit, 0);
  expect_clean(0);
}

TEST_P(server_program, serves_until_the_first_signal) {
  served server(folder());
  auto device = admin(server);
  ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  auto waiting = std::async(std::launch::async, [&device] {
    return device->changes(wire::decode_page(device->changes({}).body)->next, 60);
  });
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait(), 0) << server.process().output();
  static_cast<void>(waiting.wait_for(std::chrono::seconds(100)));
  expect_clean(1);
}

TEST_P(server_program, a_folder_is_served_by_one_process_and_read_by_others) {
  served server(folder());
  auto device = admin(server);
  ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  const auto pid = std::to_string(server.process().pid());
  for (const auto& refused :
       {command({"serve", "--listen", "127.0.0.1:0"}), command({"migrate"})}) {
    EXPECT_EQ(error_code(refused), "replica_busy");
    EXPECT_NE(refused.out.find("process " + pid), std::string::npos) << refused.out;
  }
  expect_clean(1);
  EXPECT_EQ(command({"showmigrations"}).exit, 0);
  EXPECT_EQ(command({"migrate", "--dry-run"}).exit, 0);
  EXPECT_EQ(code_of(device->push({device->version(testing::a_clinic())})), "ok");
}

TEST_P(server_program, acknowledged_versions_survive_a_kill) {
  std::vector<version_id> acknowledged;
  std::mutex mutex;
  std::unique_ptr<wire_device> device;
  for (int round = 0; round < 2; ++round) {
    served server(folder());
    if (round == 0) {
      device = admin(server);
    } else {
      auto again = std::make_unique<wire_device>(world.admin_link, server.port());
      again->key = device->key.clone();
      again->who = device->who;
      device = std::move(again);
      ASSERT_EQ(code_of(device->open_session()), "ok");
      device->last_push = device->session.last_push;
    }
    std::promise<void> enough;
    auto pushing = std::async(std::launch::async, [&] {
      std::size_t count = 0;
      try {
        for (std::size_t i = 0;; ++i) {
          auto builder = testing::a_patient().salt(static_cast<std::size_t>(round) * 1'000'000 + i);
          const auto version = device->version(builder);
          const auto answer = device->push({version});
          if (code_of(answer) != "ok") break;
          const std::lock_guard lock(mutex);
          acknowledged.push_back(version.id);
          if (++count == 15) enough.set_value();
        }
      } catch (const error_exception& e) {
        EXPECT_EQ(e.get().code, errc::unreachable);
      }
    });
    ASSERT_EQ(enough.get_future().wait_for(std::chrono::seconds(600)), std::future_status::ready);
    server.process().signal(SIGKILL);
    server.process().wait();
    pushing.get();
  }
  const auto checked = command({"verify"});
  ASSERT_EQ(checked.exit, 0) << checked.out << checked.err;
  world.start();
  std::size_t found = 0;
  world.node->database().read(
      [&](store::versions::reads versions) { found = versions.version_keys(acknowledged).size(); });
  EXPECT_EQ(found, acknowledged.size());
}

TEST_P(server_program, a_backup_of_a_running_server_is_restored_elsewhere) {
  const temporary_folder other;
  auto device = std::unique_ptr<wire_device>();
  {
    served server(folder());
    device = admin(server);
    ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
    const auto made = command({"backup", other / "backup"}, with_passphrase());
    ASSERT_EQ(made.exit, 0) << made.out << made.err;
    EXPECT_EQ(error_code(command({"backup", other / "backup"}, with_passphrase())),
              "already_exists");
    const std::string sealed = slurp(other / "backup");
    EXPECT_EQ(json_of(made).at("bytes"), sealed.size());
    for (const char* word : {"11144477735", "Silva", "SQLite format", "example.org", "PRIVATE"}) {
      EXPECT_EQ(sealed.find(word), std::string::npos) << word;
    }
    EXPECT_FALSE(std::filesystem::exists(folder() + "/backup.tmp"));
    ASSERT_EQ(code_of(device->push({device->version(testing::a_clinic())})), "ok");
  }
  std::vector<std::string> restore{"restore", other / "backup", "--json", "--data",
                                   other / "restored"};
  for (const auto& part : other_database()) restore.push_back(part);
  const auto wrong = server_command(restore, with_passphrase("not the passphrase"));
  EXPECT_EQ(wrong.exit, 7);
  EXPECT_EQ(error_code(wrong), "wrong_passphrase");
  EXPECT_FALSE(std::filesystem::exists(other / "restored"));
  const auto done = server_command(restore, with_passphrase());
  ASSERT_EQ(done.exit, 0) << done.out << done.err;
  const auto checked = server_command({"verify", "--json", "--data", other / "restored"});
  ASSERT_EQ(checked.exit, 0) << checked.out << checked.err;
  EXPECT_EQ(json_of(checked).at("counts").at("versions"), 1);
  EXPECT_EQ(error_code(server_command(restore, with_passphrase())), "already_exists");

  served server(other / "restored");
  wire_device again(world.admin_link, server.port());
  again.key = device->key.clone();
  again.who = device->who;
  again.last_push = device->last_push;
  ASSERT_EQ(code_of(again.open_session()), "ok");
  EXPECT_EQ(again.session.prev_push, wire::push_memory::unknown) << "the server went back";
}

TEST_P(server_program, a_damaged_backup_changes_nothing) {
  const temporary_folder other;
  ASSERT_EQ(command({"backup", other / "backup"}, with_passphrase()).exit, 0);
  const std::string sealed = slurp(other / "backup");
  std::string changed = sealed;
  changed[sealed.size() / 2] = static_cast<char>(changed[sealed.size() / 2] ^ 1);
  for (const auto& bad : {sealed.substr(0, sealed.size() - 100), changed}) {
    std::ofstream(other / "bad", std::ios::binary) << bad;
    std::vector<std::string> restore{"restore", other / "bad", "--json", "--data",
                                     other / "restored"};
    for (const auto& part : other_database()) restore.push_back(part);
    const auto done = server_command(restore, with_passphrase());
    EXPECT_EQ(error_code(done), "malformed");
    EXPECT_FALSE(std::filesystem::exists(other / "restored"));
  }
}

TEST_P(server_program, the_schema_goes_down_and_up_again) {
  const auto shown = json_of(command({"showmigrations"})).at("migrations");
  ASSERT_FALSE(shown.empty());
  for (const auto& one : shown) EXPECT_TRUE(one.at("applied"));
  const auto told = json_of(command({"migrate", "--to", "0", "--dry-run"}));
  EXPECT_EQ(told.at("migrations").size(), shown.size());
  EXPECT_EQ(command({"verify"}).exit, 0) << "a dry run changes nothing";
  ASSERT_EQ(command({"migrate", "--to", "0"}).exit, 0);
  const auto refused = command({"serve", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(error_code(refused), "database");
  EXPECT_NE(refused.out.find("migrate"), std::string::npos) << refused.out;
  EXPECT_EQ(error_code(command({"migrate", "--to", "999"})), "database");
  ASSERT_EQ(command({"migrate"}).exit, 0);
  EXPECT_NE(command({"verify"}).exit, 0) << "the installation went with its tables";
}

/// The sentence says to make a backup first, and the older program may be gone.
TEST_P(server_program, an_older_schema_can_be_backed_up) {
  const auto all = json_of(command({"showmigrations"})).at("migrations").size();
  ASSERT_EQ(command({"migrate", "--to", std::to_string(all - 1)}).exit, 0);
  const auto refused = command({"serve", "--listen", "127.0.0.1:0"});
  ASSERT_NE(refused.out.find("Make a backup"), std::string::npos) << refused.out;
  const temporary_folder other;
  const auto made = command({"backup", other / "backup"}, with_passphrase());
  ASSERT_EQ(made.exit, 0) << made.out << made.err;
  ASSERT_EQ(command({"migrate"}).exit, 0);
  std::vector<std::string> restore{"restore", other / "backup", "--json", "--data",
                                   other / "restored"};
  for (const auto& part : other_database()) restore.push_back(part);
  ASSERT_EQ(server_command(restore, with_passphrase()).exit, 0);
  const auto pending =
      json_of(server_command({"migrate", "--dry-run", "--json", "--data", other / "restored"}));
  EXPECT_EQ(pending.at("migrations").size(), 1U);
  ASSERT_EQ(server_command({"migrate", "--json", "--data", other / "restored"}).exit, 0);
  EXPECT_EQ(server_command({"verify", "--json", "--data", other / "restored"}).exit, 0);
}

TEST_P(server_program, going_down_with_versions_must_be_said) {
  {
    served server(folder());
    const auto device = admin(server);
    ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  }
  EXPECT_EQ(command({"migrate", "--to", "0", "--dry-run"}).exit, 0);
  const auto refused = command({"migrate", "--to", "0"});
  EXPECT_EQ(error_code(refused), "usage");
  EXPECT_NE(refused.out.find("--destroy-data"), std::string::npos) << refused.out;
  expect_clean(1);
  EXPECT_EQ(command({"migrate", "--to", "0", "--destroy-data"}).exit, 0);
}

TEST_P(server_program, verify_prints_one_report_and_says_by_its_exit_what_it_found) {
  {
    served server(folder());
    const auto device = admin(server);
    ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  }
  edit("UPDATE record SET last_number=9");
  const auto found = command({"verify"});
  EXPECT_EQ(found.exit, 1);
  EXPECT_FALSE(json_of(found).at("clean"));
  EXPECT_EQ(json_of(found).at("findings").at(0).at("what"), "last_number");
}

TEST_P(server_program, a_schema_of_a_newer_program_is_refused) {
  edit(
      "INSERT INTO schema_migration(number, name, checksum, applied_at) "
      "VALUES (999, 'future', 'x', 1)");
  for (const auto& refused :
       {command({"serve", "--listen", "127.0.0.1:0"}), command({"migrate"}), command({"verify"}),
        command({"backup", folder() + "/b"}, with_passphrase())}) {
    EXPECT_EQ(error_code(refused), "schema_too_new");
  }
  EXPECT_EQ(command({"showmigrations"}).exit, 0);
}

INSTANTIATE_TEST_SUITE_P(both, server_program, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

struct usage_row {
  const char* name;
  std::vector<std::string> arguments;
  int exit;
  const char* code;
  const char* says;
};

class server_usage : public ::testing::TestWithParam<usage_row> {};

TEST_P(server_usage, is_told_with_a_sentence) {
  const temporary_folder folder;
  auto arguments = GetParam().arguments;
  for (auto& one : arguments) {
    if (one.starts_with("@")) one = folder / one.substr(1);
  }
  auto as_json = arguments;
  as_json.emplace_back("--json");
  const auto done = server_command(as_json);
  EXPECT_EQ(done.exit, GetParam().exit) << done.out << done.err;
  EXPECT_EQ(error_code(done), GetParam().code);
  EXPECT_NE(done.out.find(GetParam().says), std::string::npos) << done.out;
  const auto as_text = server_command(arguments);
  EXPECT_EQ(as_text.exit, GetParam().exit);
  EXPECT_EQ(as_text.out, "");
  EXPECT_NE(as_text.err.find(GetParam().says), std::string::npos) << as_text.err;
}

INSTANTIATE_TEST_SUITE_P(
    each, server_usage,
    ::testing::Values(
        usage_row{"no_command", {}, 2, "usage", "--help"},
        usage_row{"unknown_option", {"serve", "--nonsense"}, 2, "usage", "--help"},
        usage_row{"init_without_admin", {"init", "--data", "@a"}, 2, "usage", "--admin"},
        usage_row{"init_without_data", {"init", "--admin", "a@b"}, 2, "usage", "--data"},
        usage_row{
            "bad_admin", {"init", "--data", "@a", "--admin", "nobody"}, 2, "usage", "--admin"},
        usage_row{"bad_database",
                  {"init", "--data", "@a", "--admin", "a@b", "--database", "mysql://x"},
                  2,
                  "usage",
                  "postgresql://"},
        usage_row{"bad_listen",
                  {"init", "--data", "@a", "--admin", "a@b", "--listen", "here"},
                  2,
                  "usage",
                  "0.0.0.0:8443"},
        usage_row{"no_port",
                  {"init", "--data", "@a", "--admin", "a@b", "--listen", "127.0.0.1:0"},
                  2,
                  "usage",
                  "--name HOST:PORT"},
        usage_row{"bad_name",
                  {"init", "--data", "@a", "--admin", "a@b", "--name", "https://x"},
                  2,
                  "usage",
                  "sync.example.org"},
        usage_row{"cert_without_key",
                  {"init", "--data", "@a", "--admin", "a@b", "--cert", "@c"},
                  2,
                  "usage",
                  "--key"},
        usage_row{"cert_missing",
                  {"init", "--data", "@a", "--admin", "a@b", "--cert", "@c", "--key", "@k"},
                  4,
                  "not_found",
                  "could not be read"},
        usage_row{"database_unreachable",
                  {"init", "--data", "@a", "--admin", "a@b", "--database",
                   "postgresql://nobody@127.0.0.1:1/none"},
                  5,
                  "unavailable",
                  "The database cannot be opened"},
        usage_row{"no_folder", {"serve", "--data", "@none"}, 4, "not_found", "init --data"},
        usage_row{"serve_without_data", {"serve"}, 2, "usage", "--data DIR"},
        usage_row{"verify_no_folder", {"verify", "--data", "@none"}, 4, "not_found", "init --data"},
        usage_row{"backup_without_file", {"backup", "--data", "@none"}, 2, "usage", "FILE"},
        usage_row{"keys_without_command", {"keys"}, 2, "usage", "--help"}),
    [](const auto& row) { return row.param.name; });

TEST(server_help, is_there_for_every_command) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{},
                                             {"init"},
                                             {"serve"},
                                             {"migrate"},
                                             {"showmigrations"},
                                             {"verify"},
                                             {"backup"},
                                             {"restore"},
                                             {"keys"},
                                             {"keys", "export"}}) {
    auto with_help = command;
    with_help.emplace_back("--help");
    const auto help = server_command(with_help);
    EXPECT_EQ(help.exit, 0);
    EXPECT_NE(help.out.find("Usage:"), std::string::npos) << help.out;
    if (command == std::vector<std::string>{"keys"}) continue;
    auto with_version = command;
    with_version.emplace_back("--version");
    EXPECT_NE(server_command(with_version).out.find("autocusto-server"), std::string::npos);
  }
}

TEST(server_given_certificate, is_pinned_by_the_signing_key) {
  const temporary_folder folder;
  const auto ca = http::make_ca("Test", 1, system_clock_source().now() - 1000);
  const auto leaf =
      http::issue_leaf(ca, {"localhost"}, 30, system_clock_source().now() - 1000).value();
  std::ofstream(folder / "cert.pem") << leaf.certificate;
  std::ofstream(folder / "key.pem") << leaf.private_key;
  const auto made = server_command({"init", "--data", folder / "data", "--admin", "a@b.org",
                                    "--cert", folder / "cert.pem", "--key", folder / "key.pem",
                                    "--name", "localhost", "--json"});
  ASSERT_EQ(made.exit, 0) << made.out;
  const auto link =
      wire::decode_enrollment_link(json_of(made).at("enrollment_link").get<std::string>()).value();
  EXPECT_FALSE(link.pin_is_ca);
  served server(folder / "data");
  http::client_options options;
  options.host = "localhost";
  options.port = server.port();
  options.ca_pin = http::spki_sha256(ca.certificate).value();
  http::client client(options);
  http::client_request request;
  request.path_with_query = "/readyz";
  EXPECT_EQ(client.send(request)->status, 200);
}

}  // namespace
}  // namespace autocusto::test
