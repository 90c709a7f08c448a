// The real autocusto-admin against the real server, with doctors' real laptops, on both databases.

#include <gmock/gmock.h>

#include "client/replica/identity/identity_store.hpp"
#include "client/replica/replica.hpp"
#include "client/transport/remote.hpp"
#include "shared/crypto/random.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/sign.hpp"
#include "tests/e2e/databases.hpp"
#include "tools/admin/resolution.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using words = std::vector<std::string>;

class admin_tool : public on_both_databases {
 protected:
  admin_tool()
      : ana1(here.enroll(here.add_doctor("ana@clinica.test"), "ana-1")),
        ana2(here.enroll(here.new_link("ana@clinica.test"), "ana-2")),
        bia(here.enroll(here.add_doctor("bia@clinica.test"), "bia-1")),
        admin(here.admin()) {}

  void save(const laptop& where, const words& sets) {
    words arguments{"patient", "save", cpf};
    for (const auto& one : sets) arguments.insert(arguments.end(), {"--set", one});
    where.must(arguments);
  }
  /// Ana's two laptops disagree about the weight; each changed something else, too. Bia has her own
  /// version. Answers the conflict's id.
  std::string conflict() {
    save(ana1, {"nome_paciente=João", "nome_mae=Maria", "end_paciente=Rua A", "peso=70"});
    ana1.must({"sync"});
    ana2.must({"sync"});
    save(bia, {"nome_paciente=Joana", "nome_mae=Outra", "end_paciente=Rua B"});
    bia.must({"sync"});
    disagree("71", "74");
    const json list = admin.must({"conflict", "list"});
    return list.at("items").at(0).at("id").dump();
  }
  void disagree(const std::string& one, const std::string& other) {
    save(ana1, {"peso=" + one, "rg=" + one});
    save(ana2, {"peso=" + other, "cidade_paciente=Cidade " + other});
    ana1.must({"sync"});
    ana2.must({"sync"});
    ana1.must({"sync"});
  }
  json seen(const laptop& where) {
    where.must({"sync"});
    const json shown = where.must({"patient", "show", cpf});
    EXPECT_FALSE(shown.at("conflict")) << shown;
    return shown.at("fields");
  }
  json versions() { return admin.must({"record", "versions", "patient", cpf}).at("versions"); }
  /// The heads of Ana's conflict by the weight that they have.
  std::string head_with(const std::string& id, const std::string& weight) {
    const json shown = admin.must({"conflict", "show", id});
    for (const json& v : shown.at("versions")) {
      if (v.at("fields").at("peso") == weight) return v.at("version_id");
    }
    return {};
  }

  const std::string cpf = "11144477735";
  laptop ana1;
  laptop ana2;
  laptop bia;
  laptop& admin;
};

/// What does not depend on the database.
using admin_tool_alone = admin_tool;

TEST_P(admin_tool, lists_and_shows_what_is_there) {
  const auto id = conflict();
  const json list = admin.must({"record", "list", "--divergent"});
  ASSERT_EQ(list.at("count"), 1);
  EXPECT_EQ(list.at("items")[0], json::parse(R"({"kind":"patient","key":"11144477735","users":2,
                                                 "versions":4,"divergent":true})"));
  ASSERT_EQ(versions().size(), 4U);
  for (const json& v : versions()) {
    for (const char* name : {"version_id", "number", "parents", "author", "created_at", "summary",
                             "status", "active", "head", "synced"}) {
      EXPECT_TRUE(v.contains(name)) << name;
    }
  }
  const json shown = admin.must({"record", "show", "patient", "111.444.777-35", "--version", "1"});
  EXPECT_EQ(shown.at("fields").at("nome_paciente"), "João");
  EXPECT_EQ(shown.at("conflict"), true);
  EXPECT_EQ(shown.at("heads").size(), 3U) << "Ana's two and Bia's";
  EXPECT_EQ(admin.must({"record", "show", "patient", "-"}, cpf + "\n").at("key"), cpf);
  const json compared = admin.must({"compare", "patient", cpf, "1", "3"});
  EXPECT_THAT(compared.at("changes"),
              ::testing::Contains(json::parse(R"({"field":"peso","from":"70","to":"71"})")));
  const json conflicts = admin.must({"conflict", "list"});
  EXPECT_EQ(conflicts.at("items")[0].at("user"), "ana@clinica.test");
  EXPECT_EQ(conflicts.at("items")[0].at("state"), "open");
  const auto table = admin.text({"conflict", "show", id}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("* 71"), HasSubstr("* 74"), HasSubstr("ana-2"),
                           Not(HasSubstr("nome_mae"))));
  EXPECT_THAT(admin.text({"record", "graph", "patient", cpf}).out, HasSubstr("|/"));
  EXPECT_THAT(admin.text({"record", "graph", "patient", cpf, "--dot"}).out, HasSubstr("->"));
  EXPECT_EQ(admin.must({"stats"}).at("versions"), 4);
}

