#include "wire/parse_error.h"

#include <gtest/gtest.h>

#include <set>

namespace keypact::wire {
namespace {

constexpr int kCodes = static_cast<int>(ParseErrorCode::fragment_numbers) + 1;

TEST(ParseError, HasOneSentenceOfItsOwnForEachCodeWithTheSection) {
  std::set<std::string> sentences;
  for (int code = 0; code < kCodes; ++code) {
    const ParseError error{static_cast<ParseErrorCode>(code), PayloadType::SA, 28};
    const auto text = error.to_string();
    EXPECT_TRUE(text.starts_with("payload SA, octet 28: ")) << text;
    EXPECT_TRUE(text.ends_with(")")) << text;
    EXPECT_NE(text.find("(RFC 7"), std::string::npos) << text;
    EXPECT_EQ(text.find("malformed (RFC 7296 §3)"), std::string::npos) << "no sentence for " << code;
    EXPECT_TRUE(sentences.insert(text).second) << text;
  }
}

TEST(ParseError, NamesTheMessageWhenItIsInNoPayload) {
  const ParseError error{ParseErrorCode::trailing_octets, PayloadType::None, 40};
  EXPECT_TRUE(error.to_string().starts_with("message, octet 40: "));
}

TEST(ParseError, IsAnsweredWithInvalidSyntaxSaveForTwo) {
  for (int code = 0; code < kCodes; ++code) {
    const ParseError error{static_cast<ParseErrorCode>(code), PayloadType::SA, 0};
    auto expected = NotifyType::INVALID_SYNTAX;
    if (error.code == ParseErrorCode::unsupported_critical_payload) expected = NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD;
    if (error.code == ParseErrorCode::unsupported_major_version) expected = NotifyType::INVALID_MAJOR_VERSION;
    EXPECT_EQ(error.notify(), expected);
  }
}

TEST(ParseError, IsTotal) {
  EXPECT_FALSE((ParseError{static_cast<ParseErrorCode>(9999), PayloadType{250}, 0}).to_string().empty());
}

}  // namespace
}  // namespace keypact::wire
