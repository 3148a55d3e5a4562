#include <gtest/gtest.h>

#include "cli/algorithm_names.h"
#include "cli/certificate_record.h"
#include "cli/human.h"
#include "cli/names.h"
#include "cli/status_record.h"
#include "cli/style.h"

namespace keypact::cli {
namespace {

using namespace std::chrono_literals;

TEST(AlgorithmNames, AreThoseThatPeopleUse) {
  EXPECT_EQ(encryption_name("AES_GCM_16", "256"), "AES-256-GCM");
  EXPECT_EQ(encryption_name("AES_CBC", "128"), "AES-128-CBC");
  EXPECT_EQ(encryption_name("AES_CCM_8", "192"), "AES-192-CCM-8");
  EXPECT_EQ(encryption_name("AES_GCM_16", ""), "AES-GCM");
  EXPECT_EQ(encryption_name("CHACHA20_POLY1305", ""), "ChaCha20-Poly1305");
  EXPECT_EQ(encryption_name("SOMETHING_NEW", "512"), "SOMETHING-NEW-512");
  EXPECT_EQ(integrity_name("HMAC_SHA2_256_128"), "HMAC-SHA-256");
  EXPECT_EQ(prf_name("PRF_HMAC_SHA2_384"), "PRF-HMAC-SHA-384");
  EXPECT_EQ(key_exchange_name("CURVE_25519"), "X25519");
  EXPECT_EQ(key_exchange_name("ECP_384"), "ECP-384");
  EXPECT_EQ(key_exchange_name("MODP_2048"), "MODP-2048");
  EXPECT_EQ(key_exchange_name("ML_KEM_768"), "ML-KEM-768");
  EXPECT_EQ(key_exchange_name(""), "");
}

TEST(CertificateRecord, SaysHowLongACertificateIsValid) {
  CertificateRecord record;
  EXPECT_EQ(validity_text(record, 0), "");
  record.not_before = 1767225600;  // 2026-01-01
  record.not_after = 1798761599;   // 2026-12-31
  EXPECT_EQ(validity_text(record, 1767225599), "valid from 2026-01-01");
  EXPECT_EQ(validity_text(record, 1798761599 - 86400), "valid until 2026-12-31 (in 1 d)");
  EXPECT_EQ(validity_text(record, 1798761600), "expired on 2026-12-31");
  vici::Message event;
  event.key("type", "X509").key("data", "not a certificate");
  EXPECT_FALSE(certificate_record(event).has_value());
}

TEST(Human, WritesSizesInIecUnits) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(123 << 20), "123 MiB");
  EXPECT_EQ(size_text((1ull << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(Human, WritesDurationsInOneOrTwoUnits) {
  EXPECT_EQ(duration_text(12s), "12 s");
  EXPECT_EQ(duration_text(200s), "3 min");
  EXPECT_EQ(duration_text(2h + 5min), "2 h 5 min");
  EXPECT_EQ(duration_text(24h), "1 d");
  EXPECT_EQ(duration_text(76h), "3 d 4 h");
  EXPECT_EQ(elapsed_text(840us), "1 ms");
  EXPECT_EQ(elapsed_text(84ms), "84 ms");
  EXPECT_EQ(elapsed_text(1240ms), "1.24 s");
}

TEST(Human, FindsTheNearestNameOrNone) {
  const std::vector<std::string> names = {"site", "office", "roadwarriors"};
  EXPECT_EQ(nearest("stie", names), "site");
  EXPECT_EQ(nearest("offic", names), "office");
  EXPECT_EQ(nearest("roadwariors", names), "roadwarriors");
  EXPECT_EQ(nearest("backup", names), "");
}

TEST(Human, TakesControlCharactersOutOfForeignText) {
  EXPECT_EQ(printable("a\033[2J\nb\x7f"), "a?[2J?b?");
  EXPECT_EQ(printable("\u009b2J"), "??2J");
  EXPECT_EQ(printable("K\u00f6ln \u00a7"), "K\u00f6ln \u00a7");
  EXPECT_EQ(width_of("K\u00f6ln"), 4u);
  EXPECT_EQ((Style{false, false}.shown("RFC 7296 \u00a72.7 \u00f6")),
            "RFC 7296 "
            "section 2.7 ??");
}

Connection connection(std::string name, const std::vector<std::string>& children) {
  Connection made;
  made.name = std::move(name);
  for (const auto& child : children) made.children.push_back({child, {}, {}, {}});
  return made;
}

TEST(Names, AConnectionBeforeAChildAndAChildOnlyWhenOneHasIt) {
  const std::vector<Connection> all = {connection("net", {"a"}), connection("x", {"net", "b"}),
                                       connection("a/b", {"c/d"})};
  EXPECT_EQ(target(all, "net", "").value(), (Target{"net", ""}));
  EXPECT_EQ(target(all, "x/net", "").value(), (Target{"x", "net"}));
  EXPECT_EQ(target(all, "b", "").value(), (Target{"x", "b"}));
  EXPECT_EQ(target(all, "a/b/c/d", "").value(), (Target{"a/b", "c/d"}));
  EXPECT_EQ(target(all, "x", "b").value(), (Target{"x", "b"}));
  EXPECT_EQ(targets(all, "x", "").value(), (std::vector<Target>{{"x", "net"}, {"x", "b"}}));
  EXPECT_EQ(targets({connection("alone", {})}, "alone", "").value(), (std::vector<Target>{{"alone", ""}}));
}

TEST(Names, AnErrorNamesWhatThereIs) {
  const std::vector<Connection> all = {connection("x", {"net", "b"})};
  EXPECT_EQ(target(all, "x", "nett").error().error.remedy, "Did you mean 'net'?");
  EXPECT_EQ(target(all, "zzzzzz", "").error().error.remedy, "There is: x, x/net, x/b, net, b");
  EXPECT_EQ(target({}, "x", "").error().error.remedy, "Add it to the configuration, then run: keypact reload");
}

TEST(Status, IsPartialWhileAConfiguredChildHasNoSa) {
  ConnectionStatus status;
  status.connection = connection("x", {"net", "b"});
  EXPECT_EQ(status.state(), LinkState::down);
  IkeSa sa;
  sa.state = "CONNECTING";
  status.sas = {sa};
  EXPECT_EQ(status.state(), LinkState::connecting);
  ChildSa child;
  child.name = "net";
  child.state = "INSTALLED";
  status.sas[0].state = "ESTABLISHED";
  status.sas[0].children = {child};
  EXPECT_EQ(status.state(), LinkState::partial);
  child.name = "b";
  status.sas[0].children.push_back(child);
  EXPECT_EQ(status.state(), LinkState::up);
  status.sas[0].state = "DELETING";
  EXPECT_EQ(status.state(), LinkState::down);
}

TEST(Status, KeepsSasWhoseConnectionIsNoLongerConfigured) {
  IkeSa sa;
  sa.connection = "gone";
  const auto all = join({connection("x", {})}, {sa});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].connection.name, "gone");
  EXPECT_EQ(all[1].sas.size(), 1u);
}

}  // namespace
}  // namespace keypact::cli
