#include "eap/milenage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eap/simaka_keys.h"
#include "eap/usim.h"

namespace keypact::eap {
namespace {

Octets hex(std::string_view text) { return *from_hex(text); }

template <std::size_t Count>
std::array<std::uint8_t, Count> array(std::string_view text) {
  std::array<std::uint8_t, Count> out{};
  std::ranges::copy(hex(text), out.begin());
  return out;
}

Secret secret(std::string_view text) { return Secret::copy_of(hex(text)); }
std::string text(OctetView octets) { return to_hex(octets); }

// 3GPP TS 35.208, test set 1.
TEST(Milenage, HasTheValuesOfTestSet1) {
  const auto k = hex("465b5ce8b199b49faa5f0a2ee238a6bc");
  const auto opc = opc_of(k, array<16>("cdc202d5123e20f62b6d676ac72cb318"));
  EXPECT_EQ(text(opc), "cd63cb71954a9f4e48a5994e37a02baf");
  const auto both = secret(to_hex(k) + text(opc));
  const Milenage milenage(both);
  const auto rand = array<16>("23553cbe9637a89d218ae64dae47bf35");
  const auto macs = milenage.macs(rand, array<6>("ff9bb4d0b607"), array<2>("b9b9"));
  EXPECT_EQ(text(macs.network), "4a9ffac354dfafb3");
  EXPECT_EQ(text(macs.resynchronization), "01cfaf9ec4e871e9");
  const auto answer = milenage.answer(rand);
  EXPECT_EQ(text(answer.res), "a54211d5e3ba50bf");
  EXPECT_EQ(text(answer.ck.reveal()), "b40ba9a3c58b2a05bbf0d987b21bf8cb");
  EXPECT_EQ(text(answer.ik.reveal()), "f769bcd751044604127672711c6d3441");
  EXPECT_EQ(text(answer.ak), "aa689c648370");
  EXPECT_EQ(text(milenage.resynchronization_ak(rand)), "451e8beca43b");
}

// RFC 9048 §D, case 1, whose AKA is test set 19 of 3GPP TS 35.208.
constexpr std::string_view kRfcSubscriber = "5122250214c33e723a5dd523fc145fc0981d464c7c52eb6e5036234984ad0bcf";
constexpr std::string_view kRfcRand = "81e92b6c0ee0e12ebceba8d92a99dfa5";
constexpr std::string_view kRfcAutn = "bb52e91c747ac3ab2a5c23d15ee351d5";

TEST(Milenage, HasTheVectorThatRfc9048Uses) {
  const auto card = answer_of_card(secret(kRfcSubscriber), 0, array<16>(kRfcRand), array<16>(kRfcAutn));
  ASSERT_TRUE(std::holds_alternative<CardAnswer>(card));
  const auto& answer = std::get<CardAnswer>(card);
  EXPECT_EQ(text(answer.res), "28d7b0f2a2ec3de5");
  EXPECT_EQ(text(answer.ik.reveal()), "9744871ad32bf9bbd1dd5ce54e3e2e5a");
  EXPECT_EQ(text(answer.ck.reveal()), "5349fbe098649f948f5d2e973a81c00f");
  EXPECT_EQ(answer.sequence, 0x16f3b3f70fc2u);
}

TEST(AkaPrimeKeys, AreThoseOfRfc9048AppendixD) {
  struct Case {
    std::string_view network, autn, ik, ck, bound_ck, bound_ik, k_encr, k_aut, msk;
  };
  const Case cases[] = {
      {"WLAN", "bb52e91c747ac3ab2a5c23d15ee351d5", "9744871ad32bf9bbd1dd5ce54e3e2e5a",
       "5349fbe098649f948f5d2e973a81c00f", "0093962d0dd84aa5684b045c9edffa04", "ccfc230ca74fcc96c0a5d61164f5a76c",
       "766fa0a6c317174b812d52fbcd11a179", "0842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea",
       "67c42d9aa56c1b79e295e3459fc3d187d42be0bf818d3070e362c5e967a4d544"
       "e8ecfe19358ab3039aff03b7c930588c055babee58a02650b067ec4e9347c75a"},
      {"HRPD", "bb52e91c747ac3ab2a5c23d15ee351d5", "9744871ad32bf9bbd1dd5ce54e3e2e5a",
       "5349fbe098649f948f5d2e973a81c00f", "3820f0277fa5f77732b1fb1d90c1a0da", "db94a0ab557ef6c9ab48619ca05b9a9f",
       "05ad73ac915fce89ac77e1520d82187b", "5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd",
       "87b321570117cd6c95ab6c436fb5073ff15cf85505d2bc5bb7355fc21ea8a757"
       "57e8f86a2b138002e05752913bb43b82f868a96117e91a2d95f526677d572900"},
      {"WLAN", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
       "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", "cd4c8e5c68f57dd1d7d7dfd0c538e577", "3ece6b705dbbf7dfc459a11280c65524",
       "897d302fa2847416488c28e20dcb7be4", "c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd53",
       "9f7dca9e37bb22029ed986e7cd09d4a70d1ac76d95535c5cac40a7504699bb89"
       "61a29ef6f3e90f183de5861ad1bedc81ce9916391b401aa006c98785a5756df7"},
      {"HRPD", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
       "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", "8310a71ce6f754889613da8f64d5fb46", "5adf14360ae838192db23f6fcb7f8c76",
       "745e7439ba238f50fcac4d15d47cd1d9",
       "3e1d2aa4e677025cfd862a4be18361a13a6457655714"
       "63df833a9759e8099879",
       "c6d3a6e0ceea951eb20d74f32c3061d0680a04b0b086ee8700ace3e0b95fa026"
       "83c287beee44432294ff98af26d2cc783bace75c4b0af7fdfeb5511ba8e4cbd0"},
  };
  for (const auto& one : cases) {
    const auto ik = secret(one.ik);
    const auto ck = secret(one.ck);
    const auto autn = array<16>(one.autn);
    EXPECT_EQ(text(bound_to_network(ik, ck, one.network, autn).reveal()),
              std::string(one.bound_ck) + std::string(one.bound_ik));
    const auto keys = aka_prime_keys("0555444333222111", ik, ck, one.network, autn);
    EXPECT_EQ(text(keys.k_encr.reveal()), one.k_encr);
    EXPECT_EQ(text(keys.k_aut.reveal()), one.k_aut);
    EXPECT_EQ(text(keys.msk.reveal()), one.msk);
  }
}

// RFC 4186 §A.5.
TEST(SimKeys, AreThoseOfRfc4186AppendixA) {
  std::vector<Secret> kc;
  for (const auto* const one : {"a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7", "c0c1c2c3c4c5c6c7"}) kc.push_back(secret(one));
  const auto keys =
      sim_keys("1244070100000001@eapsim.foo", kc, hex("0123456789abcdeffedcba9876543210"), hex("0001"), 1);
  EXPECT_EQ(text(keys.k_encr.reveal()), "536e5ebc4465582aa6a8ec9986ebb620");
  EXPECT_EQ(text(keys.k_aut.reveal()), "25af1942efcbf4bc72b3943421f2a974");
  EXPECT_EQ(text(keys.msk.reveal()),
            "39d45aeaf4e30601983e972b6cfd46d1c363773365690d09cd44976b525f47d3"
            "a60a985e955c53b090b2e4b73719196a402542968fd14a888f46b9a7886e4488");
}

TEST(Usim, AnswersTheNetworkThatKnowsItsKeyAndNoOther) {
  const auto key = secret(kRfcSubscriber);
  const auto vector = make_vector(key, array<16>(kRfcRand), 77, true);
  EXPECT_TRUE(is_separated(vector.autn));
  const auto card = answer_of_card(key, 76, vector.rand, vector.autn);
  ASSERT_TRUE(std::holds_alternative<CardAnswer>(card));
  EXPECT_EQ(std::get<CardAnswer>(card).res, vector.res);
  EXPECT_EQ(std::get<CardAnswer>(card).sequence, 77u);
  for (std::size_t i = 0; i < 16; ++i) {
    auto changed = vector.autn;
    changed[i] ^= 1;
    EXPECT_TRUE(std::holds_alternative<FalseNetwork>(answer_of_card(key, 0, vector.rand, changed))) << i;
  }
}

TEST(Usim, TellsItsOwnNumberToWhoComesWithAnOldOne) {
  const auto key = secret(kRfcSubscriber);
  const auto vector = make_vector(key, array<16>(kRfcRand), 77, false);
  for (const SequenceNumber last : {SequenceNumber{77}, SequenceNumber{78}, kSequenceNumbers - 1}) {
    const auto card = answer_of_card(key, last, vector.rand, vector.autn);
    ASSERT_TRUE(std::holds_alternative<Resynchronize>(card));
    auto auts = std::get<Resynchronize>(card).auts;
    EXPECT_EQ(open_auts(key, vector.rand, auts), last);
    auts[13] ^= 1;
    EXPECT_FALSE(open_auts(key, vector.rand, auts));
  }
}

}  // namespace
}  // namespace keypact::eap
