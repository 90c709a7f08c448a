// Pushes that were tampered with: none is accepted, and nothing moves.
//
// An honest push is changed in one of the ways that somebody might try who has an enrolled laptop
// and its key, or who has got hold of what others sent; then signed again wherever a forger could
// sign. AUTOCUSTO_FORGERIES sets how many; a failing one prints its number and seed.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

#include <gtest/gtest.h>

#include "server/store/settings.hpp"
#include "server/store/views.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;
using wire::push_object;
using wire::push_request;

std::size_t how_many() {
  const char* wanted = std::getenv("AUTOCUSTO_FORGERIES");
  return wanted == nullptr ? 8000 : std::strtoull(wanted, nullptr, 10);
}

/// Everything that a push may change, told in few words.
struct state_of_store {
  std::int64_t versions = 0, records = 0, views = 0, items = 0;
  std::vector<std::vector<version_id>> heads;
  friend bool operator==(const state_of_store&, const state_of_store&) = default;
};

class ForgedPush : public ::testing::Test {
 protected:
  ForgedPush() { fresh(); }

  /// A new world now and then: what is refused is kept in quarantine, and that has an end.
  void fresh() {
    world.reset();
    folder = std::make_unique<temporary_folder>("forged");
    world = std::make_unique<sync_world>(store::open_sqlite(folder->path().string(), true, false));
    ana = world->add_user("ana@example.org");
    bia = world->add_user("bia@example.org");
    laptop.emplace(world->add_device(ana, "ana's"));
    second.emplace(world->add_device(ana, "ana's second"));
    foreign.emplace(world->add_device(bia, "bia's"));
    mine = laptop->version(a_patient(nth_cpf(1)));
    other_record = laptop->version(a_patient(nth_cpf(2)));
    hers = foreign->version(a_patient(nth_cpf(1)).with("rg", "da Bia"));
    her_record = foreign->version(a_patient(nth_cpf(3)));
    ASSERT_EQ(words(world->push(*laptop, {mine, other_record})), "accepted accepted");
    ASSERT_EQ(words(world->push(*foreign, {hers, her_record})), "accepted accepted");
    first_push = world->push_body(*laptop, {mine});
    before = look();
  }

  state_of_store look() {
    state_of_store now;
    world->db->read([&](store::snapshot& snapshot) {
      const auto counts = store::settings::reads(snapshot).stats();
      now = {counts.versions, counts.records, counts.open_views, counts.feed_items, {}};
      for (const auto& view : store::views::reads(snapshot).views_after(0, 1000))
        now.heads.push_back(view.state.heads);
    });
    return now;
  }

  std::uint64_t draw(std::uint64_t n) { return random() % n; }

  testing::version_builder child() {
    const char* fields[] = {"rg", "sexo", "idade"};
    return a_patient(nth_cpf(1))
        .after({&mine})
        .with(fields[draw(3)], std::to_string(draw(100)).c_str())
        .salt(draw(1'000'000));
  }

  /// A version whose header was changed after the builder was done with it.
  domain::version forged(const std::function<void(testing::version_builder&)>& change) {
    auto b = child();
    b.header().author = laptop->who.user.id;
    b.header().device = laptop->who.device.id;
    change(b);
    return b.make();
  }

  std::string body(const domain::version& v, const push_options& options = {}) {
    return world->push_body(*laptop, {v}, options);
  }
  /// A push of bytes that no builder makes, with the id that belongs to them.
  std::string body_of(const domain::version_bytes& raw) {
    auto v = forged([](auto&) {});
    v.raw = raw;
    v.id = *version_id::from_raw(crypto::sha256(raw.header).raw());
    return body(v);
  }

  static std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    if (at != std::string::npos) text.replace(at, what.size(), by);
    return text;
  }

  std::string forged_people();
  std::string forged_graph();
  std::string forged_bytes();
  std::string forged_signature();
  std::string forged_fields();
  std::string noise();
  std::string one();

  std::unique_ptr<temporary_folder> folder;
  std::unique_ptr<sync_world> world;
  store::user_row ana, bia;
  std::optional<sync_device> laptop, second, foreign;
  domain::version mine, other_record, hers, her_record;
  std::string first_push;
  state_of_store before;
  std::mt19937_64 random;
};

