// Links and names of servers as people paste them.
#include <string>

#include <gtest/gtest.h>

#include "shared/wire/server_name.hpp"

namespace autocusto::wire {
namespace {

const std::string k_pin(64, 'a');
const std::string k_link = "https://sync.clinic.test:8443/enroll#Co-d_e.ca:" + k_pin;

TEST(PastedLink, IsReadWithWhatCameAlong) {
  const auto good = encode(decode_enrollment_link(k_link).value());
  const std::string around[] = {" " + k_link + "\n",
                                "\u00A0" + k_link + "\u200B",
                                "<" + k_link + ">",
                                "'" + k_link + "'",
                                "\"" + k_link + "\" ",
                                k_link.substr(0, 50) + "\r\n" + k_link.substr(50),
                                k_link.substr(0, 60) + "\u00AD" + k_link.substr(60),
                                "\uFEFF" + k_link};
  for (const auto& pasted : around) {
    const auto read = decode_enrollment_link(pasted);
    ASSERT_TRUE(read) << pasted;
    EXPECT_EQ(encode(*read), good) << pasted;
  }
  std::string dashes = k_link;
  dashes.replace(dashes.find('-'), 1, "\u2011");
  EXPECT_EQ(encode(decode_enrollment_link(dashes).value()), good);
}

TEST(ServerName, IsTypedInSeveralWays) {
  struct row {
    std::string typed;
    std::string host;
    int port;
  };
  const row rows[] = {{"sync.clinic.test:8443", "sync.clinic.test", 8443},
                      {"sync.clinic.test", "sync.clinic.test", 443},
                      {" 10.0.0.5:443 ", "10.0.0.5", 443},
                      {"256.clinic.test", "256.clinic.test", 443},
                      {"[fe80::1]:8443", "fe80::1", 8443},
                      {"https://sync.clinic.test:8443/", "sync.clinic.test", 8443},
                      {k_link, "sync.clinic.test", 8443}};
  for (const auto& each : rows) {
    const auto read = read_server_name(each.typed);
    ASSERT_TRUE(read) << each.typed;
    EXPECT_EQ(read->host, each.host);
    EXPECT_EQ(read->port, each.port);
    EXPECT_EQ(read->link.has_value(), each.typed == k_link);
  }
  for (const char* odd :
       {"", " ", "https://", "[localhost:8443]", "[127.0.0.1:8443]", "a:0", "a:99999", "a:x", "a/b",
        "http://a", "a:1:2", "a@b", "https://a/enroll#", "256.1.1.1:4", "256.1.1.1", "1.2.3",
        "a.10:443", "https://256.1.1.1:4/", "10"}) {
    EXPECT_EQ(read_server_name(odd).error().code, errc::usage) << odd;
  }
}

}  // namespace
}  // namespace autocusto::wire