TEST_P(admin_tool, resolves_by_taking_one_version) {
  const auto id = conflict();
  const auto head = head_with(id, "74");
  const json done = admin.must({"conflict", "resolve", id, "--take", head.substr(0, 8)});
  EXPECT_EQ(done.at("number"), 5);
  EXPECT_EQ(done.at("changed"), true);
  EXPECT_EQ(seen(ana1).at("peso"), "74");
  EXPECT_EQ(seen(ana1).at("rg"), "") << "the other version's changes are in the history only";
  EXPECT_EQ(seen(bia).at("nome_paciente"), "Joana");
  EXPECT_EQ(ana1.must({"patient", "history", cpf}).at("versions").size(), 4U);
  EXPECT_EQ(ana1.must({"patient", "show", cpf}).at("author"), "admin@clinica.test");
  const json all = admin.must({"conflict", "list", "--all"});
  EXPECT_EQ(all.at("items")[0].at("state"), "resolved");
  EXPECT_EQ(admin({"conflict", "resolve", id, "--take", head}).error_code(), "not_found");
  EXPECT_EQ(admin.must({"audit", "verify"}).at("ok"), true);
}

TEST_P(admin_tool, resolves_field_by_field_and_with_typed_values) {
  const auto id = conflict();
  const answer open = admin({"conflict", "resolve", id, "--set", "idade=40"});
  EXPECT_EQ(open.exit, 6);
  EXPECT_EQ(open.json["error"].value("field", ""), "peso");
  const words choice{"conflict", "resolve", id, "--field", "peso=" + head_with(id, "71"),
                     "--set",    "idade=40"};
  auto dry = choice;
  dry.emplace_back("--dry-run");
  const json preview = admin.must(dry);
  EXPECT_EQ(preview.at("fields").at("peso"), "71");
  EXPECT_EQ(preview.at("fields").at("cidade_paciente"), "Cidade 74");
  EXPECT_EQ(versions().size(), 4U) << "a dry run sends nothing";
  auto with_summary = choice;
  with_summary.insert(with_summary.end(), {"--summary", "Conferido por telefone"});
  admin.must(with_summary);
  const json fields = seen(ana2);
  EXPECT_EQ(fields.at("peso"), "71");
  EXPECT_EQ(fields.at("rg"), "71");
  EXPECT_EQ(fields.at("cidade_paciente"), "Cidade 74");
  EXPECT_EQ(fields.at("idade"), "40");
  EXPECT_EQ(ana2.must({"patient", "show", cpf}).at("summary"), "Conferido por telefone");
}

TEST_P(admin_tool, merges_what_the_rules_leave_to_people) {
  admin.must({"policy", "set", "patient", "manual", "--user", "ana@clinica.test"});
  save(ana1, {"nome_paciente=João", "nome_mae=Maria", "end_paciente=Rua A"});
  ana1.must({"sync"});
  ana2.must({"sync"});
  save(ana1, {"rg=1"});
  save(ana2, {"idade=30"});
  ana1.must({"sync"});
  ana2.must({"sync"});
  const std::string id = admin.must({"conflict", "list"}).at("items").at(0).at("id").dump();
  admin.must({"conflict", "resolve", id, "--merge"});
  EXPECT_EQ(seen(ana1).at("rg"), "1");
  EXPECT_EQ(seen(ana1).at("idade"), "30");
  disagree("80", "90");
  const std::string next = admin.must({"conflict", "list"}).at("items").at(0).at("id").dump();
  const answer refused = admin({"conflict", "resolve", next, "--merge"});
  EXPECT_EQ(refused.exit, 6);
  EXPECT_EQ(refused.error_code(), "not_mergeable");
  EXPECT_THAT(refused.out, HasSubstr("medidas"));
}

