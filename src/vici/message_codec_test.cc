#include "vici/message_codec.h"

#include <gtest/gtest.h>

namespace keypact::vici {
namespace {

Octets octets_of(std::string_view hex) { return from_hex(hex).value(); }

std::optional<MessageError> error_of(std::string_view hex) {
  const auto decoded = decode_message(octets_of(hex));
  return decoded ? std::nullopt : std::optional(decoded.error());
}

// The example of the README of strongSwan's vici plugin, octet for octet as written there.
constexpr std::string_view kExample =
    "03 04 6b657931 0006 76616c756531"  // key1 = value1
    "01 08 73656374696f6e31"            // section1 {
    "  01 0b 7375622d73656374696f6e"    //   sub-section {
    "    03 04 6b657932 0006 76616c756532"
    "  02"                //   }
    "  04 05 6c69737431"  //   list1 = [
    "    05 0005 6974656d31"
    "    05 0005 6974656d32"
    "  06"  //   ]
    "02";   // }

Message example() {
  Message message;
  message.key("key1", "value1");
  auto& section = message.section("section1");
  section.section("sub-section").key("key2", "value2");
  section.list("list1", {"item1", "item2"});
  return message;
}

TEST(MessageCodec, EncodesTheExampleOfTheProtocolDescription) {
  EXPECT_EQ(to_hex(encode_message(example())), to_hex(octets_of(kExample)));
}

TEST(MessageCodec, DecodesTheExampleOfTheProtocolDescription) {
  const auto decoded = decode_message(octets_of(kExample));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, example());
  EXPECT_EQ(to_string(*decoded),
            "key1 = value1\nsection1 {\n  sub-section {\n    key2 = value2\n  }\n  list1 = [item1, item2]\n}\n");
}

TEST(MessageCodec, KeepsEmptyNamesValuesListsAndSections) {
  Message message;
  message.key("empty", "").list("none", {}).list("blank", {""});
  message.section("");
  EXPECT_EQ(decode_message(encode_message(message)), message);
}

TEST(MessageCodec, TheSameNameInAnotherSectionIsAnotherName) {
  Message message;
  message.key("id", "1");
  message.section("a").key("id", "2");
  message.section("b").key("id", "3");
  EXPECT_EQ(decode_message(encode_message(message)), message);
}

TEST(MessageCodec, K06_name_length_beyond_the_end) {
  EXPECT_EQ(error_of("03"), MessageError::truncated);
  EXPECT_EQ(error_of("03 ff 61"), MessageError::truncated);
  EXPECT_EQ(error_of("01 05 61626364"), MessageError::truncated);
  EXPECT_EQ(error_of("04 02 61"), MessageError::truncated);
}

TEST(MessageCodec, K06_value_length_beyond_the_end) {
  EXPECT_EQ(error_of("03 01 61 00"), MessageError::truncated);
  EXPECT_EQ(error_of("03 01 61 ffff 62"), MessageError::truncated);
  EXPECT_EQ(error_of("04 01 61 05 0002 62"), MessageError::truncated);
}

TEST(MessageCodec, K06_every_prefix_of_a_message_is_refused_or_balanced) {
  const auto whole = octets_of(kExample);
  // Complete are the empty message, the one after key1, and the whole.
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto decoded = decode_message(OctetView(whole).first(length));
    EXPECT_EQ(decoded.has_value(), length == 14) << length;
  }
}

TEST(MessageCodec, K06_sections_unbalanced) {
  EXPECT_EQ(error_of("02"), MessageError::section_not_open);
  EXPECT_EQ(error_of("01 01 61"), MessageError::section_open);
  EXPECT_EQ(error_of("01 01 61 02 02"), MessageError::section_not_open);
}

TEST(MessageCodec, K06_lists_unbalanced_or_nested) {
  EXPECT_EQ(error_of("06"), MessageError::list_not_open);
  EXPECT_EQ(error_of("05 0001 61"), MessageError::list_not_open);
  EXPECT_EQ(error_of("04 01 61"), MessageError::list_open);
  EXPECT_EQ(error_of("04 01 61 04 01 62 06 06"), MessageError::list_open);
  EXPECT_EQ(error_of("04 01 61 03 01 62 0001 63 06"), MessageError::list_open);
  EXPECT_EQ(error_of("04 01 61 01 01 62 02 06"), MessageError::list_open);
  EXPECT_EQ(error_of("01 01 61 04 01 62 02"), MessageError::list_open);
}

