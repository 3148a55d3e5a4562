// The settings that name certificates and keys, and swanctl's folders.
#include <gmock/gmock.h>

#include "config/connection_reader.h"
#include "config/test_texts.h"

namespace keypact::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A swanctl folder with a key and certificates; what is in them does not matter here.
MemoryFiles folder(const std::string& text) {
  return {{"/etc/s/swanctl.conf", text},
          {"/etc/s/x509/moon.pem", "moon certificate"},
          {"/etc/s/x509/deep/not.pem", "not listed"},
          {"/etc/s/x509/.hidden", "not listed"},
          {"/etc/s/x509ca/ca.pem", "ca certificate"},
          {"/etc/s/x509crl/ca.crl", "crl"},
          {"/etc/s/pubkey/sun.pub", "raw key"},
          {"/etc/s/ecdsa/moon.key", "ecdsa key"},
          {"/etc/s/private/moon.key", "private key"},
          {"/etc/s/pkcs12/moon.p12", "container"},
          {"/elsewhere/ca2.pem", "other ca"}};
}

std::string told_of(const std::string& text) {
  auto files = folder(text);
  const auto loaded = load(files, "/etc/s/swanctl.conf");
  std::string all;
  for (const auto& diagnostic : loaded ? loaded->warnings : loaded.error()) all += to_string(diagnostic);
  return all;
}

std::shared_ptr<const Snapshot> snapshot_of(const std::string& text) {
  auto files = folder(text);
  const auto loaded = load(files, "/etc/s/swanctl.conf");
  EXPECT_TRUE(loaded.has_value()) << told_of(text);
  return loaded ? loaded->snapshot : std::make_shared<const Snapshot>();
}

std::vector<std::string> texts(const std::vector<CredentialFile>& files) {
  std::vector<std::string> all;
  for (const auto& file : files) all.emplace_back(as_text(file.view()));
  return all;
}

TEST(Credentials, AreReadFromSwanctlsFolders) {
  const auto snapshot = snapshot_of("secrets { ecdsa-moon { file = moon.key\n secret = \"open sesame\" } }");
  const auto& stored = *snapshot->stored;
  EXPECT_THAT(texts(stored.certificates), ElementsAre("moon certificate"));
  EXPECT_EQ(stored.certificates[0].name, "/etc/s/x509/moon.pem");
  EXPECT_EQ(stored.certificates[0].at.file, "/etc/s/x509/moon.pem");
  EXPECT_THAT(texts(stored.authorities), ElementsAre("ca certificate"));
  EXPECT_THAT(texts(stored.crls), ElementsAre("crl"));
  EXPECT_THAT(texts(stored.public_keys), ElementsAre("raw key"));
  ASSERT_EQ(stored.private_keys.size(), 2u);
  EXPECT_EQ(as_text(stored.private_keys[0].file.view()), "private key");
  EXPECT_TRUE(stored.private_keys[0].passphrase->empty());
  EXPECT_EQ(as_text(stored.private_keys[1].file.view()), "ecdsa key");
  EXPECT_EQ(as_text(stored.private_keys[1].passphrase->reveal()), "open sesame");
  EXPECT_EQ(stored.containers.size(), 1u);
}

TEST(Credentials, OfARoundAreFilesOfTheirFolderOrOctets) {
  const auto snapshot = snapshot_of(
      "connections { gw { local { certs = moon.pem, 0x3031\n auth = rsa-3072-sha256 }\n"
      "remote { cacerts = ca.pem, /elsewhere/ca2.pem\n cacert1 { file = /elsewhere/ca2.pem }\n"
      "pubkeys = sun.pub\n cert-a { file = moon.pem } }\n send_cert = always\n send_certreq = no\n ocsp = both } }");
  const auto gw = snapshot->connection("gw");
  ASSERT_NE(gw, nullptr);
  EXPECT_EQ(gw->local[0].kind, AuthKind::pubkey);
  EXPECT_EQ(gw->local[0].auth_words, "rsa-3072-sha256");
  EXPECT_THAT(texts(gw->local[0].certificates), ElementsAre("moon certificate", "01"));
  EXPECT_EQ(gw->local[0].certificates[0].at.line, 1u);
  EXPECT_EQ(gw->remote[0].auth_words, "pubkey");
  EXPECT_THAT(texts(gw->remote[0].authorities), ElementsAre("ca certificate", "other ca", "other ca"));
  EXPECT_THAT(texts(gw->remote[0].certificates), ElementsAre("moon certificate"));
  EXPECT_THAT(texts(gw->remote[0].public_keys), ElementsAre("raw key"));
  EXPECT_EQ(gw->send_cert, SendCert::always);
  EXPECT_FALSE(gw->send_certreq);
  EXPECT_EQ(gw->ocsp, OcspPayloads::both);
}