/// Who made it, on what, and into whose view.
std::string ForgedPush::forged_people() {
  push_options options;
  switch (draw(8)) {
    case 0:
      return body(forged([&](auto& b) { b.header().author = bia.id; }));
    case 1:
      return body(forged([&](auto& b) { b.header().device = foreign->who.device.id; }));
    case 2:
      return body(forged([&](auto& b) { b.header().device = second->who.device.id; }));
    case 3:  // as if it were an automatic merge
      return body(forged([&](auto& b) {
        b.header().author = system_user();
        b.header().device = merge_device();
      }));
    case 4:
      options.change_object = [&](push_object& o) { o.actor = bia.id; };
      return body(forged([](auto&) {}), options);
    case 5:  // into somebody else's view
      options.owner = bia.id;
      options.expect_heads = std::vector{hers.id};
      return body(forged([](auto&) {}), options);
    case 6:
      options.change_object = [&](push_object& o) { o.device = foreign->who.device.id; };
      return body(forged([](auto&) {}), options);
    default:  // somebody else's version, word for word
      return body(draw(2) == 0 ? hers : her_record);
  }
}

/// Parents, generation, record.
std::string ForgedPush::forged_graph() {
  switch (draw(8)) {
    case 0:
      return body(forged(
          [&](auto& b) { b.header().generation += 1 + static_cast<std::int64_t>(draw(5)); }));
    case 1:
      return body(forged([&](auto& b) { b.header().generation = 1; }));
    case 2:  // of another record
      return body(forged([&](auto& b) { b.header().parents = {other_record.id}; }));
    case 3:  // of the same record, but in nobody's view but hers
      return body(forged([&](auto& b) { b.header().parents = {hers.id}; }));
    case 4:  // of nobody
      return body(forged(
          [&](auto& b) { b.header().parents = {testing::nth<version_id>(1 + draw(1000))}; }));
    case 5:
      return body(forged([&](auto& b) {
        b.header().parents = {mine.id, hers.id};
        std::sort(b.header().parents.begin(), b.header().parents.end());
      }));
    case 6:  // a child of hers, in her record
      return body(forged([&](auto& b) {
        b.header().record = her_record.header.record;
        b.payload().key = her_record.payload.key;
        b.header().parents = {her_record.id};
      }));
    default:  // another user's record under our key
      return body(forged([&](auto& b) { b.header().record.id = her_record.header.record.id; }));
  }
}

/// Bytes that are not what they should be.
std::string ForgedPush::forged_bytes() {
  auto v = forged([](auto&) {});
  const auto twice = [](const std::string& object, const std::string& member) {
    return object.substr(0, object.size() - 1) + "," + member + "}";
  };
  switch (draw(9)) {
    case 0:  // a payload that its header does not name
      v.raw.payload = replaced(v.raw.payload, "Jo", "Zo");
      return body(v);
    case 1:  // a header that the push does not name
      v.raw.header = replaced(v.raw.header, "\"generation\":2", "\"generation\":3");
      return body(v);
    case 2:  // two meanings under one hash
      return body_of({twice(v.raw.header, "\"generation\":9"), v.raw.payload});
    case 3:
      return body_of({twice(v.raw.header, "\"zzz\":1"), v.raw.payload});
    case 4:
      return body_of({replaced(v.raw.header, ":", ": "), v.raw.payload});
    case 5:
      return body_of({replaced(v.raw.header, "\"v\":1", "\"v\":2"), v.raw.payload});
    case 6:
      return body_of({replaced(v.raw.header, "\"active\"", "\"archived\""), v.raw.payload});
    case 7:
      return body_of({replaced(v.raw.header, "patient", "clinic"), v.raw.payload});
    default:
      return body_of({replaced(v.raw.header, mine.id.text() + "\"",
                               mine.id.text() + "\",\"" + mine.id.text() + "\""),
                      v.raw.payload});
  }
}

/// What is signed, by whom, for what.
std::string ForgedPush::forged_signature() {
  const auto v = forged([](auto&) {});
  push_options options;
  const auto sign_as = [&](const sync_device& who, const char* purpose) {
    options.change_request = [&who, purpose](push_request& r) {
      r.object.signature =
          crypto::sign(who.key, crypto::purpose_message(purpose, r.object.object)).raw();
    };
    return body(v, options);
  };
  switch (draw(9)) {
    case 0:
      options.change_request = [&](push_request& r) {
        r.object.signature[draw(64)] ^= static_cast<char>(1 << draw(8));
      };
      return body(v, options);
    case 1:
      return sign_as(*foreign, "push");
    case 2:
      return sign_as(*second, "push");
    case 3:  // a signature made for something else
      return sign_as(*laptop, draw(2) == 0 ? "session" : "act");
    case 4:  // meant for another server
      options.change_object = [](push_object& o) { o.server = testing::nth<server_id>(9); };
      return body(v, options);
    case 5:  // what was signed names less or more than is sent
      options.change_request = [&](push_request& r) {
        if (draw(2) == 0) {
          r.versions.clear();
        } else {
          r.versions.push_back(r.versions.front());
        }
      };
      return body(v, options);
    case 6:  // an object with two meanings
      options.change_request = [&](push_request& r) {
        auto& o = r.object.object;
        o = o.substr(0, o.size() - 1) + ",\"versions\":[\"" + v.id.text() + "\"]}";
        r.object.signature = crypto::sign(laptop->key, crypto::purpose_message("push", o)).raw();
      };
      return body(v, options);
    case 7:  // an id that was used
      options.id = laptop->last_push;
      return body(v, options);
    default:  // an older chain of pushes
      options.prev_push = draw(2) == 0 ? std::optional<push_id>()
                                       : std::optional(testing::nth<push_id>(draw(1000)));
      return body(v, options);
  }
}

