#include <gmock/gmock.h>

#include "base/limits.h"
#include "eap/test_conversation.h"
#include "eap/test_tls.h"
#include "eap/tls_fragments.h"

namespace keypact::eap {
namespace {

using testing::HasSubstr;

class EapTls : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] TlsWorld world() const { return TlsWorld(GetParam()); }
};

TEST_P(EapTls, BothProveThemselvesByCertificatesAndHaveTheSameKey) {
  auto both = world().conversation(Method::TLS);
  both->run();
  both->expect_success(Method::TLS, "carol@strongswan.org");
}

TEST_P(EapTls, FlightsAreCutIntoFragmentsOfEverySize) {
  for (const std::size_t octets : {200, 500, 1024, 16384}) {
    auto world_of_size = world();
    world_of_size.fragment_octets = octets;
    auto both = world_of_size.conversation(Method::TLS);
    both->run();
    both->expect_success(Method::TLS, "carol@strongswan.org");
    for (const auto& packet : both->packets) EXPECT_LE(packet.size(), octets + 10);
  }
}

TEST_P(EapTls, AnonymousPeerIsWhoItsCertificateSays) {
  for (const std::string_view identity : {"", "@strongswan.org"}) {
    auto one = world();
    one.identity = identity;
    auto both = one.conversation(Method::TLS);
    both->run();
    both->expect_success(Method::TLS, "carol@strongswan.org");
  }
}

TEST_P(EapTls, DistinguishedNameIsAnIdentityToo) {
  auto one = world();
  one.identity = "CN=carol";
  auto both = one.conversation(Method::TLS);
  both->run();
  both->expect_success(Method::TLS, "CN=carol");
}

