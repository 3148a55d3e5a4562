// Certificates and keys over vici, in the words of charon: what clients load, unload and list.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/control/control_bench.h"

namespace keypact::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kMoon = "C=CH, O=keypact, CN=moon";

std::string data(const std::string& name) {
  std::ifstream file(std::string(KEYPACT_SOURCE_DIR) + "/tests/data/credentials/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string der_of(const std::string& name) {
  return std::string(as_text(pki::Certificate::from_pem(data(name))->front().der()));
}

class CredentialCommands : public ControlBench {
 protected:
  CredentialCommands() {
    start();
    client = &connect();
    listen(*client, "list-cert");
    listen(*client, "list-authority");
    listen(*client, "list-conn");
  }

  vici::Message load_cert(const std::string& name, std::string_view type = "X509", std::string_view flag = "NONE") {
    vici::Message message;
    message.key("type", type).key("flag", flag).key("data", data(name));
    return call(*client, "load-cert", message);
  }
  vici::Message load_key(const std::string& name, std::string_view type = "any") {
    vici::Message message;
    message.key("type", type).key("data", data(name));
    return call(*client, "load-key", message);
  }
  /// "X509 NONE yes C=CH, ..." of each.
  std::vector<std::string> listed(const vici::Message& request = {}) {
    EXPECT_EQ(call(*client, "list-certs", request), vici::Message());
    std::vector<std::string> lines;
    for (const auto& event : client->events("list-cert")) {
      auto line = std::string(event.value_or("type")) + ' ' + std::string(event.value_or("flag")) + ' ' +
                  std::string(event.value_or("has_privkey", "no"));
      const auto certificate = pki::Certificate::from_der(as_octets(event.value_or("data")));
      lines.push_back(line + (certificate ? ' ' + certificate->subject() : std::string()));
    }
    return lines;
  }
  static vici::Message connection() {
    vici::Message message;
    auto& section = message.section("signed");
    section.list("remote_addrs", {"192.0.2.2"});
    section.section("local").key("auth", "pubkey").list("certs", {data("moon.pem")});
    section.section("remote")
        .key("auth", "ecdsa-sha256")
        .key("id", "sun.example.org")
        .list("cacerts", {data("root.pem")});
    section.section("children").section("lan");
    return message;
  }
  static std::string error_of(const vici::Message& answer) {
    EXPECT_EQ(answer.value_or("success"), "no");
    return std::string(answer.value_or("errmsg"));
  }

  TestClient* client = nullptr;
};

TEST_F(CredentialCommands, CertificatesAndKeysAreLoadedListedAndUnloaded) {
  EXPECT_EQ(load_cert("moon.pem").value_or("success"), "yes");
  EXPECT_EQ(load_cert("moon.pem").value_or("success"), "yes");
  EXPECT_EQ(load_cert("root.pem", "x509ca").value_or("success"), "yes");
  EXPECT_EQ(load_cert("between.pem").value_or("success"), "yes");
  EXPECT_EQ(load_cert("sun.pub.pem", "pubkey").value_or("success"), "yes");
  const auto loaded = load_key("moon.key.pem", "ECDSA");
  EXPECT_EQ(loaded.value_or("success"), "yes");
  const std::string id(loaded.value_or("id"));
  EXPECT_EQ(id.size(), 40u);
  EXPECT_THAT(listed(),
              ElementsAre("PUBKEY NONE no", std::string("X509 NONE yes ") + kMoon,
                          "X509 CA no C=CH, O=keypact, CN=root CA", "X509 CA no C=CH, O=keypact, CN=between CA"));
  EXPECT_EQ(client->events("list-cert")[1].value_or("data"), der_of("moon.pem"));
  vici::Message cas;
  cas.key("type", "X509").key("flag", "CA").key("subject", "C=CH, O=keypact, CN=root CA");
  EXPECT_THAT(listed(cas), ElementsAre("X509 CA no C=CH, O=keypact, CN=root CA"));
  EXPECT_THAT(*call(*client, "get-keys").find_list("keys"), ElementsAre(id));
  vici::Message unload;
  unload.key("id", id);
  EXPECT_EQ(call(*client, "unload-key", unload).value_or("success"), "yes");
  EXPECT_THAT(error_of(call(*client, "unload-key", unload)), HasSubstr("no client loaded a private key"));
  EXPECT_TRUE(call(*client, "get-keys").find_list("keys")->empty());
  EXPECT_EQ(listed()[1], std::string("X509 NONE no ") + kMoon);
  call(*client, "clear-creds");
  EXPECT_TRUE(listed().empty());
  EXPECT_EQ(call(*client, "flush-certs").value_or("success"), "yes");
}

TEST_F(CredentialCommands, FetchedListsAreListedAndDropped) {
  const auto list = pki::RevocationList::read(as_octets(data("root.crl")));
  ASSERT_TRUE(list.has_value());
  fetched = {*list};
  vici::Message lists;
  lists.key("type", "X509_CRL");
  call(*client, "list-certs", lists);
  ASSERT_EQ(client->events("list-cert").size(), 1);
  const auto event = client->events("list-cert").front();
  EXPECT_EQ(event.value_or("type"), "X509_CRL");
  EXPECT_EQ(event.value_or("data"), as_text(list->der()));
  for (const auto* type : {"x509", "x509_crl"}) {
    EXPECT_EQ(fetched.size(), 1) << type;
    vici::Message flush;
    flush.key("type", type);
    EXPECT_EQ(call(*client, "flush-certs", flush).value_or("success"), "yes");
  }
  EXPECT_TRUE(fetched.empty());
}

TEST_F(CredentialCommands, WhatCannotBeUsedIsRefusedWithItsReason) {
  EXPECT_EQ(error_of(load_cert("make.sh")), "the certificate cannot be used: it is not one X.509 certificate in DER");
  EXPECT_EQ(error_of(load_cert("moon.pem", "X509", "CA")),
            "\"C=CH, O=keypact, CN=moon\" is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)");
  EXPECT_EQ(error_of(load_cert("moon.pem", "X509_AC")),
            "certificates of type x509_ac are not understood in this version");
  EXPECT_EQ(error_of(load_key("rsa.encrypted.pem", "RSA")),
            "the private key cannot be used: the private key is encrypted and no passphrase is known for it");
  EXPECT_THAT(error_of(load_key("moon.key.pem", "DSA")), HasSubstr("invalid value for: type"));
  EXPECT_EQ(error_of(call(*client, "load-key")), "missing private key type");
  EXPECT_EQ(error_of(call(*client, "load-cert")), "missing certificate type");
  EXPECT_TRUE(listed().empty());
}

TEST_F(CredentialCommands, AConnectionHasItsCertificatesWithIt) {
  const auto early = call(*client, "load-conn", connection());
  EXPECT_EQ(early.value_or("success"), "yes");
  EXPECT_THAT(early.find_list("warnings")->at(0),
              HasSubstr("nothing signs for us: there is no private key for \"C=CH, O=keypact, CN=moon\""));
  EXPECT_EQ(load_key("moon.key.pem").value_or("success"), "yes");
  EXPECT_EQ(call(*client, "load-conn", connection()).find_list("warnings"), nullptr);
  vici::Message one;
  one.key("ike", "signed");
  call(*client, "list-conns", one);
  const auto event = client->events("list-conn").at(0);
  const auto& local = *event.find_section("signed")->find_section("local-1");
  EXPECT_EQ(local.value_or("class"), "public key");
  EXPECT_EQ(local.value_or("id"), kMoon);
  EXPECT_THAT(*local.find_list("certs"), ElementsAre(kMoon));
  const auto& remote = *event.find_section("signed")->find_section("remote-1");
  EXPECT_EQ(remote.value_or("id"), "sun.example.org");
  EXPECT_THAT(*remote.find_list("cacerts"), ElementsAre("C=CH, O=keypact, CN=root CA"));
  EXPECT_THAT(listed(), ElementsAre(std::string("X509 NONE yes ") + kMoon, "X509 CA no C=CH, O=keypact, CN=root CA"));
}

TEST_F(CredentialCommands, AConnectionWithABadCertificateChangesNothing) {
  auto message = connection();
  message.section("signed").section("remote").list("cacerts", {data("moon.pem")});
  EXPECT_THAT(error_of(call(*client, "load-conn", message)), HasSubstr("\"C=CH, O=keypact, CN=moon\" is no CA"));
  message.section("signed").section("remote").list("cacerts", {"x"});
  EXPECT_THAT(error_of(call(*client, "load-conn", message)),
              HasSubstr("connections.signed.remote.cacerts cannot be used: it is not one X.509 certificate in DER"));
  message = connection();
  message.section("signed").section("remote").key("auth", "ecdsa-md6");
  EXPECT_THAT(error_of(call(*client, "load-conn", message)), HasSubstr("auth = ecdsa-md6: bad word \"md6\""));
  EXPECT_THAT(*call(*client, "get-conns").find_list("conns"), ElementsAre());
}

TEST_F(CredentialCommands, AuthoritiesAreLoadedListedAndUnloaded) {
  vici::Message message;
  message.section("root").key("cacert", data("root.pem")).list("crl_uris", {"http://ca.example.org/crl"});
  const auto loaded = call(*client, "load-authority", message);
  EXPECT_EQ(loaded.value_or("success"), "yes");
  EXPECT_EQ(loaded.find_list("warnings"), nullptr);
  EXPECT_THAT(*call(*client, "get-authorities").find_list("authorities"), ElementsAre("root"));
  call(*client, "list-authorities");
  const auto event = client->events("list-authority").at(0);
  EXPECT_EQ(event.find_section("root")->value_or("cacert"), "C=CH, O=keypact, CN=root CA");
  EXPECT_THAT(*event.find_section("root")->find_list("crl_uris"), ElementsAre("http://ca.example.org/crl"));
  EXPECT_THAT(listed(), ElementsAre("X509 CA no C=CH, O=keypact, CN=root CA"));
  vici::Message bad;
  bad.section("moon").key("cacert", data("moon.pem"));
  EXPECT_THAT(error_of(call(*client, "load-authority", bad)), HasSubstr("is no CA"));
  vici::Message empty;
  empty.section("none").list("crl_uris", {"http://x"});
  EXPECT_THAT(error_of(call(*client, "load-authority", empty)), HasSubstr("names no certificate"));
  vici::Message unload;
  unload.key("name", "root");
  EXPECT_EQ(call(*client, "unload-authority", unload).value_or("success"), "yes");
  EXPECT_THAT(error_of(call(*client, "unload-authority", unload)), HasSubstr("no client loaded an authority 'root'"));
  EXPECT_TRUE(listed().empty());
}

TEST_F(CredentialCommands, WhatClientsLoadedLiesOverTheFiles) {
  EXPECT_EQ(load_cert("moon.pem").value_or("success"), "yes");
  auto changed = std::make_shared<config::Snapshot>(*files);
  auto stored = std::make_shared<config::StoredCredentials>();
  stored->certificates.push_back(
      {"sun.pem", {}, std::make_shared<const Secret>(Secret::copy_of(as_octets(data("sun.pem"))))});
  changed->stored = stored;
  server->adopt_files(changed);
  EXPECT_THAT(listed(), ElementsAre("X509 NONE no C=CH, O=keypact, CN=sun", std::string("X509 NONE no ") + kMoon));
  call(*client, "clear-creds");
  EXPECT_THAT(listed(), ElementsAre("X509 NONE no C=CH, O=keypact, CN=sun"));
}

}  // namespace
}  // namespace keypact::control