TEST_P(admin_tool, dismissing_hides_a_conflict_from_the_list_only) {
  const auto id = conflict();
  admin.must({"conflict", "dismiss", id});
  EXPECT_EQ(admin.must({"conflict", "list"}).at("count"), 0);
  EXPECT_EQ(admin.must({"conflict", "list", "--all"}).at("count"), 1);
  ana1.must({"sync"});
  EXPECT_EQ(ana1.must({"conflicts"}).at("count"), 1) << "the doctor still sees it";
  admin.must({"conflict", "resolve", id, "--take", head_with(id, "71")});
  EXPECT_EQ(seen(ana1).at("peso"), "71");
}

TEST_P(admin_tool, tells_how_a_view_came_to_be) {
  conflict();
  admin.must({"assign", "patient", cpf, "1", "--user", "bia@clinica.test"});
  const json w = admin.must({"record", "why", "patient", cpf, "--user", "BIA@clinica.test"});
  ASSERT_EQ(w.at("steps").size(), 2U);
  EXPECT_EQ(w.at("steps")[0].at("cause"), "own");
  EXPECT_EQ(w.at("steps")[1].at("cause"), "assignment");
  EXPECT_EQ(w.at("steps")[1].at("by"), "admin@clinica.test");
  EXPECT_EQ(w.at("rule"), "pinned");
  EXPECT_EQ(w.at("cause"), "assigned");
  EXPECT_THAT(w.at("sentence"), AllOf(HasSubstr("bia@clinica.test sees version 1 ("),
                                      HasSubstr("admin@clinica.test assigned it at 20")));
  const json ana = admin.must({"record", "why", "patient", cpf, "--user", "ana@clinica.test"});
  EXPECT_EQ(ana.at("steps").size(), 3U);
  EXPECT_EQ(ana.at("steps")[2].at("heads").size(), 2U);
  EXPECT_EQ(ana.at("rule"), "greatest_id");
  EXPECT_EQ(ana.at("cause"), "own");
  EXPECT_THAT(ana.at("sentence"), AllOf(HasSubstr("the user saved it on ana-"),
                                        HasSubstr("in conflict with 1 other, and of several")));
  // The same user by another spelling, and by the account's id.
  std::string id;
  const json people = admin.must({"user", "list"});
  for (const json& user : people.at("items")) {
    if (user.at("email") == "bia@clinica.test") id = user.at("id");
  }
  for (const auto& named : {std::string("BIA@clinica.test"), id}) {
    admin.must({"assign", "patient", cpf, "1", "--user", named});
  }
  admin.must({"unassign", "patient", cpf, "--user", "bia@clinica.test"});
  const json gone = admin.must({"record", "why", "patient", cpf, "--user", "bia@clinica.test"});
  EXPECT_EQ(gone.at("rule"), "closed");
  ASSERT_EQ(gone.at("steps").size(), 3U) << "an assignment of what is there changes nothing";
  EXPECT_EQ(gone.at("steps")[2].at("by"), "admin@clinica.test");
  EXPECT_THAT(admin.text({"record", "why", "patient", cpf, "--user", "bia@clinica.test"}).out,
              HasSubstr("sees nothing of patient 11144477735: access was taken away by admin@"));
  EXPECT_EQ(gone.at("cause"), "closed");
  const auto looks = [&] {
    return admin.must({"audit", "list", "--user", "admin@clinica.test"}).at("count").get<int>();
  };
  const int before = looks();
  const answer never = admin({"record", "why", "patient", cpf, "--user", "admin@clinica.test"});
  EXPECT_EQ(never.exit, 4);
  EXPECT_THAT(never.out, HasSubstr("never had access"));
  EXPECT_EQ(admin({"record", "why", "patient", "52998224725", "--user", "bia@clinica.test"}).exit,
            4);
  EXPECT_EQ(looks(), before + 3) << "a look that found nothing, and this list, are on record, too";
}