TEST_P(EapTls, F06_PrincipalNameOfWindowsIsAnIdentityOfItsOwnerOnly) {
  auto one = world();
  one.carol = pki::issued_by(
      one.authority,
      pki::wanted_leaf("CN=carol", {{"subjectAltName", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:carol@corp.example"}}));
  for (const std::string_view identity : {"carol@corp.example", "Carol@CORP.example", "@corp.example"}) {
    one.identity = identity;
    auto both = one.conversation(Method::TLS);
    both->run();
    both->expect_success(Method::TLS, identity.starts_with('@') ? "carol@corp.example" : identity);
  }
  for (const std::string_view identity : {"dave@corp.example", "carol@corp.example.org", "carol"}) {
    one.identity = identity;
    auto both = one.conversation(Method::TLS);
    both->run();
    EXPECT_TRUE(both->server_failed) << identity;
  }
}

TEST_P(EapTls, F06_CertificateOfOneDoesNotOpenTheIdentityOfAnother) {
  auto one = world();
  one.identity = "dave@strongswan.org";
  auto both = one.conversation(Method::TLS);
  both->run();
  ASSERT_TRUE(both->server_failed && both->client_failed);
  EXPECT_EQ(both->server_failed->refusal.reason, Reason::peer_not_authenticated);
  EXPECT_THAT(both->server_failed->refusal.sentence,
              HasSubstr("it does not speak for \"dave@strongswan.org\", but for CN=carol, carol@strongswan.org"));
  EXPECT_THAT(both->client_failed->refusal.sentence, HasSubstr("the server ended TLS with the alert"));
}

TEST_P(EapTls, A17_A18_IdentitiesThatLookLikeDerMatchNothing) {
  auto one = world();
  const auto subject = to_octets(one.carol.certificate().subject_der());
  for (std::size_t octets = 1; octets <= subject.size(); ++octets) {
    one.identity = as_text(OctetView(subject).first(octets));
    auto both = one.conversation(Method::TLS);
    both->run();
    EXPECT_EQ(both->server_succeeded.has_value(), octets == subject.size()) << octets;
  }
  // Unterminated, and longer than what is there.
  for (const std::string_view identity : {"\x30", "\x31\xff", "\x30\x84\xff\xff\xff\xff", "0\x80"}) {
    one.identity = identity;
    auto both = one.conversation(Method::TLS);
    both->run();
    ASSERT_TRUE(both->server_failed);
    EXPECT_EQ(both->server_failed->refusal.reason, Reason::peer_not_authenticated);
  }
}

TEST_P(EapTls, F07_ClientCertificatesThatAreNotTrustedAreRefused) {
  auto one = world();
  const auto refused = [&](const pki::Issued& carol, std::string_view why) {
    one.carol = carol;
    auto both = one.conversation(Method::TLS);
    both->run();
    ASSERT_TRUE(both->server_failed && both->client_failed) << why;
    EXPECT_EQ(both->server_failed->refusal.reason, Reason::peer_not_authenticated);
    EXPECT_THAT(both->server_failed->refusal.sentence, HasSubstr(why));
  };
  auto wanted = TlsWorld::wanted_carol();
  refused(pki::self_signed(wanted), "it is signed by itself and the configuration does not trust it");
  refused(pki::issued_by(pki::self_signed(pki::wanted_ca("CN=Other CA")), wanted), "no certificate of its issuer");
  wanted.not_after = pki::kTestNow - 1;
  refused(pki::issued_by(one.authority, wanted), "it has expired");
  wanted = TlsWorld::wanted_carol();
  wanted.extensions.emplace_back("extendedKeyUsage", "serverAuth");
  refused(pki::issued_by(one.authority, wanted), "its extended key usage is not that of a client");
}

TEST_P(EapTls, ClientRefusesAServerThatIsNotTheOneItWants) {
  auto one = world();
  one.server_name = "sun.strongswan.org";
  auto both = one.conversation(Method::TLS);
  both->run();
  ASSERT_TRUE(both->server_failed && both->client_failed);
  EXPECT_EQ(both->client_failed->refusal.reason, Reason::server_not_authenticated);
  EXPECT_THAT(both->client_failed->refusal.sentence,
              HasSubstr("it does not speak for \"sun.strongswan.org\", but for CN=moon, moon.strongswan.org"));
  EXPECT_EQ(both->server_failed->refusal.reason, Reason::refused_by_peer);
}

TEST_P(EapTls, ClientWithoutACertificateIsRefused) {
  auto one = world();
  one.client_shows_certificate = false;
  auto both = one.conversation(Method::TLS);
  both->run();
  ASSERT_TRUE(both->client_failed);
  EXPECT_EQ(both->client_failed->refusal.reason, Reason::not_available);
  EXPECT_THAT(both->client_failed->refusal.sentence, HasSubstr("no certificate with a private key names us"));
}

TEST_P(EapTls, F02_EarlyEapSuccessIsRefusedAtEveryPoint) {
  const auto whole = world().conversation(Method::TLS);
  whole->run();
  const std::size_t requests = whole->packets.size() / 2;
  for (std::size_t at = 0; at <= requests; ++at) {
    auto both = world().conversation(Method::TLS);
    std::size_t seen = 0;
    both->between = [&](Octets packet) {
      if (packet[0] != 1) return packet;
      return seen++ == at ? encode_result(Code::Success, packet[1]) : packet;
    };
    both->run();
    // The last request of TLS 1.2 is its Finished; without it nothing is proven either.
    EXPECT_EQ(both->client_succeeded.has_value(), at == requests) << at << " of " << requests;
  }
}

TEST_P(EapTls, F07_AnythingOfTlsAfterTheHandshakeEndsIt) {
  auto both = world().conversation(Method::TLS);
  std::size_t replaced = 0;
  const auto whole = world().conversation(Method::TLS);
  whole->run();
  std::size_t responses = 0;
  both->between = [&](Octets packet) {
    if (packet[0] != 2 || ++responses != whole->packets.size() / 2) return packet;
    ++replaced;
    // A handshake record in clear where the last acknowledgement belongs.
    return encode_response(packet[1], Method::TLS, *from_hex("00 16 0303 0004 00000000"));
  };
  both->run();
  EXPECT_EQ(replaced, 1u);
  EXPECT_FALSE(both->server_succeeded);
}

TEST_P(EapTls, F08_F09_FlightsThatSomebodyChangedEndInARefusal) {
  SeededRandom random(7);
  for (int i = 0; i < 150; ++i) {
    auto both = world().conversation(Method::TLS);
    const std::size_t victim = 1 + random.u32() % 8;
    std::size_t seen = 0;
    both->between = [&](Octets packet) {
      if (++seen != victim || packet.size() < 8) return packet;
      packet[5 + random.u32() % (packet.size() - 5)] ^= static_cast<std::uint8_t>(1 + random.u32() % 255);
      return packet;
    };
    both->run();
    EXPECT_TRUE(both->server_failed || both->client_failed || (both->server_succeeded && both->client_succeeded));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryVersion, EapTls, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Tls13" : "Tls12"; });

Octets hex(std::string_view text) { return *from_hex(text); }

TEST(TlsFragments, F12_LengthsThatLieAreRefused) {
  const auto refused = [](std::initializer_list<std::string_view> packets) {
    TlsFragments fragments(0, 1024);
    for (const auto packet : packets) {
      const auto received = fragments.receive(hex(packet));
      if (!received) return std::string(received.error());
    }
    return std::string();
  };
  EXPECT_EQ(refused({"c0 00000004 0102", "00 0304"}), "");
  EXPECT_EQ(refused({"80 00000002 0102"}), "");
  EXPECT_EQ(refused({"c0 00000003 0102", "00 0304"}), "sent more of a flight of TLS than it announced");
  EXPECT_EQ(refused({"c0 00000005 0102", "00 0304"}), "sent less of a flight of TLS than it announced");
  EXPECT_EQ(refused({"c0 04000000 0102"}), "announced more than 64 KiB of TLS in one flight");
  EXPECT_EQ(refused({"c0 00000004 0102", "c0 00000005 03"}), "announced two lengths for one flight of TLS");
  EXPECT_EQ(refused({"40"}), "sent a fragment of TLS without octets");
  EXPECT_EQ(refused({"40 01", "20"}), "sent a start in the middle of a flight");
  EXPECT_EQ(refused({"80 0000"}), "sent a TLS message length of less than four octets");
}

TEST(TlsFragments, F12_FlightWithoutALengthHasTheSameBound) {
  TlsFragments fragments(0, 1024);
  Octets packet(1 + 8192, 0x55);
  packet[0] = 0x40;
  for (std::size_t taken = 8192; taken <= limits::kEapTlsOctets; taken += 8192)
    ASSERT_TRUE(fragments.receive(packet).has_value());
  EXPECT_EQ(fragments.receive(packet).error(), "sent more than 64 KiB of TLS in one flight");
}

TEST(TlsFragments, AreThePartsOfTheFlight) {
  TlsFragments sender(0, 3);
  TlsFragments receiver(0, 3);
  sender.send(hex("01020304050607"));
  EXPECT_EQ(sender.next(), hex("c0 00000007 010203"));
  EXPECT_EQ(sender.next(), hex("40 040506"));
  EXPECT_EQ(sender.next(), hex("00 07"));
  EXPECT_FALSE(sender.sending());
  for (const auto* const packet : {"c0 00000007 010203", "40 040506"})
    EXPECT_EQ(receiver.receive(hex(packet))->kind, TlsFragments::Kind::more);
  EXPECT_EQ(receiver.receive(hex("00 07"))->flight, hex("01020304050607"));
}

}  // namespace
}  // namespace keypact::eap
