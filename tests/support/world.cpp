#include "tests/support/world.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <random>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace autocusto::test {
namespace {

answer to_answer(const outcome& o) {
  answer a;
  a.exit = o.exit;
  a.out = o.out;
  a.err = o.err;
  a.json = nlohmann::json::parse(o.out, nullptr, false);
  return a;
}

[[noreturn]] void give_up(const std::vector<std::string>& arguments, const answer& a) {
  std::string line;
  for (const auto& word : arguments) line += word + ' ';
  throw std::runtime_error(line + "ended with " + std::to_string(a.exit) + ":\n" + a.out + a.err);
}

environment quiet_environment() {
  return {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "C.UTF-8"}, {"LANGUAGE", ""}};
}

}  // namespace

int free_port() {
  // Below the range from which the kernel takes the near ends of connections, so that nobody holds
  // the port while a server that is started again wants it back. Test programs run side by side:
  // each begins at a place of its own.
  constexpr int first = 20'000;
  constexpr int count = 12'000;
  static std::atomic<int> next = static_cast<int>(std::random_device{}() % count);
  for (int tried = 0; tried < count; ++tried) {
    const int port = first + (next++ % count);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free =
        fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (fd >= 0) ::close(fd);
    if (is_free) return port;
  }
  throw std::runtime_error("no free port");
}

std::string answer::error_code() const {
  return json.is_object() && json.contains("error") ? json["error"].value("code", "") : "";
}

laptop::laptop(std::string tool, std::string home)
    : tool_(std::move(tool)), home_(std::move(home)) {}

answer laptop::operator()(std::vector<std::string> arguments, const std::string& input) const {
  arguments.insert(arguments.begin(), {tool_, "--home", home_, "--json"});
  run_options options;
  options.env = quiet_environment();
  options.input = input;
  return to_answer(run(arguments, options));
}

nlohmann::json laptop::must(std::vector<std::string> arguments, const std::string& input,
                            int exit) const {
  const answer a = (*this)(arguments, input);
  if (a.exit != exit) give_up(arguments, a);
  return a.json;
}

outcome laptop::text(std::vector<std::string> arguments, const environment& env) const {
  arguments.insert(arguments.begin(), {tool_, "--home", home_});
  run_options options;
  options.env = quiet_environment();
  for (const auto& [name, value] : env) options.env[name] = value;
  return run(arguments, options);
}

world::world(world_options options)
    : options_(std::move(options)), port_(free_port()), metrics_port_(free_port()) {
  std::vector<std::string> arguments{"init",
                                     "--admin",
                                     "admin@clinica.test",
                                     "--listen",
                                     "127.0.0.1:" + std::to_string(port_),
                                     "--name",
                                     "localhost",
                                     "--name",
                                     "127.0.0.1"};
  if (!options_.database.empty()) {
    arguments.insert(arguments.end(), {"--database", options_.database});
  }
  const answer made = server_command(arguments);
  if (made.exit != 0) give_up(arguments, made);
  admin_link_ = made.json.at("enrollment_link");
}

world::~world() = default;

std::string world::tool(const std::string& name) const {
  return options_.real_programs ? real_program(name) : program(name);
}

void world::start() {
  if (server_) earlier_log_ += server_->output();
  std::vector<std::string> arguments{tool("autocusto-server"),
                                     "serve",
                                     "--data",
                                     data(),
                                     "--metrics",
                                     "127.0.0.1:" + std::to_string(metrics_port_)};
  arguments.insert(arguments.end(), options_.serve_arguments.begin(),
                   options_.serve_arguments.end());
  server_ = std::make_unique<background>(arguments, quiet_environment());
  server_->wait_for("listening on");
}

int world::stop() {
  server_->signal(SIGTERM);
  return server_->wait();
}

void world::kill() {
  server_->signal(SIGKILL);
  server_->wait();
}

answer world::server_command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), tool("autocusto-server"));
  arguments.insert(arguments.end(), {"--data", data(), "--json"});
  run_options options;
  options.env = quiet_environment();
  return to_answer(run(arguments, options));
}

laptop& world::admin() {
  if (!admin_) {
    admin_.emplace(tool("autocusto-admin"), folder_ / "admin");
    admin_->must({"enroll", admin_link_});
  }
  return *admin_;
}

std::string world::add_doctor(const std::string& email) {
  return admin().must({"user", "add", email, "--role", "doctor"}).at("enrollment_link");
}

std::string world::new_link(const std::string& email) {
  return admin().must({"enrollment", "new", email}).at("enrollment_link");
}

laptop world::enroll(const std::string& link, const std::string& name) {
  laptop fresh = bare(name);
  fresh.must({"enroll", link, "--device-name", name});
  return fresh;
}

laptop world::bare(const std::string& name) {
  return laptop(tool("autocusto"), folder_ / name);
}

std::string world::log() {
  return earlier_log_ + (server_ ? server_->output() : std::string());
}

}  // namespace autocusto::test