TEST_P(admin_tool, who_waits_for_a_link_gets_one_and_only_one) {
  const json first = here.admin().must({"enrollment", "new", "--all-pending"});
  EXPECT_EQ(first.at("count"), 0) << "everybody has a device" << first;
  for (const char* email : {"caio@clinica.test", "davi@clinica.test", "eva@clinica.test"}) {
    admin.must({"user", "add", email, "--role", "doctor"});
  }
  EXPECT_EQ(admin.must({"enrollment", "new", "--all-pending"}).at("count"), 0)
      << "the links of `user add` are good";
  EXPECT_EQ(admin({"enrollment", "new"}).exit, 2);
  EXPECT_EQ(admin({"enrollment", "new", "eva@clinica.test", "--all-pending"}).exit, 2);
}

/// A resolution that was signed and kept, as it is on disk when the power fails.
void keep_resolution(const laptop& admin, const std::string& id, bool send_it) {
  namespace msg = wire::admin;
  const replica::environment env{system_clock_source(), crypto::system_random()};
  auto profile = replica::replica_store::open(admin.home(), k_passphrase, env).value();
  const auto who = profile->identity().who().value();
  transport::server_address address;
  address.host = who.host;
  address.port = who.port;
  address.pin_is_ca = who.pin_is_ca;
  address.pin = who.pin;
  address.trust = who.trust;
  transport::remote remote(address);
  const auto key = profile->identity().device_key();
  static_cast<void>(remote.sign_in(who.device, key, profile->identity().last_push()).value());
  const auto told = remote.call("POST", "/v1/admin/conflicts/show", R"({"id":)" + id + "}").value();
  const auto c = msg::decode<msg::conflict_shown>(told).value();
  const auto version =
      autocusto::admin::resolving_version(c, c.heads[0].fields, "Antes da queda",
                                          {who.user, who.device}, crypto::system_random(), 0)
          .value();
  wire::push_object object;
  object.server = who.server;
  object.device = who.device;
  object.actor = who.user;
  object.owner = c.owner;
  object.id = crypto::system_random().make<push_id>();
  object.prev_push = profile->identity().last_push();
  object.versions = {version.id};
  object.expect_heads = version.header.parents;
  wire::push_request request;
  request.object = wire::sign_canonical(key, "push", wire::encode_object(object));
  request.versions.push_back({version.raw, std::nullopt, std::nullopt});
  const auto pending = autocusto::json::canonical({{"conflict", c.conflict.id},
                                                   {"kind", c.conflict.kind},
                                                   {"key", c.conflict.key},
                                                   {"record", c.record.text()},
                                                   {"request", wire::encode(request)}});
  profile->identity().set_setting("pending_resolution", pending).value();
  if (send_it) static_cast<void>(remote.push(transport::pack(request)).value());
}

TEST_P(admin_tool, goes_on_with_a_resolution_that_was_cut_before_or_after_the_server_had_it) {
  auto id = conflict();
  for (const bool arrived : {false, true}) {
    const auto before = versions().size();
    keep_resolution(admin, id, arrived);
    const json done = admin.must({"conflict", "resolve", id, "--take", "1"});
    EXPECT_EQ(versions().size(), before + 1) << "once, and not the version that was asked for now";
    EXPECT_EQ(versions().back().at("summary"), "Antes da queda");
    EXPECT_EQ(done.at("version_id"), versions().back().at("version_id"));
    EXPECT_EQ(done.at("number"), before + 1);
    ana1.must({"sync"});
    ana2.must({"sync"});
    disagree(arrived ? "50" : "51", arrived ? "60" : "61");
    id = admin.must({"conflict", "list"}).at("items").at(0).at("id").dump();
  }
  admin.must({"conflict", "resolve", id, "--take", head_with(id, "50")});
  EXPECT_EQ(seen(ana1).at("peso"), "50") << "pushes of this device go on";
}

