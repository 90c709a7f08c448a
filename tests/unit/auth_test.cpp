// Sealed files, key bundles, challenges, rate limits, configuration: what needs no server.

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "server/app/archive.hpp"
#include "server/app/certificate.hpp"
#include "server/app/config.hpp"
#include "server/auth/challenge.hpp"
#include "server/auth/code.hpp"
#include "server/auth/enrollment.hpp"
#include "server/auth/keys.hpp"
#include "server/auth/private_file.hpp"
#include "server/auth/rate_limit.hpp"
#include "server/auth/sealed_stream.hpp"
#include "server/auth/session.hpp"
#include "server/auth/token.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/random.hpp"
#include "tests/support/process.hpp"

namespace autocusto::auth {
namespace {

constexpr unix_millis k_now = 1'795'000'000'000;
constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;

crypto::secret passphrase(std::string_view text = "correct horse") {
  return crypto::secret::copy_of(text);
}

std::string seal(std::string_view plain) {
  return seal_whole(sealed_kind::backup, passphrase(), crypto::system_random(), plain);
}

result<std::string> open(std::string_view sealed, std::string_view with = "correct horse") {
  return open_whole(sealed_kind::backup, passphrase(with), sealed);
}

errc code(const auto& outcome) {
  return outcome ? errc::internal : outcome.error().code;
}

TEST(sealed_stream, gives_back_what_was_sealed_whatever_its_size) {
  for (const std::size_t size : {0U, 1U, 262'143U, 262'144U, 262'145U, 600'000U}) {
    std::string plain(size, '\0');
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 31 % 251);
    EXPECT_EQ(open(seal(plain)).value(), plain) << size;
  }
}

TEST(sealed_stream, tells_a_wrong_passphrase_from_damage) {
  const std::string sealed = seal("tenant");
  EXPECT_EQ(code(open(sealed, "wrong horse")), errc::wrong_passphrase);
  EXPECT_EQ(code(open("nonsense")), errc::malformed);
  EXPECT_EQ(code(open_whole(sealed_kind::keys, passphrase(), sealed)), errc::malformed);
}

/// As programs of before Argon2id sealed: one chunk under scrypt of the bytes as they came.
std::string sealed_long_ago(std::string_view plain, std::string_view with) {
  const auto number = [](std::uint64_t value, std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[size - 1 - i] = static_cast<char>(value >> (8 * i));
    return out;
  };
  const std::string salt(32, 's');
  const auto key = crypto::scrypt(with, salt, {.n = 16, .r = 1, .p = 1});
  std::string file = "ACSEALD1\2" + number(16, 8) + number(1, 4) + number(1, 4) + salt;
  file += crypto::hmac_sha256(key->view(), file).raw();
  const auto chunk = crypto::seal(crypto::hmac_sha256(key->view(), "seal").raw(),
                                  crypto::system_random(), number(0, 8) + '\1', plain);
  return file + number(chunk.size(), 4) + chunk;
}

TEST(sealed_stream, opens_what_an_older_program_sealed) {
  const std::string composed = "cora\u00E7\u00E3o", decomposed = "corac\u0327a\u0303o";
  EXPECT_EQ(open(sealed_long_ago("tenant", "1234"), "1234").value(), "tenant") << "weak, and opens";
  EXPECT_EQ(open(sealed_long_ago("tenant", composed), decomposed).value(), "tenant");
  EXPECT_EQ(open(sealed_long_ago("tenant", decomposed), decomposed).value(), "tenant");
  EXPECT_EQ(code(open(sealed_long_ago("tenant", composed), "1234")), errc::wrong_passphrase);
  const std::string of_a_file = "\xEF\xBB\xBF" + decomposed + "\r\n";
  EXPECT_EQ(open(sealed_long_ago("tenant", of_a_file), of_a_file).value(), "tenant");
  EXPECT_EQ(open(sealed_long_ago("tenant", decomposed), of_a_file).value(), "tenant");
  EXPECT_EQ(open(sealed_long_ago("tenant", composed), of_a_file).value(), "tenant");
}

TEST(sealed_stream, opens_however_the_passphrase_is_composed) {
  const auto sealed = seal_whole(sealed_kind::backup, passphrase("corac\u0327a\u0303o"),
                                 crypto::system_random(), "tenant");
  EXPECT_EQ(open(sealed, "cora\u00E7\u00E3o").value(), "tenant");
  EXPECT_EQ(open(sealed, "corac\u0327a\u0303o").value(), "tenant");
}

TEST(sealed_stream, takes_no_memory_for_a_hostile_head) {
  auto sealed = seal("tenant");
  sealed[9] = 100;  // 100 · 2^24 KiB of memory
  EXPECT_EQ(code(open(sealed)), errc::malformed);
}

TEST(sealed_stream, notices_a_changed_byte_in_every_part) {
  const std::string sealed = seal("some plain text");
  // kind, salt, check, length, nonce, ciphertext, tag
  for (const std::size_t i : {8U, 30U, 60U, 96U, 100U, 112U, 130U}) {
    ASSERT_LT(i, sealed.size());
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open(changed).has_value()) << i;
  }
}

