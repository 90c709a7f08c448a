// The reference catalogue on its way to laptops: fetched with a sync when the server's is another
// one, verified, sealed, and kept when the server has nothing better.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/transport/trust.hpp"
#include "server/store/catalogues.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/reference/catalogue.hpp"
#include "shared/wire/sign.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/reference_samples.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

std::string text_of(std::int64_t revision) {
  auto value = small_catalogue();
  value.revision = revision;
  return reference::write_catalogue(value);
}

class client_catalogue : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    ana = std::make_unique<sync_laptop>(homes / "ana", world.invite("ana@example.org"),
                                        world.node->address().port);
  }
  /// Behind the acts' back: as a newer server may, in a form that this one would refuse.
  void publish(std::int64_t revision, const std::string& text) {
    world.node->database().write([&](store::catalogues::writes all) {
      all.publish({reference::catalogue_hash(text), revision, 1, text});
    });
  }
  /// A sync with a session of its own, and how often it asked for a catalogue.
  int sync() {
    const auto before = ana->line->catalogues;
    sync_laptop again(ana->home, world.node->address().port);
    again.line->next = ana->line->next;
    expect_ok(again.sync());
    return ana->line->catalogues - before + again.line->catalogues;
  }
  std::optional<replica::kept_catalogue> kept() { return ana->replica->read().catalogue(); }

  server_world world{engine::sqlite};
  temporary_folder homes;
  std::unique_ptr<sync_laptop> ana;
};

TEST_F(client_catalogue, comes_with_a_sync_once) {
  EXPECT_EQ(sync(), 0) << "the server has none";
  EXPECT_FALSE(kept());
  publish(1, text_of(1));
  EXPECT_EQ(sync(), 1);
  ASSERT_TRUE(kept());
  EXPECT_EQ(kept()->text, text_of(1));
  EXPECT_EQ(kept()->hash, reference::catalogue_hash(text_of(1)));
  EXPECT_EQ(kept()->revision, 1);
  EXPECT_GT(kept()->kept_at, 0);
  EXPECT_EQ(sync(), 0) << "nothing new";
  publish(2, text_of(2));
  EXPECT_EQ(sync(), 1);
  EXPECT_EQ(kept()->text, text_of(2));
}

TEST_F(client_catalogue, a_sync_goes_on_without_it) {
  publish(1, text_of(1));
  ana->save(nth_cpf(1), "Paciente");
  // The third call is the one for the catalogue.
  int call = 0;
  ana->line->next = [&call] { return ++call == 3 ? mishap::lost_request : mishap::none; };
  expect_ok(ana->sync());
  EXPECT_EQ(ana->line->catalogues, 1);
  EXPECT_FALSE(kept());
  EXPECT_TRUE(ana->replica->read().waiting().empty()) << "the edit has arrived";
  ana->line->next = [] { return mishap::none; };
  EXPECT_EQ(sync(), 1) << "the next session asks again";
  EXPECT_TRUE(kept());
}

TEST_F(client_catalogue, one_of_a_newer_form_is_fetched_once_and_the_old_one_stays) {
  publish(1, text_of(1));
  EXPECT_EQ(sync(), 1);
  publish(2, R"({"revision":2,"v":2})");
  EXPECT_EQ(sync(), 1);
  ASSERT_TRUE(kept());
  EXPECT_EQ(kept()->text, text_of(1));
  EXPECT_TRUE(kept()->newer_unknown);
  EXPECT_EQ(sync(), 0) << "it would be of no use again";
  publish(3, text_of(3));
  EXPECT_EQ(sync(), 1);
  EXPECT_EQ(kept()->text, text_of(3));
  EXPECT_FALSE(kept()->newer_unknown);
}

TEST_F(client_catalogue, one_that_the_server_has_not_signed_is_told_until_a_good_one_comes) {
  publish(1, text_of(1));
  EXPECT_EQ(sync(), 1);
  publish(2, text_of(2));
  const auto refused = [this] { return ana->replica->read().status().catalogue_refused; };
  ana->line->forge_catalogue = true;
  expect_ok(ana->sync());
  EXPECT_TRUE(refused());
  EXPECT_EQ(kept()->text, text_of(1)) << "the one of before goes on";
  // A line that is cut says nothing about it.
  ana->line->forge_catalogue = false;
  int call = 0;
  sync_laptop cut(ana->home, world.node->address().port);
  cut.line->next = [&call] { return ++call == 3 ? mishap::lost_request : mishap::none; };
  expect_ok(cut.sync());
  EXPECT_TRUE(refused());
  EXPECT_EQ(sync(), 1);
  EXPECT_FALSE(refused());
  EXPECT_EQ(kept()->text, text_of(2));
}

TEST_F(client_catalogue, is_sealed_on_the_disk) {
  publish(1, text_of(1));
  EXPECT_EQ(sync(), 1);
  for (const char* name : {"/replica.sqlite", "/replica.sqlite-wal"}) {
    std::ifstream file(ana->home + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(bytes, ::testing::Not(::testing::HasSubstr("FINGOLIMODE"))) << name;
  }
}

TEST(catalogue_trust, what_the_server_has_not_signed_is_refused) {
  const auto key = crypto::signing_key::generate(crypto::system_random());
  const auto other = crypto::signing_key::generate(crypto::system_random());
  wire::trust trust;
  trust.server = *server_id::parse("00000001-0000-4000-8000-000000000001");
  trust.keys = {std::string(key.public_half().raw())};
  const auto told = [&](const crypto::signing_key& by, wire::purpose purpose,
                        const std::string& text, const server_id& server) {
    const wire::catalogue_object object{server, 1, crypto::sha256(text_of(1))};
    wire::catalogue_answer out;
    out.text = text;
    out.signed_by_server = wire::sign_canonical(by, purpose, wire::encode_object(object));
    return out;
  };
  const auto code = [&](const std::optional<wire::trust>& known, wire::catalogue_answer answer) {
    const auto checked = transport::check_catalogue(known, std::move(answer));
    return checked ? std::string("ok") : std::string(code_name(checked.error().code));
  };
  const auto good = told(key, "catalogue", text_of(1), trust.server);
  EXPECT_EQ(code(trust, good), "ok");
  EXPECT_EQ(code(std::nullopt, good), "untrusted_server");
  EXPECT_EQ(code(trust, {text_of(1), std::nullopt}), "untrusted_server");
  EXPECT_EQ(code(trust, told(other, "catalogue", text_of(1), trust.server)), "untrusted_server");
  EXPECT_EQ(code(trust, told(key, "receipt", text_of(1), trust.server)), "untrusted_server");
  EXPECT_EQ(code(trust, told(key, "catalogue", text_of(2), trust.server)), "untrusted_server");
  EXPECT_EQ(code(trust, told(key, "catalogue", text_of(1), server_id{})), "untrusted_server");
}

}  // namespace
}  // namespace autocusto::test