TEST_P(admin_tool_alone, gives_a_kept_resolution_up_when_the_view_has_moved) {
  const auto id = conflict();
  keep_resolution(admin, id, false);
  save(ana1, {"peso=72"});
  ana1.must({"sync"});
  const auto head = head_with(id, "72");
  const outcome done = admin.text({"conflict", "resolve", id, "--take", head});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("refused"));
  EXPECT_EQ(seen(ana1).at("peso"), "72");
}

TEST_P(admin_tool_alone, without_a_server_says_so) {
  here.kill();
  const answer a = admin({"user", "list"});
  EXPECT_EQ(a.exit, 5);
  EXPECT_EQ(a.error_code(), "unreachable");
}

struct wrong_input {
  words arguments;
  int exit;
  const char* code;
  const char* says;
};

TEST_P(admin_tool_alone, wrong_input_gets_its_exit_code_and_a_sentence) {
  const auto id = conflict();
  const std::string unknown = "52998224725";
  const std::string none = "00000000-0000-4000-8000-00000000dead";
  const std::string ana = "ana@clinica.test";
  const words resolving{"conflict", "resolve", id};
  const auto resolve = [&](words more) {
    more.insert(more.begin(), resolving.begin(), resolving.end());
    return more;
  };
  const std::vector<wrong_input> cases{
      {{}, 2, "usage", "subcommand"},
      {{"frobnicate"}, 2, "usage", "--help"},
      {{"user", "add", "x@clinica.test"}, 2, "usage", "--role"},
      {{"user", "add", "x@clinica.test", "--role", "boss"}, 2, "usage", "boss"},
      {{"user", "add", "no address", "--role", "doctor"}, 3, "invalid_field", "254"},
      {{"user", "add", "ANA@clinica.test", "--role", "doctor"}, 3, "already_exists", "e-mail"},
      {{"user", "disable", "nobody@clinica.test"}, 4, "not_found", "user list"},
      {{"user", "disable", "admin@clinica.test"}, 3, "last_admin", "another one"},
      {{"user", "enable", "nobody@clinica.test"}, 4, "not_found", "user list"},
      {{"enrollment", "new", "nobody@clinica.test"}, 4, "not_found", "user list"},
      {{"enroll", "https://x/enroll#a.ca:00"}, 2, "usage", "link"},
      {{"device", "show", none}, 4, "not_found", "device list"},
      {{"device", "show", "zzzz"}, 4, "not_found", "device list"},
      {{"device", "revoke", none}, 4, "not_found", "device list"},
      {{"policy", "set", "protocol", "auto"}, 4, "not_found", "list of kinds"},
      {{"policy", "set", "patient", "never"}, 2, "usage", "never"},
      {{"policy", "set", "patient", "auto", "--user", "no@x"}, 4, "not_found", "user list"},
      {{"record", "show", "protocol", cpf}, 2, "usage", "list of kinds"},
      {{"record", "show", "patient", "11144477734"}, 3, "invalid_key", "check digits"},
      {{"record", "show", "patient", unknown}, 4, "not_found", "record"},
      {{"record", "show", "patient", cpf, "--version", "9"}, 4, "not_found", "number"},
      {{"record", "versions", "patient", unknown}, 4, "not_found", "record"},
      {{"record", "graph", "patient", unknown}, 4, "not_found", "record"},
      {{"record", "why", "patient", cpf}, 2, "usage", "--user"},
      {{"record", "why", "patient", cpf, "--user", "admin@clinica.test"}, 4, "not_found", "never"},
      {{"record", "show", "patient", "-"}, 2, "usage", "input"},
      {{"compare", "patient", cpf, "1", "77"}, 4, "not_found", "version"},
      {{"compare", "patient", cpf, "1"}, 2, "usage", "B"},
      {{"assign", "patient", cpf, "1", "--user", "no@x"}, 4, "not_found", "user list"},
      {{"assign", "patient", cpf, "9", "--user", ana}, 4, "not_found", "version"},
      {{"assign", "patient", unknown, "1", "--user", ana}, 4, "not_found", "record"},
      {{"unassign", "patient", cpf, "--user", "admin@clinica.test"}, 4, "not_found", "access"},
      {{"conflict", "show", "99"}, 4, "not_found", "conflict list"},
      {{"conflict", "show", "one"}, 2, "usage", "ID"},
      {{"conflict", "dismiss", "99"}, 4, "not_found", "conflict list"},
      {{"conflict", "resolve", "99", "--merge"}, 4, "not_found", "conflict list"},
      {resolve({}), 2, "usage", "--take"},
      {resolve({"--take", "1", "--merge"}), 2, "usage", "--merge"},
      {resolve({"--take", "99"}), 4, "not_found", "version"},
      {resolve({"--merge"}), 6, "not_mergeable", "medidas"},
      {resolve({"--field", "peso"}), 2, "usage", "NAME="},
      {resolve({"--field", "peso=99"}), 4, "not_found", "version"},
      {resolve({"--field", "pesoo=3"}), 3, "invalid_field", "pesoo"},
      {resolve({"--set", "pesoo=3"}), 3, "invalid_field", "field"},
      {resolve({"--take", "3", "--set", "email_paciente=nowhere"}), 3, "invalid_field", "email"},
      {resolve({"--take", "3", "--set", "incapaz=maybe"}), 3, "invalid_field", "true or false"},
      {resolve({"--take", "3", "--summary", std::string(501, 'x')}), 3, "invalid_field", "500"},
      {{"quarantine", "show", "99"}, 4, "not_found", "quarantine list"},
      {{"quarantine", "accept", "99"}, 4, "not_found", "quarantine list"},
      {{"quarantine", "reject", "99"}, 4, "not_found", "quarantine list"},
      {{"quarantine", "keep", "1"}, 2, "usage", "--help"},
      {{"audit", "list", "--user", "no@x"}, 4, "not_found", "user list"},
      {{"audit", "list", "--record", cpf}, 2, "usage", "KIND:KEY"},
      {{"audit", "list", "--since", "yesterday"}, 3, "invalid_field", "2026"}};
  for (const auto& one : cases) {
    std::string line;
    for (const auto& word : one.arguments) line += word.substr(0, 40) + ' ';
    const answer a = admin(one.arguments);
    EXPECT_EQ(a.exit, one.exit) << line << a.out;
    EXPECT_EQ(a.error_code(), one.code) << line << a.out;
    const auto message =
        a.json.is_object() && a.json.contains("error")
            ? a.json["error"].value("message", "") + a.json["error"].value("field", "")
            : a.out;
    EXPECT_THAT(message, HasSubstr(one.says)) << line;
    EXPECT_THAT(message, Not(HasSubstr(unknown))) << "no key in an error";
  }
  EXPECT_EQ(versions().size(), 4U);
  EXPECT_EQ(admin.must({"user", "list"}).at("count"), 3);
}

