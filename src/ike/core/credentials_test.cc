// Credentials of configurations in swanctl's form, with the files of tests/data/credentials: made by its make.sh with OpenSSL.
#include "ike/core/credentials.h"

#include <gmock/gmock.h>

#include <fstream>

#include "config/load.h"
#include "config/memory_files.h"

namespace keypact::ike {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string data(const std::string& name) {
  std::ifstream file(std::string(KEYPACT_SOURCE_DIR) + "/tests/data/credentials/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Folder and name, and the file of the data that lies there.
using Placed = std::vector<std::pair<std::string, std::string>>;
const Placed kMoon = {{"x509/moon.pem", "moon.pem"},
                      {"x509ca/root.pem", "root.pem"},
                      {"x509/between.pem", "between.pem"},
                      {"private/moon.pem", "moon.key.pem"}};

struct Loaded {
  std::shared_ptr<const config::Snapshot> snapshot;
  std::shared_ptr<const Credentials> credentials;
  std::vector<std::string> told;  ///< errors and warnings

  [[nodiscard]] const config::AuthRound& local() const { return snapshot->connections.at(0)->local.at(0); }
  [[nodiscard]] const config::AuthRound& remote() const { return snapshot->connections.at(0)->remote.at(0); }
};

Loaded load(const std::string& text, const Placed& placed, const Credentials* before = nullptr) {
  config::MemoryFiles files{{"swanctl.conf", text}};
  for (const auto& [path, name] : placed) files.add(path, data(name));
  const auto read = config::load(files, "swanctl.conf");
  Loaded loaded;
  EXPECT_TRUE(read.has_value());
  if (!read) {
    for (const auto& diagnostic : read.error()) ADD_FAILURE() << to_string(diagnostic);
    loaded.snapshot = std::make_shared<const config::Snapshot>();
    return loaded;
  }
  loaded.snapshot = read->snapshot;
  auto made = Credentials::of(*read->snapshot, before);
  if (made) loaded.credentials = *made;
  for (const auto& diagnostic : made ? loaded.credentials->warnings() : made.error())
    loaded.told.push_back(to_string(diagnostic));
  return loaded;
}

std::string gw(const std::string& local, const std::string& remote = {}) {
  return "connections { gw {\n local {\n" + local + "\n}\n remote {\n" + remote + "\n}\n} }\n";
}

std::vector<std::string> subjects(std::span<const pki::Certificate> certificates) {
  std::vector<std::string> all;
  for (const auto& certificate : certificates) all.push_back(certificate.subject());
  return all;
}

Octets authority_of(const std::string& name) {
  return to_octets(pki::Certificate::from_pem(data(name))->front().public_key().spki_sha1());
}

TEST(Credentials, SignWithACertificateThatNamesUsAndSendTheCasBetween) {
  const auto loaded = load(gw("id = moon@example.org"), kMoon);
  ASSERT_NE(loaded.credentials, nullptr);
  EXPECT_THAT(loaded.told, IsEmpty());
  const auto signer = loaded.credentials->signer_for(loaded.local(), {});
  ASSERT_TRUE(signer.has_value()) << signer.error();
  EXPECT_EQ(signer->identity, Identification::email("moon@example.org"));
  EXPECT_THAT(subjects(signer->certificates),
              ElementsAre("C=CH, O=keypact, CN=moon", "C=CH, O=keypact, CN=between CA"));
  ASSERT_NE(loaded.credentials->private_key(signer->key.spki_sha1()), nullptr);
  EXPECT_TRUE(loaded.credentials->private_key(signer->key.spki_sha1())->matches(signer->key));
}

TEST(Credentials, SendTheChainThatStandsWithTheCertificate) {
  config::MemoryFiles files{{"swanctl.conf", gw("certs = chain.pem")},
                            {"x509/chain.pem", data("moon.pem") + data("between.pem")},
                            {"private/moon.pem", data("moon.key.pem")}};
  const auto snapshot = config::load(files, "swanctl.conf")->snapshot;
  // As in a message, where nothing of it lies in the folder.
  auto alone = std::make_shared<config::Snapshot>(*snapshot);
  auto stored = std::make_shared<config::StoredCredentials>(*snapshot->stored);
  stored->certificates.clear();
  alone->stored = stored;
  const auto credentials = Credentials::of(*alone).value();
  const auto signer = credentials->signer_for(alone->connections[0]->local[0], {});
  ASSERT_TRUE(signer.has_value()) << signer.error();
  EXPECT_THAT(subjects(signer->certificates),
              ElementsAre("C=CH, O=keypact, CN=moon", "C=CH, O=keypact, CN=between CA"));
}

TEST(Credentials, OfManyConnectionsAreSharedWhereTheySayTheSame) {
  std::string text = "connections {\n";
  for (const char* name : {"a", "b"}) text += std::string(name) + " { local { }\n remote { cacerts = root.pem } }\n";
  const auto loaded = load(text + "}", kMoon);
  const auto rules = [&](std::size_t i) {
    return loaded.credentials->rules_for(loaded.snapshot->connections[i]->remote[0]);
  };
  EXPECT_EQ(rules(0), rules(1));
}

TEST(Credentials, TakeTheSubjectForTheIdentityThatIsNotSet) {
  const auto loaded = load(gw("certs = moon.pem"), kMoon);
  const auto signer = loaded.credentials->signer_for(loaded.local(), {});
  ASSERT_TRUE(signer.has_value());
  EXPECT_EQ(signer->identity.to_string(), "C=CH, O=keypact, CN=moon");
}

TEST(Credentials, PreferACertificateUnderACaThatThePeerAsksFor) {
  auto placed = kMoon;
  placed.insert(placed.end(), {{"x509/rsa.pem", "rsa.pem"},
                               {"rsa/rsa.pem", "rsa.key.pem"},
                               {"x509ca/other.pem", "other.pem"},
                               {"x509/sun.pem", "sun.pem"},
                               {"private/sun.pem", "sun.key.pem"}});
  const auto loaded = load(gw("certs = moon.pem, sun.pem"), placed);
  const auto chosen = [&](const std::vector<Octets>& asked) {
    return loaded.credentials->signer_for(loaded.local(), asked)->certificates.front().subject();
  };
  EXPECT_EQ(chosen({}), "C=CH, O=keypact, CN=moon");
  EXPECT_EQ(chosen({authority_of("other.pem")}), "C=CH, O=keypact, CN=sun");
  EXPECT_EQ(chosen({authority_of("root.pem")}), "C=CH, O=keypact, CN=moon");
  EXPECT_EQ(chosen({Octets(20, 7)}), "C=CH, O=keypact, CN=moon");
  const auto both = load(gw("id = moon.example.org\n auth = rsa-2048"), placed);
  EXPECT_EQ(both.credentials->signer_for(both.local(), {})->certificates.front().subject(), "C=CH, O=keypact, CN=rsa");
}

TEST(Credentials, OpenEncryptedKeysAndContainers) {
  const auto loaded = load(gw("certs = rsa.pem") +
                               "secrets { private-rsa { file = rsa.pem\n secret = wonderland }\n"
                               " pkcs12-sun { file = sun.p12\n secret = wonderland } }",
                           {{"x509/rsa.pem", "rsa.pem"},
                            {"private/rsa.pem", "rsa.encrypted.pem"},
                            {"x509ca/root.pem", "root.pem"},
                            {"pkcs12/sun.p12", "sun.p12"}});
  EXPECT_THAT(loaded.told, IsEmpty());
  EXPECT_TRUE(loaded.credentials->signer_for(loaded.local(), {}).has_value());
  const auto& store = loaded.credentials->store();
  EXPECT_EQ(store.private_keys.size(), 2u);
  EXPECT_THAT(subjects(store.certificates), ElementsAre("C=CH, O=keypact, CN=rsa", "C=CH, O=keypact, CN=sun"));
  EXPECT_THAT(subjects(store.authorities), ElementsAre("C=CH, O=keypact, CN=root CA", "C=CH, O=keypact, CN=other CA"));
}

TEST(Credentials, SignWithARawKey) {
  const Placed placed = {
      {"pubkey/sun.pem", "sun.pub.pem"}, {"private/sun.pem", "sun.key.pem"}, {"x509ca/root.pem", "root.pem"}};
  const auto loaded = load(gw("pubkeys = sun.pem\n id = sun"), placed);
  const auto signer = loaded.credentials->signer_for(loaded.local(), {});
  ASSERT_TRUE(signer.has_value()) << signer.error();
  EXPECT_THAT(signer->certificates, IsEmpty());
  EXPECT_EQ(signer->identity, Identification::fqdn("sun"));
  EXPECT_EQ(signer->key.type(), pki::KeyType::ed25519);
  const auto nameless = load(gw("pubkeys = sun.pem"), placed);
  EXPECT_EQ(nameless.credentials->signer_for(nameless.local(), {})->identity,
            Identification::key_id(signer->key.spki_sha1()));
}

TEST(Credentials, SayWhyNobodySigns) {
  Placed without_key = kMoon;
  without_key.back() = {"private/sun.pem", "sun.key.pem"};
  const auto told = [](const std::string& local, const Placed& placed) {
    const auto loaded = load(gw(local), placed);
    const auto signer = loaded.credentials->signer_for(loaded.local(), {});
    EXPECT_FALSE(signer.has_value());
    EXPECT_EQ(loaded.told.size(), 1u);
    EXPECT_THAT(loaded.told.at(0), HasSubstr("connections.gw: nothing signs for us: " + signer.error()));
    return signer.error();
  };
  EXPECT_EQ(told("certs = moon.pem", without_key), "there is no private key for \"C=CH, O=keypact, CN=moon\"");
  EXPECT_EQ(told("", without_key), "no certificate has a private key");
  EXPECT_EQ(told("id = sun.example.org", kMoon), "no certificate with a private key names us as sun.example.org");
  EXPECT_EQ(told("auth = ed25519\n certs = moon.pem", kMoon),
            "auth = ed25519 does not allow the key of \"C=CH, O=keypact, CN=moon\"");
}

TEST(Credentials, WarnOfAnIdentityThatTheCertificateDoesNotName) {
  const auto loaded = load(gw("certs = moon.pem\n id = sun.example.org"), kMoon);
  EXPECT_EQ(loaded.credentials->signer_for(loaded.local(), {})->identity, Identification::fqdn("sun.example.org"));
  ASSERT_EQ(loaded.told.size(), 1u);
  EXPECT_EQ(
      loaded.told[0],
      "swanctl.conf:2:2: warning: connections.gw: the certificate \"C=CH, O=keypact, CN=moon\" does not name us as "
      "sun.example.org\n"
      "  rule: a peer takes an identity that the subject or a subjectAltName says\n"
      "  hint: leave id out, or set it to a name that is in the certificate\n");
}

TEST(Credentials, TrustWhatTheRoundNamesOrElseAllAuthorities) {
  auto placed = kMoon;
  placed.emplace_back("x509ca/other.pem", "other.pem");
  placed.emplace_back("pubkey/sun.pem", "sun.pub.pem");
  const auto any = load(gw(""), placed);
  const auto rules = any.credentials->rules_for(any.remote());
  EXPECT_THAT(subjects(rules->anchors.certificates()),
              ElementsAre("C=CH, O=keypact, CN=other CA", "C=CH, O=keypact, CN=root CA"));
  EXPECT_FALSE(rules->anchored);
  EXPECT_THAT(any.credentials->authority_key_hashes(any.remote()),
              ElementsAre(authority_of("other.pem"), authority_of("root.pem")));
  const auto one = load(gw("", "cacerts = root.pem\n auth = ecdsa-256-sha256"), placed);
  const auto narrow = one.credentials->rules_for(one.remote());
  EXPECT_THAT(subjects(narrow->anchors.certificates()), ElementsAre("C=CH, O=keypact, CN=root CA"));
  EXPECT_TRUE(narrow->anchored);
  EXPECT_EQ(narrow->constraints.rules().front().min_bits, 256u);
  EXPECT_EQ(narrow->known.front().subject(), "C=CH, O=keypact, CN=other CA");
  const auto pinned = load(gw("", "certs = moon.pem\n pubkeys = sun.pem"), placed);
  EXPECT_THAT(subjects(pinned.credentials->rules_for(pinned.remote())->pinned),
              ElementsAre("C=CH, O=keypact, CN=moon"));
  EXPECT_EQ(pinned.credentials->rules_for(pinned.remote())->pinned_keys.size(), 1u);
}

TEST(Credentials, ServeARoundThatIsNoLongerConfigured) {
  const auto loaded = load(gw("certs = moon.pem", "cacerts = root.pem"), kMoon);
  const config::AuthRound local = loaded.local();
  const config::AuthRound remote = loaded.remote();
  const auto later = load(gw(""), kMoon, loaded.credentials.get());
  EXPECT_EQ(later.credentials->signer_for(local, {})->identity.to_string(), "C=CH, O=keypact, CN=moon");
  EXPECT_TRUE(later.credentials->rules_for(remote)->anchored);
}

TEST(Credentials, ThatCannotBeUsedAreNamedWithTheirPlace) {
  auto placed = kMoon;
  placed.emplace_back("x509/make.sh", "make.sh");
  placed.emplace_back("x509ca/moon.pem", "moon.pem");
  placed.emplace_back("private/enc.pem", "rsa.encrypted.pem");
  placed.emplace_back("pkcs12/sun.p12", "sun.p12");
  const auto loaded = load(gw(""), placed);
  ASSERT_NE(loaded.credentials, nullptr);
  EXPECT_THAT(
      loaded.told,
      ElementsAre(
          "x509/make.sh: warning: x509/make.sh is left out\n"
          "  rule: it is not one X.509 certificate in DER\n"
          "  hint: put one certificate in PEM or DER into each file\n",
          "x509ca/moon.pem: warning: x509ca/moon.pem is left out\n"
          "  rule: \"C=CH, O=keypact, CN=moon\" is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)\n"
          "  hint: the certificate of a peer belongs into x509\n",
          "private/enc.pem: warning: private/enc.pem is left out\n"
          "  rule: the private key is encrypted and no passphrase is known for it\n"
          "  hint: an encrypted key needs secrets { private-1 { file = ... secret = ... } }\n",
          "pkcs12/sun.p12: warning: pkcs12/sun.p12 is left out\n"
          "  rule: the passphrase does not open the PKCS#12 file\n"
          "  hint: its passphrase is set by secrets { pkcs12-1 { ... } }\n"));
}

TEST(Credentials, OfARoundThatCannotBeUsedAreErrors) {
  auto placed = kMoon;
  placed.emplace_back("x509/key.pem", "moon.key.pem");
  placed.emplace_back("x509ca/sun.pem", "sun.pem");
  const auto error = [&](const std::string& local, const std::string& remote) {
    const auto loaded = load(gw(local, remote), placed);
    EXPECT_EQ(loaded.credentials, nullptr);
    return loaded.told.empty() ? std::string() : loaded.told.front();
  };
  EXPECT_EQ(error("certs = key.pem", ""),
            "swanctl.conf:3:9: error: x509/key.pem cannot be used\n"
            "  rule: there is no block CERTIFICATE in the text\n"
            "  hint: a certificate is in PEM or in DER\n");
  EXPECT_EQ(error("", "cacerts = sun.pem"),
            "swanctl.conf:6:11: error: x509ca/sun.pem cannot be used\n"
            "  rule: \"C=CH, O=keypact, CN=sun\" is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)\n"
            "  hint: name the certificate of a peer in certs\n");
  EXPECT_THAT(error("", "auth = rsa-sha257"),
              HasSubstr("swanctl.conf:6:8: error: auth = rsa-sha257: bad word \"sha257\""));
}

}  // namespace
}  // namespace keypact::ike
