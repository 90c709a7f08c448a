#include "tests/support/postgres_cluster.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <libpq-fe.h>
#include <unistd.h>

#include "tests/support/process.hpp"

namespace autocusto::test {
namespace {

std::string unique_name(const char* what) {
  static std::atomic<int> count = 0;
  return std::string(what) + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

std::string fresh_folder() {
  return std::filesystem::temp_directory_path() / unique_name("autocusto-pg-");
}

std::string with_database(const std::string& url, const std::string& name) {
  return url.substr(0, url.rfind('/') + 1) + name;
}

}  // namespace

postgres_cluster::postgres_cluster(bool durable)
    : postgres_cluster(fresh_folder(), durable ? std::vector<std::string>{"--durable"}
                                               : std::vector<std::string>{}) {}

postgres_cluster::postgres_cluster(std::string folder, std::vector<std::string> command)
    : folder_(std::move(folder)) {
  const bool follows = !command.empty() && command.front() == "standby";
  if (!follows) command.insert(command.begin(), "start");
  command.insert(command.begin() + 1, folder_);
  command.insert(command.begin(), AUTOCUSTO_PG_CLUSTER);
  command.insert(command.end(), {"--while", std::to_string(::getpid())});
  const outcome started = run(command);
  if (started.exit != 0) throw std::runtime_error(started.err);
  url_ = started.out;
  while (!url_.empty() && url_.back() == '\n') url_.pop_back();
}

void postgres_cluster::tell(const std::string& command) const {
  const outcome done = run({AUTOCUSTO_PG_CLUSTER, command, folder_});
  if (done.exit != 0) throw std::runtime_error(done.err);
}

void postgres_cluster::crash() {
  tell("crash");
}

void postgres_cluster::again() {
  tell("again");
}

void postgres_cluster::promote() {
  tell("promote");
}

std::unique_ptr<postgres_cluster> postgres_cluster::standby() const {
  return std::unique_ptr<postgres_cluster>(
      new postgres_cluster(fresh_folder(), {"standby", folder_}));
}

postgres_cluster::~postgres_cluster() {
  try {
    static_cast<void>(run({AUTOCUSTO_PG_CLUSTER, "stop", folder_}));
  } catch (const std::exception&) {
    return;  // its watcher removes it as soon as this process has ended
  }
}

postgres_cluster& postgres_cluster::shared() {
  static postgres_cluster cluster;
  return cluster;
}

std::string postgres_cluster::create_database() {
  const std::string name = unique_name("test_");
  postgres_query(url_, "CREATE DATABASE " + name);
  return with_database(url_, name);
}

std::string postgres_query(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()),
                                                                &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  if (PQntuples(answer.get()) == 0) return {};
  return PQgetvalue(answer.get(), 0, 0);
}

std::string postgres_schema(const std::string& url) {
  const outcome dump = run({"pg_dump", "--schema-only", "--no-owner", url});
  if (dump.exit != 0) throw std::runtime_error(dump.err);
  // Newer minor versions write a random key into \restrict lines.
  std::istringstream lines(dump.out);
  std::string schema;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("restrict ") == std::string::npos) schema += line + "\n";
  }
  return schema;
}

}  // namespace autocusto::test
