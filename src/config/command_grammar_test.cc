#include "config/command_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypact::config {
namespace {

using testing::ElementsAre;

TEST(CommandGrammar, SplitsAtBlanksAndKeepsQuotedWordsWhole) {
  EXPECT_THAT(parse_command("/usr/lib/ipsec/_updown iptables").value(),
              ElementsAre("/usr/lib/ipsec/_updown", "iptables"));
  EXPECT_THAT(parse_command(R"(  "/my scripts/up" 'a b'"c"  '' )").value(), ElementsAre("/my scripts/up", "a bc", ""));
}

TEST(CommandGrammar, RefusesWhatOnlyAShellWouldUnderstand) {
  for (const auto* text :
       {"/bin/a | /bin/b", "/bin/a; rm x", "/bin/a $HOME", "/bin/a `id`", "/bin/a > x", "/bin/a *", "/bin/a\\ b"}) {
    const auto command = parse_command(text);
    ASSERT_FALSE(command.has_value()) << text;
    EXPECT_NE(command.error().why.find("without a shell"), std::string::npos);
  }
  EXPECT_TRUE(parse_command("/bin/a '$HOME | b'").has_value()) << "quoted, it is a word like any other";
}

TEST(CommandGrammar, WantsAnAbsolutePathAndClosedQuotes) {
  EXPECT_FALSE(parse_command("updown").has_value());
  EXPECT_FALSE(parse_command("").has_value());
  EXPECT_FALSE(parse_command("/bin/a 'b").has_value());
}

}  // namespace
}  // namespace keypact::config
