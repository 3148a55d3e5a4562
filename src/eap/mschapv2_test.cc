#include "eap/mschapv2.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eap/digest.h"
#include "eap/md5.h"
#include "eap/test_conversation.h"

namespace keypact::eap {
namespace {

using namespace mschapv2;

Octets hex(std::string_view text) { return *from_hex(text); }

template <std::size_t Octets>
std::array<std::uint8_t, Octets> array(std::string_view text) {
  std::array<std::uint8_t, Octets> out{};
  std::ranges::copy(hex(text), out.begin());
  return out;
}

std::string text(OctetView octets) { return to_hex(octets); }

// RFC 2759 §9.2.
const Exchange kExample{array<16>("5B5D7C7D7B3F2F3E3C2C602132262628"), array<16>("21402324255E262A28295F2B3A337C7E"),
                        "User"};

TEST(Mschapv2, HasTheValuesOfRfc2759Section9) {
  ASSERT_TRUE(has_legacy_algorithms());
  const auto hash = password_hash(password_of("clientPass"));
  ASSERT_TRUE(hash);
  EXPECT_EQ(text(hash->reveal()), "44ebba8d5312b8d611474411f56989ae");
  EXPECT_EQ(text(md4(hash->reveal())), "41c00c584bd2d91c4017a2a12fa59f3f");
  const auto response = nt_response(*hash, kExample);
  EXPECT_EQ(text(response), "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
  EXPECT_TRUE(success_message(authenticator_response(*hash, response, kExample))
                  .starts_with("S=407A5589115FD0D6209F510FE9C04566932CDA56"));
}

TEST(Mschapv2, HasTheStartKeyOfRfc3079Section3) {
  const auto hash = password_hash(password_of("clientPass"));
  const auto response = nt_response(*hash, kExample);
  EXPECT_EQ(text(start_key(*hash, response, false).reveal()), "8b7cdc149b993a1ba118cb153f56dccb");
  const auto key = msk(*hash, response);
  ASSERT_EQ(key.size(), kMskOctets);
  EXPECT_EQ(text(key.reveal().first(16)), text(start_key(*hash, response, true).reveal()));
  EXPECT_EQ(text(key.reveal().subspan(16, 16)), "8b7cdc149b993a1ba118cb153f56dccb");
  EXPECT_EQ(text(key.reveal().subspan(32)), std::string(64, '0'));
}

TEST(Mschapv2, DesHasTheValueOfFips81) {
  const auto clear = array<8>("4e6f772069732074");
  std::array<std::uint8_t, 7> packed{};
  std::uint64_t bits = 0;
  for (const auto octet : hex("0123456789abcdef")) bits = bits << 7 | octet >> 1;
  for (std::size_t i = 0; i < 7; ++i) packed[i] = static_cast<std::uint8_t>(bits >> (48 - 8 * i));
  EXPECT_EQ(text(des_encrypt(packed, clear)), "3fa40e8a984d4815");
}

TEST(Mschapv2, TakesAnNtHashInPlaceOfThePassword) {
  const Password hashed{Secret::copy_of(hex("44ebba8d5312b8d611474411f56989ae")), true};
  EXPECT_EQ(text(password_hash(hashed)->reveal()), "44ebba8d5312b8d611474411f56989ae");
  EXPECT_FALSE(password_hash({Secret(15), true}));
}

TEST(Mschapv2, PasswordsAreUtf8AndHashedAsUtf16) {
  // U+00E9, U+20AC and U+1F511, in UTF-16LE e900 ac20 3dd8 11dd.
  const auto hash = password_hash(password_of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"));
  ASSERT_TRUE(hash);
  EXPECT_EQ(text(hash->reveal()), text(md4(hex("e900ac203dd811dd"))));
  for (const std::string_view bad : {"\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(password_hash(password_of(bad))) << text(as_octets(bad));
}

TEST(Mschapv2, DomainIsNoPartOfTheUsersName) {
  EXPECT_EQ(without_domain("BIGCO\\johndoe"), "johndoe");
  EXPECT_EQ(without_domain("johndoe"), "johndoe");
  EXPECT_EQ(without_domain("BIGCO\\"), "");
}

TEST(Mschapv2, PacketsAreTheSameAfterEncodingAndParsing) {
  const auto octets = encode(AnswerPacket{ResponsePacket{7, array<16>("01"), array<24>("02"), "carol"}});
  const auto answer = parse_answer(octets);
  ASSERT_TRUE(answer);
  EXPECT_EQ(encode(*answer), octets);
  for (const RequestPacket& packet :
       {RequestPacket(ChallengePacket{1, array<16>("03"), "moon"}), RequestPacket(SuccessPacket{2, "S=12"}),
        RequestPacket(FailurePacket{3, "E=691"})}) {
    const auto parsed = parse_request(encode(packet));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(encode(*parsed), encode(packet));
  }
}

TEST(Mschapv2, F03_EveryOpcodeInEveryLengthIsParsedOrRefused) {
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    for (std::size_t length = 0; length <= 64; ++length) {
      for (const std::size_t claimed : {length, length + 1, std::size_t{0}, std::size_t{4}, std::size_t{65535}}) {
        Octets data(length, 0x31);
        if (length > 0) data[0] = static_cast<std::uint8_t>(opcode);
        if (length >= 4) {
          data[2] = static_cast<std::uint8_t>(claimed >> 8);
          data[3] = static_cast<std::uint8_t>(claimed);
        }
        if (length > 4) data[4] = opcode == 1 ? 16 : 49;
        const auto request = parse_request(data);
        const auto answer = parse_answer(data);
        const bool described = length >= 4 && claimed == length;
        EXPECT_EQ(request.has_value(), described && ((opcode == 1 && length >= 21) || opcode == 3 || opcode == 4));
        const bool acknowledgement = (opcode == 3 || opcode == 4) && (length == 1 || length == 4);
        EXPECT_EQ(answer.has_value(), acknowledgement || (described && opcode == 2 && length >= 54));
      }
    }
  }
}

TEST(Mschapv2, F03_ShortMessagesOfSuccessAndFailureSayNothing) {
  for (const std::string_view message : {"", "S", "S=", "S=12", "E", "E=", "E=6", "M="}) {
    EXPECT_FALSE(parse_success(message));
    EXPECT_EQ(failure_sentence(message), "it does not say why");
  }
  EXPECT_FALSE(parse_success("S=" + std::string(39, '0')));
  EXPECT_FALSE(parse_success("S=" + std::string(39, '0') + "g"));
  EXPECT_FALSE(parse_success("S=00 " + std::string(39, '0')));
  EXPECT_TRUE(parse_success("S=" + std::string(40, '0') + " M=OK"));
  EXPECT_EQ(failure_sentence("E=647 R=0 C=00 V=3 M=no"), "the account is disabled (E=647)");
}

TEST(EapMd5, HasTheValueThatAnotherImplementationComputes) {
  // Python: hashlib.md5(bytes([42]) + b"secret" + bytes(range(16)))
  const auto challenge = hex("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(text(md5_response(42, as_octets("secret"), challenge)), "03dc98c5a832692b49df73cf48fcb4e9");
}

}  // namespace
}  // namespace keypact::eap