TEST(Credentials, OfAPeerMayBeInTheDnsWhereItsIdentityIsNamed) {
  const auto snapshot =
      snapshot_of("connections { gw { remote { id = sun.example\n dns_keys = secure } local { certs = moon.pem } } }");
  EXPECT_EQ(snapshot->connection("gw")->remote[0].dns_keys, DnsKeys::secure);
  EXPECT_THAT(told_of("connections { gw { local { auth = psk } remote {\n dns_keys = insecure } } }"),
              HasSubstr("with any identity everybody who has a domain would be accepted"));
  EXPECT_THAT(told_of("connections { gw { local { dns_keys = secure } remote { auth = psk } } }"),
              HasSubstr("dns_keys"));
}

TEST(Credentials, OfAConnectionAreComparedByTheirOctets) {
  const std::string text = "connections { gw { local { certs = moon.pem } remote { } } }";
  auto files = folder(text);
  const auto first = load(files, "/etc/s/swanctl.conf")->snapshot;
  auto same = folder("\n" + text);
  EXPECT_EQ(*first->connection("gw"), *load(same, "/etc/s/swanctl.conf")->snapshot->connection("gw"));
  MemoryFiles other{{"/etc/s/swanctl.conf", text},
                    {"/etc/s/x509/moon.pem", "new certificate"},
                    {"/etc/s/private/moon.key", "private key"}};
  EXPECT_NE(*first->connection("gw"), *load(other, "/etc/s/swanctl.conf")->snapshot->connection("gw"));
}

TEST(Credentials, ThatAreMissingAreToldAtTheirPlace) {
  EXPECT_EQ(told_of("connections { gw { local {\n  certs = moon.pem, sun.pem\n} remote { } } }"),
            "/etc/s/swanctl.conf:2:21: error: connections.gw.local.certs: cannot read /etc/s/x509/sun.pem\n"
            "  2 |   certs = moon.pem, sun.pem\n"
            "    |                     ^\n"
            "  rule: there is no such file\n");
  EXPECT_THAT(told_of("connections { gw { local { } remote { cacert1 { file = /nowhere } } } }"),
              HasSubstr("connections.gw.remote.cacert1.file: cannot read /nowhere"));
  EXPECT_THAT(told_of("connections { gw { local { } remote { cacert1 { } } } }"),
              HasSubstr("connections.gw.remote.cacert1 names no certificate"));
  EXPECT_THAT(told_of("connections { gw { local { } remote { certs = 0x3 } } }"),
              HasSubstr("after 0x stand pairs of hexadecimal digits"));
  EXPECT_THAT(told_of("authorities { ca { cacert = no.pem } }"), HasSubstr("cannot read /etc/s/x509ca/no.pem"));
  EXPECT_THAT(told_of("authorities { ca { crl_uris = http://x } }"), HasSubstr("authorities.ca names no certificate"));
  EXPECT_THAT(told_of("secrets { private-x { file = sun.key\n secret = x } }"),
              HasSubstr("secrets.private-x is for the file sun.key, which is not there"));
  EXPECT_THAT(told_of("secrets { private-x { secret = x } }"), HasSubstr("secrets.private-x names no file"));
}

TEST(Credentials, AreNeededToSign) {
  const std::string text = "connections {\n gw { remote { auth = psk } } }";
  EXPECT_EQ(
      told(text),
      "swanctl.conf:2:2: error: connections.gw authenticates us with auth = pubkey, and there is no private key\n"
      "  2 |  gw { remote { auth = psk } } }\n"
      "    |  ^\n"
      "  rule: our signature is made with a private key, whose certificate or public key the peer trusts\n"
      "  hint: put the key into the folder private beside swanctl.conf, and its certificate into x509, or set auth "
      "= psk in the section local\n");
  EXPECT_EQ(told_of(text), "");
}

TEST(Credentials, OfAMessageAreOctetsThatNothingIsTakenFrom) {
  const SourceFiles no_files;
  Problems problems(no_files);
  MemoryFiles folders{{"/abs.pem", "absolute"}, {"x509/rel.pem", "relative"}};
  auto files = CredentialFiles::of_message(folders, problems);
  SettingsSection message;
  SettingsSection round;
  round.name = "local";
  round.settings.push_back(Setting::list("certs", {std::string(" 0x30\0\n", 7), "abc"}));
  SettingsSection named;
  named.name = "cert1";
  named.settings.push_back(Setting::of("file", "/abs.pem"));
  round.sections.push_back(std::move(named));
  message.sections.push_back(std::move(round));
  const auto read = read_connection(message, "connections.gw", problems, files);
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(texts(read->local[0].certificates), ElementsAre(std::string(" 0x30\0\n", 7), "abc", "absolute"));
  message.sections[0].sections[0].settings[0] = Setting::of("file", "rel.pem");
  EXPECT_FALSE(read_connection(message, "connections.gw", problems, files).has_value());
}

}  // namespace
}  // namespace keypact::config
