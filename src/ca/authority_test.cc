#include "ca/authority.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "ca/delivery.h"
#include "crypto/system_random.h"
#include "io/files.h"
#include "pki/pkcs12.h"
#include "pki/revocation_list.h"
#include "pki/trust.h"

namespace keypact::ca {
namespace {

namespace fs = std::filesystem;
using pki::CertificateUse;

constexpr std::int64_t kNow = 1'795'000'000;
constexpr std::int64_t kDay = 86400;

class AuthorityTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (fs::temp_directory_path() / "keypact-authority-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<Authority> found(const Secret& passphrase = {}) {
    return Authority::found(folder_ + "/ca", {.name = "Example CA", .now = kNow}, passphrase, *random_);
  }
  Result<Made> issue(Authority& authority, std::string name, bool again = false, unsigned days = 30) {
    return authority.issue({.names = {std::move(name)}, .days = days, .again = again, .now = kNow},
                           authority.unlock({}).value(), *random_);
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    return std::string(as_text(io::read_file(folder_ + "/" + path, 1 << 20).value()));
  }
  static fs::perms mode(const std::string& path) { return fs::status(path).permissions(); }

  std::string folder_;
  std::unique_ptr<crypto::SystemRandom> random_ = crypto::SystemRandom::open().value();
};

TEST_F(AuthorityTest, IsFoundOnceAndReadAgain) {
  {
    const auto made = found();
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->certificate().is_ca());
    EXPECT_EQ(made->certificate().subject(), "CN=Example CA");
    EXPECT_EQ(found().error().what, "cannot change the CA in " + folder_ + "/ca");
  }
  EXPECT_EQ(found().error().what, "there is a CA in " + folder_ + "/ca already");
  EXPECT_EQ(Authority::open(folder_ + "/ca")->certificate().subject(), "CN=Example CA");
  EXPECT_EQ(mode(folder_ + "/ca/ca.key"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(mode(folder_ + "/ca"), fs::perms::owner_all);
  EXPECT_EQ(Authority::open(folder_).error().what, "there is no CA in " + folder_);
  EXPECT_EQ(Authority::open_alone(folder_).error().what, "there is no CA in " + folder_);
}

TEST_F(AuthorityTest, IsNotFoundOverAKeyThatSomebodyHas) {
  fs::create_directories(folder_ + "/ca");
  std::ofstream(folder_ + "/ca/ca.key") << "precious";
  EXPECT_FALSE(found());
  EXPECT_EQ(text("ca/ca.key"), "precious");
}

TEST_F(AuthorityTest, HasOneWhoChangesIt) {
  ASSERT_TRUE(found());
  const auto first = Authority::open_alone(folder_ + "/ca");
  ASSERT_TRUE(first);
  EXPECT_EQ(Authority::open_alone(folder_ + "/ca").error().why, "another keypact pki does so right now");
  EXPECT_TRUE(Authority::open(folder_ + "/ca"));
}

TEST_F(AuthorityTest, KeepsItsKeyUnderAPassphrase) {
  const auto passphrase = Secret::copy_of(as_octets("three words here"));
  const auto authority = found(passphrase);
  ASSERT_TRUE(authority);
  EXPECT_TRUE(text("ca/ca.key").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_TRUE(authority->is_locked().value());
  EXPECT_TRUE(authority->unlock(passphrase));
  EXPECT_EQ(authority->unlock(Secret::copy_of(as_octets("others"))).error().why,
            "the passphrase does not open the private key");
  EXPECT_FALSE(authority->unlock({}));
}

TEST_F(AuthorityTest, IssuesWhatItsCertificateVouchesFor) {
  auto authority = found().value();
  const auto made = issue(authority, "gw.example.org").value();
  EXPECT_TRUE(made.key.matches(made.certificate.public_key()));
  EXPECT_EQ(pki::use_of(made.certificate), CertificateUse::server);
  EXPECT_EQ(made.certificate.alternative_names().front(), Identification::fqdn("gw.example.org"));
  EXPECT_LE(made.certificate.not_before(), kNow);
  EXPECT_EQ(made.certificate.not_after(), kNow + 30 * kDay);
  EXPECT_EQ(made.certificate.serial().size(), 16u);
  const auto read = Authority::open(folder_ + "/ca").value();
  ASSERT_EQ(read.entries().size(), 1u);
  EXPECT_EQ(read.issued(read.entries().front()).value(), made.certificate);
}

TEST_F(AuthorityTest, IssuesASecondOneOfANameOnlyWhenItIsSaid) {
  auto authority = found().value();
  const auto first = issue(authority, "gw").value();
  EXPECT_EQ(issue(authority, "gw").error().why, "it has one that is good");
  EXPECT_TRUE(issue(authority, "gw", true));
  EXPECT_EQ(authority.good("gw", kNow).error().why, "2 of this name are good");
  EXPECT_EQ(authority.good(serial_text(first.certificate.serial()), kNow)->name, "gw");
  EXPECT_EQ(authority.good("gw", kNow + 31 * kDay).error().why, "each of this name is revoked or has expired");
  EXPECT_EQ(authority.good("other", kNow).error().why, "none that this CA issued has this name or serial number");
}

TEST_F(AuthorityTest, IssuesNothingThatOutlivesIt) {
  auto authority = found().value();
  EXPECT_EQ(issue(authority, "gw", false, 3651).error().why, "the CA itself is valid for 3650 days more");
  EXPECT_TRUE(authority.entries().empty());
  EXPECT_TRUE(issue(authority, "gw", false, 3650));
}

TEST_F(AuthorityTest, ForgetsWhatNobodyGot) {
  auto authority = found().value();
  const auto made = issue(authority, "gw").value();
  ASSERT_TRUE(authority.forget(made.certificate));
  EXPECT_EQ(text("ca/index.txt"), "");
  EXPECT_TRUE(fs::is_empty(folder_ + "/ca/issued"));
}

TEST_F(AuthorityTest, TellsWhatItTookBackInListsWhoseNumbersGrow) {
  auto authority = found().value();
  const auto key = authority.unlock({}).value();
  const auto revoked = issue(authority, "gw").value().certificate;
  const auto good = issue(authority, "other").value().certificate;
  ASSERT_TRUE(authority.publish(key, 30, kNow));
  ASSERT_TRUE(authority.revoke(authority.good("gw", kNow).value(), {kNow, Reason::superseded}));
  const auto pem = authority.publish(key, 30, kNow).value();
  EXPECT_EQ(pem, text("ca/crl.pem"));
  const auto list = pki::RevocationList::read(as_octets(pem)).value();
  EXPECT_TRUE(list.is_signed_by(authority.certificate()));
  EXPECT_EQ(to_hex(list.number()), "02");
  EXPECT_EQ(list.next_update(), kNow + 30 * kDay);
  ASSERT_TRUE(list.find(revoked));
  EXPECT_EQ(list.find(revoked)->reason, 4);
  EXPECT_FALSE(list.find(good));
  EXPECT_EQ(authority.good("gw", kNow).error().why, "each of this name is revoked or has expired");
  std::ofstream(folder_ + "/ca/crlnumber") << "nonsense";
  EXPECT_EQ(authority.publish(key, 30, kNow).error().why, "it is no number of a list");
}

TEST_F(AuthorityTest, IsNotOpenedWithABrokenIndex) {
  ASSERT_TRUE(found());
  std::ofstream(folder_ + "/ca/index.txt") << "V\n";
  EXPECT_EQ(Authority::open(folder_ + "/ca").error().what, "line 1 of the index is not understood");
}

TEST_F(AuthorityTest, DeliversTheFilesOfAnEnd) {
  auto authority = found().value();
  const auto made = issue(authority, "gw").value();
  const auto out = folder_ + "/out";
  const auto passphrase = Secret::copy_of(as_octets("of the container"));
  for (const auto cipher : {pki::Pkcs12Cipher::aes_256, pki::Pkcs12Cipher::triple_des}) {
    Delivery delivery{out, "gw", Container{cipher, passphrase.clone()}};
    EXPECT_EQ(deliver(delivery, made, authority.certificate(), true).value(),
              (std::vector{out + "/x509/gw.pem", out + "/private/gw.pem", out + "/x509ca/ca.pem", out + "/gw.p12"}));
    const auto container = pki::Pkcs12::read(Secret::copy_of(as_octets(text("out/gw.p12"))), passphrase).value();
    EXPECT_TRUE(container.key->matches(made.certificate.public_key()));
    EXPECT_EQ(container.certificates, (std::vector{made.certificate, authority.certificate()}));
  }
  EXPECT_EQ(mode(out + "/private/gw.pem"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(mode(out + "/gw.p12"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(pki::Certificate::from_pem(text("out/x509/gw.pem")).value().front(), made.certificate);
}

TEST_F(AuthorityTest, DeliversOverNoPrivateKeyAndNoOtherCa) {
  auto authority = found().value();
  const auto made = issue(authority, "gw").value();
  const Delivery delivery{folder_ + "/out", "gw", {}};
  ASSERT_TRUE(deliver(delivery, made, authority.certificate(), false));
  const auto before = text("out/private/gw.pem");
  EXPECT_FALSE(deliver(delivery, issue(authority, "gw", true).value(), authority.certificate(), false));
  EXPECT_EQ(text("out/private/gw.pem"), before);
  fs::remove(folder_ + "/out/private/gw.pem");
  std::ofstream(folder_ + "/out/x509ca/ca.pem") << "another";
  EXPECT_EQ(deliver(delivery, made, authority.certificate(), true).error().why, "another CA is in it");
}

TEST_F(AuthorityTest, LeavesNothingNewWhenADeliveryFails) {
  auto authority = found().value();
  const auto made = issue(authority, "gw").value();
  const auto out = folder_ + "/out";
  fs::create_directories(out + "/gw.p12");  // where the last file is to go
  EXPECT_FALSE(deliver({out, "gw", Container{.passphrase = Secret::copy_of(as_octets("words"))}}, made,
                       authority.certificate(), true));
  for (const auto* path : {"/x509/gw.pem", "/private/gw.pem", "/x509ca/ca.pem"})
    EXPECT_FALSE(io::exists(out + path)) << path;
  EXPECT_FALSE(deliver({folder_ + "/empty", "gw", Container{}}, made, authority.certificate(), false));
}

TEST_F(AuthorityTest, KeepsTheOldKeyWhenItsRenewalFails) {
  auto authority = found().value();
  const auto out = folder_ + "/out";
  ASSERT_TRUE(deliver({out, "gw", {}}, issue(authority, "gw").value(), authority.certificate(), false));
  const auto key = text("out/private/gw.pem");
  const auto certificate = text("out/x509/gw.pem");
  const auto renewed = issue(authority, "gw", true).value();
  fs::create_directories(out + "/gw.p12");
  const auto passphrase = Secret::copy_of(as_octets("words"));
  EXPECT_FALSE(
      deliver({out, "gw", Container{.passphrase = passphrase.clone()}}, renewed, authority.certificate(), true));
  EXPECT_EQ(text("out/private/gw.pem"), key);
  EXPECT_EQ(text("out/x509/gw.pem"), certificate);
  fs::remove(out + "/gw.p12");
  EXPECT_TRUE(
      deliver({out, "gw", Container{.passphrase = passphrase.clone()}}, renewed, authority.certificate(), true));
  EXPECT_NE(text("out/private/gw.pem"), key);
}

}  // namespace
}  // namespace keypact::ca