TEST_P(admin_tool_alone, people_get_sentences_and_scripts_get_one_object) {
  const outcome text = admin.text({"user", "disable", "nobody@clinica.test"});
  EXPECT_EQ(text.exit, 4);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("There is no user with this e-mail"));
  const answer wrong = admin({"stats", "--passphrase-file", "/nowhere"});
  EXPECT_EQ(wrong.exit, 2);
  outcome other = admin.text({"stats"}, {{"AUTOCUSTO_PASSPHRASE", "not this one"}});
  EXPECT_EQ(other.exit, 7);
  EXPECT_THAT(other.err, HasSubstr("passphrase"));
  const laptop bare(program("autocusto-admin"), here.folder() + "/nobody");
  EXPECT_EQ(bare({"stats"}).error_code(), "not_enrolled");
  EXPECT_EQ(bare({"stats"}).exit, 7);
  EXPECT_EQ(admin({"enroll", here.new_link("admin@clinica.test")}).error_code(),
            "already_enrolled");
}

TEST_P(admin_tool_alone, a_doctors_link_does_not_make_an_administrator) {
  const laptop bare(program("autocusto-admin"), here.folder() + "/nobody");
  const answer refused = bare({"enroll", here.new_link("ana@clinica.test")});
  EXPECT_EQ(refused.exit, 7);
  EXPECT_EQ(refused.error_code(), "forbidden");
  EXPECT_EQ(bare({"stats"}).error_code(), "not_enrolled");
}

