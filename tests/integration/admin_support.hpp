#pragma once
// Tests of the administrator's endpoints: an enrolled administrator, signed acts, a conflict.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/store/audit.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/admin.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {

namespace msg = wire::admin;
using heads_seen = std::optional<std::vector<version_id>>;

inline constexpr const char* k_cpf = "11144477735";
inline constexpr const char* k_boss = "admin@example.org";

/// One signed act as it is sent.
struct signed_act {
  wire::act_object object;
  std::string purpose = "act";

  std::string body(const crypto::signing_key& key) const {
    wire::signed_object out{wire::encode_object(object), {}};
    out.signature =
        std::string(crypto::sign(key, crypto::purpose_message(purpose, out.object)).raw());
    return wire::encode(out);
  }
};

inline signed_act act_of(const wire_device& who, const std::string& act, const nlohmann::json& args,
                         heads_seen expect = std::nullopt) {
  signed_act out;
  out.object.server = wire::decode_trust(who.who.trust_object.object).value().server;
  out.object.actor = who.who.user;
  out.object.device = who.who.device;
  out.object.id = crypto::system_random().make<act_id>();
  out.object.act = act;
  out.object.args = autocusto::json::canonical(args);
  out.object.expect_heads = std::move(expect);
  return out;
}

inline http::response do_act(wire_device& who, const std::string& act, const nlohmann::json& args,
                             heads_seen expect = std::nullopt) {
  return who.post("/v1/admin/act", act_of(who, act, args, std::move(expect)).body(who.key));
}

class admin_api : public server_test {
 protected:
  void SetUp() override {
    world.start();
    boss = world.connect(world.admin_link);
    ASSERT_EQ(code_of(boss->enroll("desk")), "ok");
    ASSERT_EQ(code_of(boss->open_session()), "ok");
  }

  std::vector<store::audit_row> audit_rows() {
    std::vector<store::audit_row> rows;
    world.node->database().read([&](store::audit::reads audit) {
      rows = audit.audit(std::nullopt, std::nullopt, 0, 0, 1000);
    });
    return rows;
  }
  std::size_t audited(const std::string& what) {
    const auto rows = audit_rows();
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.what == what; }));
  }

  record_id record() const {
    return domain::make_record_id(boss->who.tenant_key, "patient", k_cpf);
  }
  msg::history history() {
    msg::record_request query;
    query.record = record();
    const auto answer = boss->post("/v1/admin/records/versions", msg::encode(query));
    return msg::decode<msg::history>(answer.body).value();
  }
  std::vector<version_id> heads_of(const std::string& email) {
    for (const auto& view : history().views) {
      if (view.user == email) return view.heads;
    }
    return {};
  }
  msg::conflict_list conflicts() {
    const auto answer = boss->post("/v1/admin/conflicts/list", "{}");
    return msg::decode<msg::conflict_list>(answer.body).value();
  }
  http::response assign(const version_id& version, const std::string& email, heads_seen expect) {
    return do_act(*boss, "assign",
                  {{"record", record().text()}, {"version", version.text()}, {"user", email}},
                  std::move(expect));
  }

  /// Two laptops of one doctor change the weight; answers the two siblings.
  std::vector<domain::version> make_conflict() {
    one = world.device("ana@example.org");
    two = world.device("ana@example.org");
    const auto root = one->version(testing::a_patient().with("peso", "70"));
    auto a = testing::a_patient().after({&root});
    auto b = testing::a_patient().after({&root});
    std::vector<domain::version> siblings{one->version(a.with("peso", "71").salt(1)),
                                          two->version(b.with("peso", "74").salt(2))};
    EXPECT_EQ(code_of(one->push({root})), "ok");
    EXPECT_EQ(code_of(one->push({siblings[0]})), "ok");
    EXPECT_EQ(code_of(two->push({siblings[1]})), "ok");
    return siblings;
  }

  std::unique_ptr<wire_device> boss, one, two;
};

}  // namespace autocusto::test
