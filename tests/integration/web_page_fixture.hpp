#pragma once
// A page's server on a replica of its own, and a program that talks to it as a browser does. The
// sync is left out; the browser tests have it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/web/page_server.hpp"
#include "client/web/running_page.hpp"
#include "shared/crypto/random.hpp"
#include "tests/integration/http_support.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::web {

using http::testing::eventually;
using http::testing::raw_peer;
using http::testing::reply;
using nlohmann::json;

inline const std::string k_cpf = "11144477735";
inline const json k_good = {
    {"nome_paciente", "João <b>da</b> Silva"}, {"nome_mae", "M"}, {"end_paciente", "R"}};

/// A page on a laptop's folder, and a program that talks to it as a browser does.
class page_test : public ::testing::Test {
 protected:
  void open_page(std::optional<std::chrono::milliseconds> idle = std::nullopt) {
    page_options options;
    options.home = home();
    options.version = "test";
    options.device_name = "teste";
    options.translate = [](const error& e, std::string_view, bool portuguese) {
      return (portuguese ? "pt: " : "en: ") + e.message;
    };
    options.sync = false;
    options.idle = idle;
    page = page_server::start(std::move(options), test::quick_environment(clock)).value();
    port = page->port();
    enter(page->ticket().link);
  }
  [[nodiscard]] std::string home() const { return folder / "laptop"; }

  void make_replica() {
    auto made =
        replica::replica_store::create(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(made);
    const auto device = crypto::system_random().make<device_id>();
    ASSERT_TRUE((*made)->identity().enroll(server.identity_for(device), server.tenant_key()));
  }

  void enter(const std::string& link) {
    const auto token = link.substr(link.find('=') + 1);
    const auto began = post("/api/start", {{"token", token}});
    ASSERT_EQ(began.status, 200) << began.body;
    secret = json::parse(began.body).at("secret");
  }

  reply ask(const std::string& method, const std::string& path, const std::string& body,
            const std::string& more = {}) const {
    raw_peer peer(port, false);
    std::string head = method + " " + path +
                       " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                       "\r\nAuthorization: Bearer " + secret + "\r\n" + more;
    if (method == "POST") {
      head += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    }
    peer.send(head + "\r\n" + body);
    return peer.read_reply().value();
  }
  reply get(const std::string& path, const std::string& more = {}) const {
    return ask("GET", path, {}, more);
  }
  reply post(const std::string& path, const json& body, const std::string& more = {}) const {
    return ask("POST", path, body.dump(), more);
  }
  reply unlock(std::string_view passphrase = test::k_passphrase) const {
    return post("/api/unlock", {{"passphrase", passphrase}});
  }
  reply save_patient(const json& fields, const json& more = json::object()) const {
    json body = {{"kind", "patient"}, {"key", k_cpf}, {"fields", fields}};
    body.update(more);
    return post("/api/record/save", body);
  }
  [[nodiscard]] std::string state() const {
    return json::parse(get("/api/session").body).at("state");
  }

  test::temporary_folder folder;
  test::hand_clock clock;
  test::small_server server;
  std::unique_ptr<page_server> page;
  std::uint16_t port = 0;
  std::string secret;
};

}  // namespace autocusto::web
