// What a configuration says of EAP: methods, identities, passwords, and what is missing. RFC 5998 §4.
#include <gmock/gmock.h>

#include "config/test_texts.h"

namespace keypact::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Load, ReadsEapWithItsMethodIdentityAndPasswords) {
  const auto loaded = load_text(
      "connections { gw { local { auth = psk\n id = us } remote { auth = eap-26\n eap_id = *@example.org } } }\n"
      "secrets { ike-1 { secret = \"a key of decent length, for us\" }\n eap-carol { id-1 = carol@example.org\n"
      "id-2 = carol\n secret = wonderland }\n ntlm-d { id = dave\n secret = 0x00112233445566778899aabbccddeeff }\n"
      "eap-all { secret = guest } }");
  ASSERT_TRUE(loaded.has_value());
  const auto& snapshot = *loaded->snapshot;
  const auto& remote = snapshot.connection("gw")->remote.front();
  EXPECT_EQ(remote.kind, AuthKind::eap);
  EXPECT_EQ(remote.eap_types, std::vector<std::uint8_t>{26});
  EXPECT_TRUE(remote.eap_id->matches(Identification::email("carol@example.org")));
  EXPECT_FALSE(remote.eap_id->matches(Identification::email("carol@example.com")));
  EXPECT_EQ(snapshot.eap_secret("carol")->name, "eap-carol");
  EXPECT_EQ(snapshot.eap_secret("carol@example.org")->name, "eap-carol");
  EXPECT_TRUE(snapshot.eap_secret("dave")->is_nt_hash);
  EXPECT_EQ(snapshot.eap_secret("dave")->secret.size(), 16U);
  EXPECT_EQ(snapshot.eap_secret("mallory")->name, "eap-all");
}

TEST(Load, SaysWhenAPasswordOfEapIsMissing) {
  const auto client = [](std::string_view method, std::string_view secrets) {
    return told("connections { gw { local { auth = " + std::string(method) +
                "\n id = us\n eap_id = carol } remote { auth = psk\n id = them } } }\n secrets { ike-1 { secret = "
                "\"a key of decent length, for us\" } " +
                std::string(secrets) + " }");
  };
  EXPECT_THAT(client("eap-mschapv2", ""), HasSubstr("connections.gw has no password for EAP of carol"));
  EXPECT_THAT(client("eap-mschapv2", "eap-1 { id = dave\n secret = w }"), HasSubstr("no password for EAP of carol"));
  EXPECT_THAT(client("eap-ttls", "eap-1 { id = carol\n secret = w }"), Not(HasSubstr("no password")));
  EXPECT_THAT(client("eap-tls", ""), Not(HasSubstr("no password")));
  EXPECT_THAT(told("connections { gw { local { auth = psk\n id = us } remote { auth = eap-md5\n eap_id = %any } } }\n "
                   "secrets { ike-1 { secret = \"a key of decent length, for us\" } }"),
              HasSubstr("connections.gw has no password for EAP\n"));
}

/// RFC 5998 §4.
TEST(Load, TakesEapAtBothEndsByMethodsThatProveBothOnly) {
  const auto both = [](std::string_view method) {
    return told("connections { gw { local { auth = " + std::string(method) + "\n id = us } remote { auth = " +
                std::string(method) + "\n id = them } } }\n secrets { eap-1 { secret = w } }");
  };
  for (const auto* method : {"eap-mschapv2", "eap-md5", "eap-gtc"})
    EXPECT_THAT(both(method), HasSubstr("does not prove the gateway (RFC 5998 §4)")) << method;
  for (const auto* method : {"eap", "eap-dynamic", "eap-tls", "eap-ttls", "eap-peap", "eap-aka"})
    EXPECT_THAT(both(method), Not(HasSubstr("error"))) << method;
}

}  // namespace
}  // namespace keypact::config
