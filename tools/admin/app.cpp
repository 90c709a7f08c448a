#include "tools/admin/app.hpp"

#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "client/replica/sync/sync_store.hpp"
#include "client/sync/enrollment.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

constexpr std::string_view k_log_memory = "audit_log";

}  // namespace

int app::done(const nlohmann::json& object, const std::string& text) const {
  if (json) {
    cli::print_json(object);
  } else {
    cli::print(text);
  }
  return 0;
}

void refuse(errc code, std::string message, std::string field) {
  throw error_exception(fail(code, std::move(message), std::move(field)));
}

std::string default_home() {
  const char* named = std::getenv("AUTOCUSTO_HOME");
  const bool given = named != nullptr && *named != '\0';
  return given ? std::string(named) : replica::default_home() + "-admin";
}

std::unique_ptr<replica::replica_store> app::open_profile() const {
  if (!replica::replica_store::exists(home)) {
    refuse(errc::not_enrolled,
           "There is no administrator's profile here; run `autocusto-admin enroll LINK` with the "
           "link that `autocusto-server init` or another administrator printed.");
  }
  cli::passphrase_source source;
  source.file = passphrase_file;
  auto passphrase = cli::read_passphrase(source).value();
  const replica::environment env{system_clock_source(), crypto::system_random()};
  return replica::replica_store::open(home, passphrase.view(), env).value();
}

session::session(const app& a)
    : profile_(a.open_profile()),
      who_(profile_->identity().who().value()),
      key_(profile_->identity().device_key()) {
  remote_ = std::make_unique<transport::remote>(engine::address_of(profile_->identity()).value());
  sign_in(a);
  memory_ = log_memory::parse(profile_->identity().setting(k_log_memory).value_or(""));
}

void session::sign_in(const app& a) {
  remote_->sign_in_as(who_.device, key_, profile_->identity().last_push());
  const auto opened = remote_->sign_in(who_.device, key_, profile_->identity().last_push()).value();
  if (opened.wipe) {
    auto sync = profile_->sync();
    sync.erase_everything(true).value();
    if (const auto receipt = sync.erasure().value()) {
      remote_->send_erasure(receipt->signed_form)
          .value();  // without it, the next command tries again
    }
    profile_.reset();
    replica::replica_store::wipe(a.home).value();
    refuse(
        errc::device_revoked,
        "This device was revoked as lost; its profile has been erased. Ask another administrator "
        "for a new link.");
  }
  const auto learned = remote_->last_learned();
  if (learned.trust) profile_->identity().set_trust(*learned.trust).value();
  if (learned.server_time > 0) profile_->identity().set_server_time(learned.server_time).value();
}

std::string session::call(std::string_view method, std::string_view path, std::string body) {
  remote_->ask_of_audit_line(memory_.newest());
  // Questions change nothing but the audit log, so they may be asked again.
  auto answer = remote_->call(method, path, std::move(body), true).value();
  look_at_log();
  return answer;
}

void session::look_at_log() {
  const auto head = remote_->last_audit_head();
  if (!head) {
    if (memory_.newest() > 0) {
      warn_once(
          "The server does not tell the state of its audit log any more; is it an older version?");
    }
    return;
  }
  heads_.push_back(*head);
  const auto before = memory_.newest();
  const auto why = memory_.look(*head);
  if (!why.empty()) {
    warn_once(why +
              " See `audit verify`. If the server was restored from a backup, `audit accept "
              "--after-restore` says that you know; if not, somebody has changed its database.");
  } else if (memory_.newest() != before) {
    keep_memory();
  }
}

void session::keep_memory() {
  profile_->identity().set_setting(k_log_memory, memory_.text()).value();
}

void session::warn_once(const std::string& what) {
  if (warned_.insert(what).second) cli::print_warning(what);
}

msg::device_list session::devices() {
  auto list = get<msg::device_list>("/v1/admin/devices");
  const auto before = memory_.text();
  for (const auto& device : list.items) check_key(device.id, device.public_key);
  if (memory_.text() != before) keep_memory();
  return list;
}

bool session::check_key(const device_id& device, const std::string& key_hex) {
  if (memory_.same_key(device, key_hex)) return true;
  warn_once("The key of device " + device.text() +
            " is another one than this profile has seen before: somebody has changed the server's "
            "database. Revoke the device, and see `audit verify`.");
  return false;
}

void session::accept_log(std::int64_t agreed) {
  memory_.accept(agreed, heads_.back());
  keep_memory();
}

void session::not_understood(const error& why) {
  refuse(errc::protocol_error,
         "The server's answer cannot be read (" + why.message + "); is it a newer version?");
}

wire::catalogue_answer session::catalogue(std::int64_t revision) {
  return understood(wire::decode_catalogue_answer(
      call("GET", "/v1/admin/catalogue/" + std::to_string(revision), {})));
}

hash256 session::send_catalogue(std::string canonical_text) {
  return understood(msg::decode<msg::catalogue_sent>(
                        call("POST", "/v1/admin/catalogue", std::move(canonical_text))))
      .hash;
}

msg::act_answer session::act(std::string name, const nlohmann::json& args,
                             std::optional<std::vector<version_id>> expect_heads) {
  wire::act_object object;
  object.server = who_.server;
  object.actor = who_.user;
  object.device = who_.device;
  object.id = crypto::system_random().make<act_id>();
  object.act = std::move(name);
  object.args = json::canonical(args);
  object.expect_heads = std::move(expect_heads);
  remote_->ask_of_audit_line(memory_.newest());
  auto answer = remote_->act(object, key_).value();
  look_at_log();
  return understood(msg::decode<msg::act_answer>(answer));
}

record_id session::record(const std::string& kind, const std::string& key) {
  const auto tenant_key = profile_->identity().tenant_key().value();
  return domain::make_record_id(tenant_key.view(), kind, key);
}

msg::user_item session::user(const std::string& named) {
  return find_user(get<msg::user_list>("/v1/admin/users"), named).value();
}

std::string read_key(const std::string& kind, const std::string& given) {
  const auto* known = domain::find_record_kind(kind);
  if (known == nullptr) {
    refuse(errc::usage, "There is no such kind of record; see the list of kinds.", "kind");
  }
  const auto typed = given == "-" ? cli::read_line(known->key_label_en + ": ").value() : given;
  return domain::lookup_key(kind, typed).value();
}

}  // namespace autocusto::admin