TEST(MessageCodec, K06_element_types_that_do_not_exist) {
  EXPECT_EQ(error_of("00"), MessageError::element_unknown);
  EXPECT_EQ(error_of("07"), MessageError::element_unknown);
  EXPECT_EQ(error_of("ff"), MessageError::element_unknown);
}

TEST(MessageCodec, K06_names_that_are_not_printable) {
  EXPECT_EQ(error_of("03 01 00 0000"), MessageError::name_unprintable);
  EXPECT_EQ(error_of("03 02 c3a4 0000"), MessageError::name_unprintable);
  EXPECT_EQ(error_of("01 01 7f 02"), MessageError::name_unprintable);
}

TEST(MessageCodec, K06_a_name_twice_in_one_section) {
  EXPECT_EQ(error_of("03 01 61 0000 03 01 61 0000"), MessageError::name_repeated);
  EXPECT_EQ(error_of("03 01 61 0000 01 01 61 02"), MessageError::name_repeated);
  EXPECT_EQ(error_of("01 01 78 04 01 61 06 04 01 61 06 02"), MessageError::name_repeated);
}

TEST(MessageCodec, K06_sections_nested_without_end) {
  Octets deep;
  for (int i = 0; i < 170000; ++i) append(deep, octets_of("01 01 61"));
  EXPECT_EQ(decode_message(deep).error(), MessageError::too_deep);
}

TEST(MessageCodec, AcceptsTheDeepestNestingAndLeavesOutWhatIsBelow) {
  Message message;
  auto* section = &message;
  for (std::size_t i = 0; i < kDepth; ++i) section = &section->section("s");
  section->key("bottom", "yes");
  EXPECT_EQ(decode_message(encode_message(message)), message);
  section->section("below").key("a", "b");
  const auto decoded = decode_message(encode_message(message));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(to_string(*decoded).find("below"), std::string::npos);
}

TEST(MessageCodec, RefusesManyRepeatedNamesInLinearTime) {
  // 50,000 different names in one section; a comparison with all before would take minutes.
  Octets many;
  for (unsigned i = 0; i < 50000; ++i) {
    const std::string name = std::to_string(i);
    many.push_back(3);
    many.push_back(static_cast<std::uint8_t>(name.size()));
    append(many, as_octets(name));
    append(many, Octets{0, 0});
  }
  EXPECT_EQ(decode_message(many)->elements().size(), 50000u);
}

TEST(Section, CutsAndReplacesWhatTheEncodingCannotHold) {
  Section section;
  section.key(std::string(300, 'n'), std::string(70000, 'v'));
  section.key("tab\there", "x").list("l", {std::string(65536, 'i')});
  EXPECT_EQ(section.elements()[0].name.size(), kNameOctets);
  EXPECT_EQ(section.value_or(std::string(255, 'n')).size(), kValueOctets);
  EXPECT_EQ(section.value_or("tab?here"), "x");
  EXPECT_EQ(section.find_list("l")->front().size(), kValueOctets);
  EXPECT_EQ(decode_message(encode_message(section)), section);
}

TEST(Section, TheSameNameAgainReplacesAValueAndContinuesASection) {
  Section section;
  section.key("a", "1").key("a", "2");
  section.section("s").key("x", "1");
  section.section("s").key("y", "2");
  ASSERT_EQ(section.elements().size(), 2u);
  EXPECT_EQ(section.value_or("a"), "2");
  EXPECT_EQ(section.find_section("s")->elements().size(), 2u);
  EXPECT_EQ(section.find_value("s"), nullptr);
  EXPECT_EQ(section.find_list("a"), nullptr);
  EXPECT_EQ(section.value_or("absent", "otherwise"), "otherwise");
}

TEST(Section, WipeLeavesNoValueBehind) {
  Section section;
  section.key("data", "the pre-shared key of both").list("owners", {"alice"});
  section.section("deeper").key("data", "another");
  section.wipe();
  EXPECT_EQ(section.value_or("data"), std::string(26, '\0'));
  EXPECT_EQ(section.find_list("owners")->front(), std::string(5, '\0'));
  EXPECT_EQ(section.find_section("deeper")->value_or("data"), std::string(7, '\0'));
}

}  // namespace
}  // namespace keypact::vici