TEST_P(admin_tool, a_second_administrator_revoked_as_lost_loses_the_profile) {
  const json added = admin.must({"user", "add", "chefe@clinica.test", "--role", "admin"});
  const laptop second(program("autocusto-admin"), here.folder() + "/second");
  const json who = second.must({"enroll", added.at("enrollment_link"), "--device-name", "dois"});
  EXPECT_EQ(second.must({"user", "list"}).at("count"), 4);
  const std::string device = who.at("device");
  const json shown = admin.must({"device", "show", device.substr(0, 8)});
  EXPECT_EQ(shown.at("user"), "chefe@clinica.test");
  EXPECT_EQ(shown.at("name"), "dois");
  admin.must({"device", "revoke", device, "--lost"});
  const answer out = second({"user", "list"});
  EXPECT_EQ(out.exit, 7);
  EXPECT_EQ(out.error_code(), "device_revoked");
  EXPECT_EQ(second({"user", "list"}).error_code(), "not_enrolled") << "nothing is left";
}

TEST_P(admin_tool, a_lost_copy_tells_which_device_it_stood_in_for) {
  const json added = admin.must({"user", "add", "chefe@clinica.test", "--role", "admin"});
  const laptop second(program("autocusto-admin"), here.folder() + "/second");
  const json first = second.must({"enroll", added.at("enrollment_link"), "--device-name", "um"});
  const json copy = second.must({"enroll", "--again", "--device-name", "dois"});
  const json done = admin.must({"device", "revoke", copy.at("device"), "--lost"});
  EXPECT_EQ(done.at("still_in_use"), json::array({first.at("device")}));
  const json rest = admin.must({"device", "revoke", first.at("device"), "--lost"});
  EXPECT_EQ(rest.at("still_in_use"), json::array());
}

TEST_P(admin_tool, the_audit_log_tells_it_all_and_the_server_log_nothing) {
  const auto id = conflict();
  admin.must({"record", "show", "patient", cpf});
  admin.must({"conflict", "resolve", id, "--take", head_with(id, "74")});
  admin.must({"assign", "patient", cpf, "1", "--user", "bia@clinica.test", "--force"});
  const json about = admin.must({"audit", "list", "--record", "patient:" + cpf});
  words what;
  for (const json& line : about.at("items")) {
    EXPECT_EQ(line.at("key"), cpf);
    what.push_back(line.at("what"));
  }
  for (const char* act : {"record.show", "conflict.show", "conflict.resolve", "assign"}) {
    EXPECT_THAT(what, ::testing::Contains(act));
  }
  const json of_bia = admin.must({"audit", "list", "--user", "bia@clinica.test"});
  EXPECT_GE(of_bia.at("count"), 3) << "added, enrolled, assigned";
  EXPECT_EQ(admin.must({"audit", "list", "--since", "2999-01-01"}).at("count"), 0);
  const json verified = admin.must({"audit", "verify"});
  EXPECT_EQ(verified.at("ok"), true) << verified;
  EXPECT_EQ(verified.at("signed"), 5) << "two doctors, a link, a resolution, an assignment";
  const std::string version = versions().back().at("version_id");
  here.stop();
  const auto log = here.log();
  EXPECT_THAT(log, HasSubstr("/v1/admin/conflicts/show"));
  const words secrets{cpf, "João", "Joana", "clinica.test", version};
  for (const auto& secret : secrets) EXPECT_THAT(log, Not(HasSubstr(secret)));
}

INSTANTIATE_TEST_SUITE_P(databases, admin_tool, ::testing::Values("sqlite", "postgres"),
                         database_name);
INSTANTIATE_TEST_SUITE_P(databases, admin_tool_alone, ::testing::Values("sqlite"), database_name);

}  // namespace
}  // namespace autocusto::test
