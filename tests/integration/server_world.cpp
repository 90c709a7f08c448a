#include "tests/integration/server_world.hpp"

#include <nlohmann/json.hpp>

#include "server/auth/enrollment.hpp"
#include "server/store/people.hpp"
#include "shared/json/canonical.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace autocusto::test {

outcome server_command(const std::vector<std::string>& arguments, const run_options& options) {
  std::vector<std::string> argv{program("autocusto-server")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv, options);
}

server_world::server_world(engine which) {
  if (which == engine::postgres) database_ = postgres_cluster::shared().create_database();
  const auto made =
      server_command({"init", "--data", folder(), "--database", database_, "--name", "localhost:1",
                      "--listen", "127.0.0.1:0", "--admin", "admin@example.org", "--json"});
  if (made.exit != 0) throw std::runtime_error(made.out + made.err);
  admin_link = json::parse(made.out).value()["enrollment_link"];
}

void server_world::start() {
  app::node_options options;
  options.folder = folder();
  options.metrics = app::listen_address{"127.0.0.1", 0};
  options.clock = &clock;
  options.log = &log;
  node = app::node::start(options).value();
}

void server_world::stop() {
  node.reset();
}

std::string server_world::invite(const std::string& email, store::user_role role) {
  std::string code;
  const auto keys = auth::load_keys(folder()).value();
  node->database().write([&](store::transaction& tx) {
    auto& random = crypto::system_random();
    auto found = store::people::reads(tx).user_by_email(email);
    if (!found) found = auth::create_user(tx, random, email, role, clock.now()).value();
    code = auth::create_enrollment(tx, auth::code_mint(keys), random, found->key, clock.now());
  });
  auto link = wire::decode_enrollment_link(admin_link).value();
  link.code = code;
  return wire::encode(link);
}

std::unique_ptr<wire_device> server_world::connect(const std::string& link) {
  return std::make_unique<wire_device>(link, node->address().port);
}

std::unique_ptr<wire_device> server_world::device(const std::string& email, store::user_role role) {
  auto made = connect(invite(email, role));
  if (code_of(made->enroll()) != "ok" || code_of(made->open_session()) != "ok") {
    throw std::runtime_error("a device could not be enrolled");
  }
  return made;
}

store::user_row server_world::user(const std::string& email) {
  std::optional<store::user_row> row;
  node->database().read([&](store::people::reads people) { row = people.user_by_email(email); });
  return row.value();
}

store::device_row server_world::row(const wire_device& of) {
  std::optional<store::device_row> row;
  node->database().read(
      [&](store::people::reads people) { row = people.device_by_id(of.who.device); });
  return row.value();
}

std::string server_world::metrics() {
  http::client_options options;
  options.host = "127.0.0.1";
  options.port = node->metrics_address().value().port;
  options.tls = false;
  http::client client(options);
  http::client_request request;
  request.path_with_query = "/metrics";
  return client.send(request).value().body;
}

}  // namespace autocusto::test