/// Fields that no form lets through.
std::string ForgedPush::forged_fields() {
  switch (draw(7)) {
    case 0:
      return body(forged([](auto& b) { b.payload().fields["inventado"] = std::string("x"); }));
    case 1:
      return body(forged([](auto& b) { b.payload().fields.erase("peso"); }));
    case 2:
      return body(forged([](auto& b) { b.payload().fields["peso"] = true; }));
    case 3:
      return body(forged([](auto& b) { b.payload().fields["rg"] = std::string(101, 'x'); }));
    case 4:
      return body(forged([](auto& b) { b.payload().fields["nome_paciente"] = std::string(); }));
    case 5:  // a new record under a key that is no CPF
      return body(forged([&](auto& b) {
        b.payload().key = "1234567890" + std::to_string(draw(9));
        b.header().record.id =
            domain::make_record_id(world->keys.tenant_key, "patient", b.payload().key);
        b.header().parents.clear();
        b.header().generation = 1;
        if (b.payload().key == "12345678909") b.payload().key = "1";
      }));
    default:
      return body(forged([](auto& b) { b.payload().summary = std::string(501, 's'); }));
  }
}

/// An honest body with some bytes changed; empty when it still says the same.
std::string ForgedPush::noise() {
  const auto honest = body(forged([](auto&) {}));
  auto text = honest;
  for (std::uint64_t i = 0, edits = 1 + draw(4); i < edits; ++i) {
    const auto at = draw(text.size());
    switch (draw(4)) {
      case 0:
        text[at] = static_cast<char>(draw(256));
        break;
      case 1:
        text.erase(at, 1 + draw(8));
        break;
      case 2:
        text.insert(at, text.substr(draw(text.size()), 1 + draw(20)));
        break;
      default:
        std::swap(text[at], text[draw(text.size())]);
    }
    if (text.empty()) return {};
  }
  const auto was = wire::decode_push_request(honest).value();
  const auto is = wire::decode_push_request(text);
  if (!is || is->versions.size() != was.versions.size()) return text;
  const auto& a = is->versions[0].raw;
  const auto& b = was.versions[0].raw;
  const bool same = is->object.object == was.object.object &&
                    is->object.signature == was.object.signature && a.header == b.header &&
                    a.payload == b.payload;
  return same ? std::string() : text;
}

std::string ForgedPush::one() {
  switch (draw(6)) {
    case 0:
      return forged_people();
    case 1:
      return forged_graph();
    case 2:
      return forged_bytes();
    case 3:
      return forged_signature();
    case 4:
      return forged_fields();
    default:
      return noise();
  }
}

TEST_F(ForgedPush, NoneIsAccepted) {
  constexpr std::size_t k_world = 4000;
  constexpr std::size_t k_look = 100;
  const auto count = how_many();
  std::map<std::string, std::size_t> why;
  for (std::size_t i = 0; i < count; ++i) {
    random.seed(i);
    if (i % k_world == k_world - 1) {
      ASSERT_EQ(look(), before);
      ASSERT_TRUE(world->verify().clean());
      ASSERT_EQ(words(world->push(*laptop, {laptop->version(child())})), "accepted");
      fresh();
    }
    const auto sent = one();
    if (sent.empty()) continue;
    const auto answer = world->pushes.push(laptop->who, sent);
    if (answer.refusal) {
      ++why[std::string(code_name(answer.refusal->code))];
    } else {
      for (const auto& line : world->lines(answer)) {
        ASSERT_EQ(line.outcome, wire::push_outcome::refused) << "forgery " << i << ": " << sent;
        ++why[line.code];
      }
      laptop->last_push =
          wire::decode_receipt_object(wire::decode_push_answer(answer.body).value().object)
              .value()
              .id;
    }
    if (i % k_look == 0) {
      ASSERT_EQ(look(), before) << "before forgery " << i;
    }
  }
  EXPECT_EQ(look(), before);
  EXPECT_EQ(words(world->push(*laptop, {laptop->version(child())})), "accepted");
  for (const auto& [code, times] : why) std::cout << code << ' ' << times << '\n';
  EXPECT_GE(why.size(), 12U) << "the forgeries do not reach most of the checks";
}

}  // namespace
}  // namespace autocusto::test
