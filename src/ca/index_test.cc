#include "ca/index.h"

#include <gtest/gtest.h>

namespace keypact::ca {
namespace {

constexpr std::int64_t kEndOf2049 = 2524607999;

std::vector<Entry> entries() {
  return {{*from_hex("41aa"), "gateway.example.org", kEndOf2049, {}},
          {*from_hex("42"), "K\u00f6ln", kEndOf2049 + 1, Revocation{1'800'000'000, Reason::key_compromise}},
          {*from_hex("43"), "c", 0, Revocation{1, Reason::unspecified}}};
}

TEST(Index, IsWrittenAsOpensslWritesIt) {
  EXPECT_EQ(index_text(entries()),
            "V\t491231235959Z\t\t41AA\tunknown\t/CN=gateway.example.org\n"
            "R\t20500101000000Z\t270115080000Z,keyCompromise\t42\tunknown\t/CN=K\u00f6ln\n"
            "R\t700101000000Z\t700101000001Z\t43\tunknown\t/CN=c\n");
}

TEST(Index, ReadsWhatItWrote) {
  const auto text = index_text(entries());
  EXPECT_EQ(index_text(index_from_text(text).value()), text);
  EXPECT_TRUE(index_from_text("").value().empty());
  EXPECT_EQ(index_from_text("E\t491231235959Z\t\t41\tunknown\t/CN=x\n").value().front().not_after, kEndOf2049);
}

TEST(Index, NamesTheLineThatIsNotUnderstood) {
  const auto good = index_text(entries());
  for (const auto* bad :
       {"V\t491231235959Z\t\t41\tunknown\n", "X\t491231235959Z\t\t41\tunknown\t/CN=x\n",
        "V\t491331235959Z\t\t41\tunknown\t/CN=x\n", "V\t4912312359-1Z\t\t41\tunknown\t/CN=x\n",
        "V\t491231235959Z\t\t4\tunknown\t/CN=x\n", "V\t491231235959Z\t\t\tunknown\t/CN=x\n",
        "R\t491231235959Z\t\t41\tunknown\t/CN=x\n", "R\t491231235959Z\t270115080000Z,whim\t41\tunknown\t/CN=x\n", "\n"})
    EXPECT_EQ(index_from_text(good + bad).error().what, "line 4 of the index is not understood") << bad;
}

TEST(Index, KnowsReasonsInAnyCase) {
  EXPECT_EQ(reason_of("KEYCOMPROMISE"), Reason::key_compromise);
  EXPECT_EQ(reason_of("superseded"), Reason::superseded);
  EXPECT_FALSE(reason_of("certificateHold"));
}

TEST(Index, SaysWhatIsGood) {
  EXPECT_TRUE(entries()[0].is_good(kEndOf2049));
  EXPECT_FALSE(entries()[0].is_good(kEndOf2049 + 1));
  EXPECT_FALSE(entries()[1].is_good(0));
}

}  // namespace
}  // namespace keypact::ca
