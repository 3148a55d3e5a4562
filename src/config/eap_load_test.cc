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

std::string with_radius(std::string_view remote, std::string_view radius, std::string_view local = "psk") {
  return "connections { gw { local { auth = " + std::string(local) +
         "\n id = us } remote { auth = " + std::string(remote) +
         "\n eap_id = %any } } }\n secrets { ike-1 { secret = \"a key of decent length, for us\" } }\n" +
         std::string(radius);
}

TEST(Load, ReadsRadiusServersInTheirOrder) {
  const auto loaded = load_text(with_radius("eap-radius",
                                            "radius { z { address = 192.0.2.1\n secret = \"Zq7x!kk0VbW3mPd9\" }\n"
                                            "a { address = 2001:db8::1\n auth_port = 1645\n secret = "
                                            "0x00112233445566778899aabbccddeeff\n nas_identifier = hq } }"));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(loaded->snapshot->connection("gw")->remote.front().by_radius);
  const auto& servers = loaded->snapshot->radius_servers;
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0]->to_string(), "z (192.0.2.1:1812)");
  EXPECT_EQ(servers[0]->nas_identifier, "keypact");
  EXPECT_EQ(servers[1]->to_string(), "a ([2001:db8::1]:1645)");
  EXPECT_EQ(servers[1]->secret.size(), 16U);
  EXPECT_EQ(servers[1]->nas_identifier, "hq");
}

TEST(Load, SaysWhatIsWrongWithRadius) {
  const auto says = [](std::string_view radius) { return told(with_radius("eap-radius", radius)); };
  EXPECT_THAT(says(""), HasSubstr("connections.gw has auth = eap-radius, and there is no RADIUS server"));
  EXPECT_THAT(says("radius { }"), HasSubstr("there is no RADIUS server"));
  EXPECT_THAT(says("radius { m { secret = \"Zq7x!kk0VbW3mPd9\" } }"), HasSubstr("radius.m has no address"));
  EXPECT_THAT(says("radius { m { address = 192.0.2.1 } }"), HasSubstr("radius.m has no secret"));
  EXPECT_THAT(says("radius { m { address = 192.0.2.1\n secret = testing123 } }"), HasSubstr("can be guessed"));
  EXPECT_THAT(
      told(with_radius("psk", "radius { m { address = 192.0.2.1\n secret = \"Zq7x!kk0VbW3mPd9\" } }", "eap-radius")),
      HasSubstr("a gateway asks a RADIUS server"));
}

TEST(Load, QuotesNoSecretOfARadiusServer) {
  for (const auto* wrong : {"adress = 192.0.2.1", "address = nonsense", "auth_port = 99999"}) {
    const auto said =
        told(with_radius("eap-radius", "radius { m { secret = \"Zq7x!kk0VbW3mPd9\"\n" + std::string(wrong) + " } }"));
    EXPECT_THAT(said, HasSubstr("error")) << wrong;
    EXPECT_THAT(said, Not(HasSubstr("Zq7x"))) << wrong;
  }
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
