#include "vici/request_grammar.h"

#include <gtest/gtest.h>

namespace keypact::vici {
namespace {

TEST(RequestGrammar, ReadsTheFourWordsOfEachTruthInAnyCase) {
  for (const auto* yes : {"yes", "TRUE", "Enabled", "1"}) EXPECT_EQ(parse_boolean(yes), true) << yes;
  for (const auto* no : {"no", "False", "DISABLED", "0"}) EXPECT_EQ(parse_boolean(no), false) << no;
  for (const auto* neither : {"", "y", "on", "10", "yes "}) EXPECT_EQ(parse_boolean(neither), std::nullopt) << neither;
}

TEST(RequestGrammar, ReadsNumbersAsCDoesWithBaseZero) {
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_number("30000"), 30000);
  EXPECT_EQ(parse_number("-1"), -1);
  EXPECT_EQ(parse_number("+7"), 7);
  EXPECT_EQ(parse_number("0x1F"), 31);
  EXPECT_EQ(parse_number("010"), 8);
  EXPECT_EQ(parse_number("9223372036854775807"), 9223372036854775807);
  for (const auto* bad : {"", "-", "0x", "09", "1s", " 1", "--1", "-+1", "0x-1", "9223372036854775808"}) {
    EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
  }
}

TEST(RequestGrammar, AnEmptyValueIsNotGiven) {
  Section section;
  section.key("ike", "").key("force", "").key("timeout", "");
  EXPECT_EQ(text_of(section, "ike"), std::nullopt);
  EXPECT_EQ(text_of(section, "child"), std::nullopt);
  EXPECT_EQ(boolean_of(section, "force").value(), std::nullopt);
  EXPECT_EQ(number_of(section, "timeout").value(), std::nullopt);
}

TEST(RequestGrammar, ABadValueNamesItsKey) {
  Section section;
  section.key("force", "maybe").key("timeout", "soon");
  EXPECT_EQ(boolean_of(section, "force").error().to_string(), "invalid value for: force");
  EXPECT_EQ(number_of(section, "timeout").error().to_string(), "invalid value for: timeout");
}

}  // namespace
}  // namespace keypact::vici