TEST(sealed_stream, notices_a_cut_and_what_follows_the_end) {
  const std::string sealed = seal(std::string(300'000, 'x'));
  const std::size_t head = 93;
  const std::size_t chunk = 4 + 262'144 + 28;
  EXPECT_EQ(code(open(sealed.substr(0, head))), errc::malformed);
  EXPECT_EQ(code(open(sealed.substr(0, head + chunk))), errc::malformed) << "at a chunk's end";
  EXPECT_EQ(code(open(sealed.substr(0, sealed.size() - 1))), errc::malformed);
  EXPECT_EQ(code(open(sealed + "x")), errc::malformed);
  const std::string first = sealed.substr(head, chunk);
  EXPECT_EQ(code(open(sealed.substr(0, head) + first + sealed.substr(head))), errc::malformed)
      << "a chunk twice";
  EXPECT_EQ(code(open(sealed.substr(0, head) + sealed.substr(head + chunk))), errc::malformed)
      << "the first chunk is missing";
}

TEST(archive, holds_several_files) {
  std::string file;
  sealed_writer sealed(sealed_kind::backup, passphrase(), crypto::system_random(),
                       [&file](std::string_view part) { file += part; });
  app::archive_writer out(sealed);
  const std::string large(3'000'000, 'y');
  out.add("empty", "");
  out.add("large", large);
  out.add("small", "abc");
  out.finish();
  std::string_view rest = file;
  auto opened = sealed_reader::open(sealed_kind::backup, passphrase(), [&rest](std::size_t n) {
    const std::string part(rest.substr(0, n));
    rest.remove_prefix(part.size());
    return part;
  });
  app::archive_reader in(std::move(*opened));
  EXPECT_EQ(in.next().value(), "empty");
  EXPECT_EQ(in.read_all(10).value(), "");
  EXPECT_EQ(in.next().value(), "large");
  EXPECT_EQ(in.read_all(large.size()).value(), large);
  EXPECT_EQ(in.next().value(), "small");
  EXPECT_EQ(in.read_all(3).value(), "abc");
  EXPECT_EQ(in.next().value(), std::nullopt);
}

TEST(keys, survive_the_file_and_the_bundle) {
  const auto keys = make_keys(crypto::system_random(), {"localhost", "10.0.0.5"}, k_now).value();
  const test::temporary_folder folder;
  ASSERT_TRUE(save_keys(folder.path(), keys));
  struct stat info {};
  ASSERT_EQ(::stat(keys_path(folder.path()).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto loaded = load_keys(folder.path()).value();
  EXPECT_EQ(encode_keys(loaded), encode_keys(keys));
  const auto sealed = export_keys(keys, passphrase(), crypto::system_random());
  EXPECT_EQ(sealed.find(keys.leaf.private_key), std::string::npos);
  EXPECT_EQ(encode_keys(import_keys(sealed, passphrase()).value()), encode_keys(keys));
  EXPECT_EQ(code(import_keys(sealed, passphrase("wrong"))), errc::wrong_passphrase);
}

TEST(keys, two_installations_share_nothing) {
  const auto a = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const auto b = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  EXPECT_NE(a.server, b.server);
  EXPECT_FALSE(a.tenant_key == b.tenant_key);
  EXPECT_FALSE(a.server_secret == b.server_secret);
  EXPECT_NE(a.signing.public_half(), b.signing.public_half());
}

TEST(keys, a_damaged_file_is_refused_with_its_member) {
  const auto keys = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  std::string text = encode_keys(keys);
  text.replace(text.find("\"tenant_key\":\"") + 14, 2, "zz");
  const auto read = decode_keys(text);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("tenant_key"), std::string::npos);
}

TEST(keys, the_leaf_is_renewed_at_half_its_life_and_only_then) {
  auto keys = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const auto first = keys.leaf.certificate;
  EXPECT_FALSE(renew_leaf(keys, {"localhost"}, k_now + 180 * k_day).value());
  EXPECT_EQ(keys.leaf.certificate, first);
  EXPECT_TRUE(renew_leaf(keys, {"localhost"}, k_now + 183 * k_day).value());
  EXPECT_NE(keys.leaf.certificate, first);
  EXPECT_TRUE(http::key_matches(keys.leaf.certificate, keys.leaf.private_key));
  EXPECT_EQ(http::spki_sha256(http::last_certificate(keys.leaf.certificate).value()).value(),
            http::spki_sha256(keys.ca->certificate).value());
}

TEST(keys, a_leaf_covers_the_latest_time_that_clients_were_told) {
  auto keys = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const auto until = [&] { return http::certificate_not_after(keys.leaf.certificate).value(); };
  EXPECT_FALSE(renew_leaf(keys, {"localhost"}, k_now, k_now + 300 * k_day).value()) << "it does";
  // The clock was 500 days ahead, and is right again.
  EXPECT_TRUE(renew_leaf(keys, {"localhost"}, k_now, k_now + 500 * k_day).value());
  EXPECT_GT(until(), k_now + 500 * k_day);
  EXPECT_LE(http::certificate_not_before(keys.leaf.certificate).value(), k_now);
  EXPECT_FALSE(renew_leaf(keys, {"localhost"}, k_now + k_day, k_now + 500 * k_day).value());
  const auto before = until();
  EXPECT_TRUE(reissue_leaf(keys, {"localhost"}, k_now));
  EXPECT_GE(until(), before) << "nor does a later one end sooner, where the database has forgotten";
  // Beyond the authority's life nothing can be issued; what there is, is not issued again and
  // again.
  const auto end = http::certificate_not_after(keys.ca->certificate).value();
  EXPECT_TRUE(renew_leaf(keys, {"localhost"}, k_now, end + 900 * k_day).value());
  EXPECT_LE(until(), end);
  EXPECT_GT(until(), end - 2 * k_day);
  EXPECT_FALSE(renew_leaf(keys, {"localhost"}, k_now + k_day, end + 900 * k_day).value());
}

TEST(keys, the_link_pins_the_signing_key_and_the_ca_if_there_is_one) {
  const auto own = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  auto link = wire::decode_enrollment_link(enrollment_link(own, "localhost", 8443, "c0de")).value();
  EXPECT_TRUE(link.pin_is_ca);
  EXPECT_EQ(link.pin, http::spki_sha256(own.ca->certificate).value().raw());
  EXPECT_EQ(link.key_pin, crypto::sha256(own.signing.public_half().raw()).raw());
  const auto given = make_keys(crypto::system_random(), own.leaf).value();
  link = wire::decode_enrollment_link(enrollment_link(given, "localhost", 8443, "c0de")).value();
  EXPECT_FALSE(link.pin_is_ca);
  EXPECT_EQ(link.pin, crypto::sha256(given.signing.public_half().raw()).raw());
  EXPECT_EQ(link.key_pin, "");
  EXPECT_TRUE(wire::decode_trust(trust_object(given).object)->roots.empty());
}

TEST(keys, a_certificate_must_fit_its_key) {
  const auto a = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const auto b = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  EXPECT_EQ(code(make_keys(crypto::system_random(), {a.leaf.certificate, b.leaf.private_key})),
            errc::usage);
}

TEST(certificate, given_files_are_read_again_and_a_broken_pair_changes_nothing) {
  auto keys = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const auto other = make_keys(crypto::system_random(), {"localhost"}, k_now).value();
  const test::temporary_folder folder;
  app::config settings;
  settings.certificate_file = folder / "cert.pem";
  settings.key_file = folder / "key.pem";
  const auto put = [](const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_private_file(path, text));
  };
  put(settings.certificate_file, other.leaf.certificate);
  put(settings.key_file, keys.leaf.private_key);
  EXPECT_EQ(code(look_after_certificate(folder.path(), settings, keys, k_now, 0)), errc::usage);
  put(settings.key_file, other.leaf.private_key);
  EXPECT_TRUE(look_after_certificate(folder.path(), settings, keys, k_now, 0).value());
  EXPECT_EQ(keys.leaf.certificate, other.leaf.certificate);
  EXPECT_FALSE(look_after_certificate(folder.path(), settings, keys, k_now, 0).value());
  EXPECT_EQ(load_keys(folder.path())->leaf.certificate, other.leaf.certificate);
}

TEST(session_token, proves_that_this_installation_made_it) {
  auto& random = crypto::system_random();
  const auto keys = make_keys(random, {"localhost"}, k_now).value();
  const token_mint mint(keys);
  const auto token = mint.make(random);
  EXPECT_EQ(token.size(), 64U);
  EXPECT_NE(token, mint.make(random));
  EXPECT_TRUE(mint.genuine(token));
  const auto reloaded = decode_keys(encode_keys(keys)).value();
  EXPECT_TRUE(token_mint(reloaded).genuine(token)) << "after a restart, and in another process";
  const auto others = make_keys(random, {"localhost"}, k_now).value();
  EXPECT_FALSE(token_mint(others).genuine(token));
}

TEST(session_token, that_was_invented_or_touched_is_none) {
  auto& random = crypto::system_random();
  const auto keys = make_keys(random, {"localhost"}, k_now).value();
  const token_mint mint(keys);
  const auto token = mint.make(random);
  const auto raw = from_base64url(token).value();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    auto touched = raw;
    touched[bit / 8] = static_cast<char>(touched[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(mint.genuine(to_base64url(touched))) << bit;
  }
  const std::string bad[] = {"",
                             "x",
                             token.substr(1),
                             token + "A",
                             token.substr(0, 60),
                             std::string(64, 'A'),
                             std::string(64, '='),
                             "*" + token.substr(1),
                             to_base64url(raw.substr(0, 32)),
                             to_base64url(random.bytes(32)),
                             to_base64url(random.bytes(48))};
  for (const auto& text : bad) EXPECT_FALSE(mint.genuine(text)) << text.size();
}

TEST(enrollment_code, proves_that_this_installation_made_it) {
  auto& random = crypto::system_random();
  const auto keys = make_keys(random, {"localhost"}, k_now).value();
  const code_mint mint(keys);
  const auto code = mint.make(random);
  EXPECT_EQ(code.size(), 32U) << "as long as those of releases before: links keep their length";
  EXPECT_NE(code, mint.make(random));
  EXPECT_EQ(mint.make_from(std::string(16, 'a')), mint.make_from(std::string(16, 'a') + "more"));
  EXPECT_TRUE(code_mint(decode_keys(encode_keys(keys)).value()).genuine(code));
  EXPECT_FALSE(code_mint(make_keys(random, {"localhost"}, k_now).value()).genuine(code));
  const auto raw = from_base64url(code).value();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    auto touched = raw;
    touched[bit / 8] = static_cast<char>(touched[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(mint.genuine(to_base64url(touched))) << bit;
  }
  const std::string bad[] = {
      "", "x", code.substr(1), code + "A", std::string(32, '='), to_base64url(random.bytes(24))};
  for (const auto& text : bad) EXPECT_FALSE(mint.genuine(text)) << text;
}

TEST(challenge, is_for_one_device_and_sixty_seconds) {
  auto& random = crypto::system_random();
  const auto keys = make_keys(random, {"localhost"}, k_now).value();
  const auto device = random.make<device_id>();
  const auto use = challenge_use::session;
  const auto made = new_challenge(keys, random, k_now, use, device.raw());
  struct row {
    unix_millis at;
    bool good;
  };
  for (const row& r : {row{k_now, true},
                       {k_now + 59'999, true},
                       {k_now + 60'000, false},
                       {k_now - 4'000, true},
                       {k_now - 6'000, false}}) {
    EXPECT_EQ(challenge_valid(keys, r.at, use, device.raw(), made), r.good) << r.at - k_now;
  }
  EXPECT_FALSE(challenge_valid(keys, k_now, use, random.make<device_id>().raw(), made));
  EXPECT_FALSE(challenge_valid(keys, k_now, challenge_use::enrollment, device.raw(), made));
  const auto others = make_keys(random, {"localhost"}, k_now).value();
  EXPECT_FALSE(challenge_valid(others, k_now, use, device.raw(), made));
  std::string forged = from_base64url(made).value();
  forged[7] = static_cast<char>(forged[7] ^ 1);
  EXPECT_FALSE(challenge_valid(keys, k_now, use, device.raw(), to_base64url(forged)));
}

TEST(failure_limit, lets_a_burst_fail_and_forgives_with_time) {
  failure_limit limit({.burst = 3, .token_every = 1000, .peers = 100});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(limit.allowed("a", k_now));
    limit.failed("a", k_now);
  }
  EXPECT_FALSE(limit.allowed("a", k_now));
  EXPECT_TRUE(limit.allowed("b", k_now)) << "others are not held responsible";
  EXPECT_FALSE(limit.allowed("a", k_now + 999));
  EXPECT_TRUE(limit.allowed("a", k_now + 1000));
  EXPECT_FALSE(limit.allowed("a", k_now - 900)) << "another thread's clock forgives nothing";
  EXPECT_TRUE(limit.allowed("a", k_now - 1'000'000)) << "a clock that was ahead keeps nobody out";
}

TEST(failure_limit, remembers_a_bounded_number_of_peers) {
  failure_limit limit({.burst = 1, .token_every = 1000, .peers = 2});
  limit.failed("a", k_now);
  limit.failed("b", k_now + 1);
  limit.failed("c", k_now + 2);
  EXPECT_TRUE(limit.allowed("a", k_now + 3)) << "the oldest was forgotten";
  EXPECT_FALSE(limit.allowed("b", k_now + 3));
  EXPECT_FALSE(limit.allowed("c", k_now + 3));
}

TEST(email, must_look_like_one) {
  for (const char* good :
       {"a@b", "Ana_2@CLINICA.com.br", "first.last+tag@example.org", "o'neil@x-1.org"}) {
    EXPECT_TRUE(plausible_email(good)) << good;
  }
  for (const char* bad :
       {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "system", "a@\xFF",
        // C1, bidi override, zero width space, soft hyphen, line separator
        "a@b\u0085", "a\u202E@b", "a\u200B@b", "a@\u00ADb", "a@b\u2028",
        // no-break space, NFD, joiner, filler, variation selector
        "a@b\u00A0", "a\u00A0@b", "joa\u0303o@b", "a\u200D@b", "a\u3164@b", "a\uFE0F@b",
        "a\uE000@b",
        // letters that look like a and i: full width, IPA, without a dot, Cyrillic
        "\uFF41na@c.example", "\u0251na@c.example", "an\u0131@c.example", "\u0430na@c.example",
        "joão@clinica.br", "ana@cl\u00EDnica.br",
        // domains and local parts that are none
        "ana@c.example.", "bia@c..example", "ana@.c.example", "ana@-c.example", "ana@c-.example",
        "ana@c_d.example", "ana@1.2.3.4", "ana@b.", "<bia@c.example>", "bia@c.example>",
        "\"bia\"@c.example", "bia,ana@c.example", "bia;ana@c.example", "bia(x)@c.example",
        "mailto:bia@c.example", "bia\\@c.example", "bia[1]@c.example", ".bia@c.example",
        "bia.@c.example", "b..ia@c.example"}) {
    EXPECT_FALSE(plausible_email(bad)) << bad;
  }
  EXPECT_FALSE(plausible_email(std::string(250, 'a') + "@b.cd"));
}

TEST(listen_address, is_read_and_written) {
  using app::parse_listen;
  EXPECT_EQ(parse_listen("127.0.0.1:80").value(), (app::listen_address{"127.0.0.1", 80}));
  EXPECT_EQ(parse_listen("[::1]:8443").value(), (app::listen_address{"::1", 8443}));
  EXPECT_EQ(app::listen_text({"::1", 8443}), "[::1]:8443");
  for (const char* bad : {"", "80", "localhost:80", "127.0.0.1", "127.0.0.1:70000", "1.2.3.4:x",
                          "::1:80", "[::1]", "[::1]80"}) {
    EXPECT_EQ(code(parse_listen(bad)), errc::usage) << bad;
  }
  EXPECT_TRUE(app::is_loopback({"127.1.2.3", 1}));
  EXPECT_TRUE(app::is_loopback({"::1", 1}));
  EXPECT_FALSE(app::is_loopback({"0.0.0.0", 1}));
  EXPECT_FALSE(app::is_loopback({"::", 1}));
}

TEST(public_name, may_carry_a_port) {
  EXPECT_EQ(app::parse_name("sync.example.org")->port, 0);
  EXPECT_EQ(app::parse_name("sync.example.org:443")->port, 443);
  EXPECT_EQ(app::parse_name("10.0.0.5:443")->host, "10.0.0.5");
  EXPECT_EQ(app::parse_name("[fe80::1]:443")->host, "fe80::1");
  EXPECT_EQ(app::parse_name("256.example.org")->host, "256.example.org");
  EXPECT_EQ(app::parse_name("1a")->host, "1a");
  for (const char* bad : {"", "a b", "a:b", "https://a", "a/b", "á.org", "host:0", "10.0.0.5:0",
                          "[fe80::1]:0", "256.1.1.1", "256.1.1.1:443", "1.2.3", "10", "a.1"}) {
    EXPECT_EQ(code(app::parse_name(bad)), errc::usage) << bad;
  }
}

TEST(config, survives_its_file_and_refuses_nonsense) {
  app::config made;
  made.names = {"a.example.org", "10.0.0.5"};
  made.port = 443;
  made.listen = {"127.0.0.1", 8443};
  made.certificate_file = "/etc/cert.pem";
  made.key_file = "/etc/key.pem";
  const auto read = app::decode_config(app::encode_config(made)).value();
  EXPECT_EQ(app::encode_config(read), app::encode_config(made));
  made.database = "mysql://x";
  EXPECT_EQ(code(app::decode_config(app::encode_config(made))), errc::usage);
  made.database = "sqlite";
  made.names.clear();
  EXPECT_EQ(code(app::decode_config(app::encode_config(made))), errc::usage);
  EXPECT_FALSE(app::decode_config("{}").has_value());
}

TEST(config, names_the_limits_that_are_others_than_the_defaults) {
  app::config made;
  made.names = {"a.example.org"};
  EXPECT_EQ(app::encode_config(made).find("limits"), std::string::npos);
  made.limits.pushes_per_minute.device = 5;
  made.limits.connections = {.device = 7, .user = 8, .address = 0};
  made.limits.connections_without_token.address = 9;
  EXPECT_EQ(app::decode_config(app::encode_config(made))->limits, made.limits);
  const auto with = [](const std::string& limits) {
    return app::decode_config(
        R"({"v":1,"database":"sqlite","names":["a"],"port":1,"listen":"127.0.0.1:1","limits":)" +
        limits + "}");
  };
  EXPECT_EQ(with("{}")->limits, limits::usage_settings{});
  for (const char* wrong :
       {"7", R"({"pushes_per_minute":7})", R"({"pushes_per_minute":{"device":-1}})",
        R"({"pushes_per_hour":{"device":7}})", R"({"pushes_per_minute":{"laptop":7}})",
        R"({"failed_tokens_per_minute":{"device":7}})"}) {
    EXPECT_EQ(code(with(wrong)), errc::usage) << wrong;
  }
}

TEST(private_file, replaces_as_a_whole_and_says_what_failed) {
  const test::temporary_folder folder;
  ASSERT_TRUE(write_private_file(folder / "f", "one"));
  ASSERT_TRUE(write_private_file(folder / "f", "two"));
  EXPECT_EQ(read_file(folder / "f", 3).value(), "two");
  EXPECT_EQ(code(read_file(folder / "f", 2)), errc::too_large);
  EXPECT_EQ(code(read_file(folder / "none", 2)), errc::not_found);
  EXPECT_EQ(code(write_private_file(folder / "no/f", "x")), errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder / "f.new"));
}

}  // namespace
}  // namespace autocusto::auth
