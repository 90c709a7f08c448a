// The administrator of a real_server: signs acts and resolutions and sends them as the admin tool
// does.
#include <nlohmann/json.hpp>

#include "client/transport/remote.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/sign.hpp"
#include "tests/simulation/real_server.hpp"

namespace autocusto::simulation {
namespace {

error error_of(const http::response& response) {
  return wire::decode_problem(response.status, response.body).what;
}

}  // namespace

bool real_server::sign_admin_in() {
  wire::challenge_request asked;
  asked.device = admin().second;
  const auto first = post("/v1/session", {}, wire::encode(asked));
  if (first.status != 200) return false;
  wire::session_request wanted;
  wanted.server = keys_.server;
  wanted.device = admin().second;
  wanted.challenge = wire::decode_challenge_answer(first.body).value().challenge;
  wanted.prev_push = admin_push_;
  const auto proof = wire::sign_canonical(admin_key_, "session", wire::encode_object(wanted));
  const auto second = post("/v1/session", {}, wire::encode(proof));
  if (second.status != 200) return false;
  const auto opened = wire::decode_session_answer(second.body).value();
  admin_token_ = opened.token;
  admin_push_ = opened.last_push;
  return true;
}

/// As the tool does: a session that has ended is opened anew, once. Now and then the answer is lost
/// and the same is sent again.
http::response real_server::as_admin(const std::string& path, const std::string& body) {
  if (admin_token_.empty()) sign_admin_in();
  auto response = post(path, admin_token_, body);
  if (response.status == 401 && sign_admin_in()) response = post(path, admin_token_, body);
  if (response.status != 200 || !random_.percent(20)) return response;
  const auto again = post(path, admin_token_, body);
  // The disk may be what answers differently.
  if (again.status == 200 && again.body != response.body) {
    oracle_.broken("6: the same act or resolution was answered differently the second time");
  }
  return response;
}

result<void> real_server::sign_and_act(const std::string& name, const std::string& args,
                                       const std::optional<std::vector<version_id>>& expect_heads) {
  wire::act_object object;
  object.server = keys_.server;
  object.actor = admin().first;
  object.device = admin().second;
  object.id = random_.make<act_id>();
  object.act = name;
  object.args = args;
  object.expect_heads = expect_heads;
  const auto response =
      as_admin("/v1/admin/act",
               wire::encode(wire::sign_canonical(admin_key_, "act", wire::encode_object(object))));
  if (response.status != 200) return error_of(response);
  return {};
}

result<void> real_server::resolve(const act_resolve& what) {
  if (admin_token_.empty()) sign_admin_in();
  wire::push_object object;
  object.server = keys_.server;
  object.device = admin().second;
  object.actor = admin().first;
  object.owner = what.user;
  object.id = random_.make<push_id>();
  object.prev_push = admin_push_;
  object.versions = {what.version.id};
  object.expect_heads = what.version.header.parents;
  wire::push_request request;
  request.object = wire::sign_canonical(admin_key_, "push", wire::encode_object(object));
  request.versions.push_back({what.version.raw, std::nullopt, std::nullopt});
  oracle_.reached(request);
  const auto response = as_admin("/v1/push", wire::encode(request));
  if (response.status != 200) return error_of(response);
  admin_push_ = object.id;
  const auto receipt =
      wire::decode_receipt_object(wire::decode_push_answer(response.body).value().object).value();
  if (!died()) oracle_.pushed(object.device, request, receipt);
  const auto& line = receipt.results.at(0);
  if (line.outcome != wire::push_outcome::refused) return {};
  return fail(code_from_name(line.code).value_or(errc::internal), line.message);
}

std::optional<result<void>> real_server::act(const admin_act& what) {
  const auto text = [](const nlohmann::json& args) { return json::canonical(args); };
  auto done = std::visit(
      [&](const auto& each) -> result<void> {
        using T = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<T, act_assign>) {
          return sign_and_act("assign",
                              text({{"record", each.record.text()},
                                    {"version", each.version.text()},
                                    {"user", emails_.at(each.user)}}),
                              each.expect_heads);
        } else if constexpr (std::is_same_v<T, act_unassign>) {
          return sign_and_act(
              "unassign", text({{"record", each.record.text()}, {"user", emails_.at(each.user)}}),
              std::nullopt);
        } else if constexpr (std::is_same_v<T, act_resolve>) {
          return resolve(each);
        } else if constexpr (std::is_same_v<T, act_policy>) {
          const bool automatic = each.policy == domain::merge_policy::automatic;
          nlohmann::json args{{"kind", "patient"}, {"policy", automatic ? "auto" : "manual"}};
          if (each.user) args["user"] = emails_.at(*each.user);
          return sign_and_act("policy.set", text(args), std::nullopt);
        } else if constexpr (std::is_same_v<T, act_revoke>) {
          return sign_and_act("device.revoke",
                              text({{"device", each.device.text()}, {"lost", each.lost}}),
                              std::nullopt);
        } else {
          return sign_and_act(each.enabled ? "user.enable" : "user.disable",
                              text({{"user", emails_.at(each.user)}}), std::nullopt);
        }
      },
      what);
  if (died()) return std::nullopt;
  return done;
}

}  // namespace autocusto::simulation
