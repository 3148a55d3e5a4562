// The syntax of swanctl.conf. What a text means was taken from strongSwan 5.9.8's own reader: swanctl --load-conns with each
// text, and what it sent to the daemon.
#include <gtest/gtest.h>

#include "config/config_limits.h"
#include "config/memory_files.h"
#include "config/settings_references.h"

namespace keypact::config {
namespace {

/// "b{x=[1] y{z=[2] }}": the tree in one line.
std::string flat(const SettingsSection& section) {
  std::string text = section.name + '{';
  for (const auto& setting : section.settings) text += setting.name + "=[" + std::string(setting.text()) + "] ";
  for (const auto& inner : section.sections) text += flat(inner);
  return text + '}';
}

struct Parsed {
  std::string tree;  ///< of the section "connections"
  std::vector<Diagnostic> diagnostics;
};

Parsed parse(MemoryFiles source) {
  SourceFiles files;
  Problems problems(files);
  const auto root = parse_settings(source, "main", files, problems);
  ReferenceResolver resolver(*root, problems);
  const auto section = resolver.resolve("connections");
  return {section ? flat(*section) : "", problems.take()};
}

/// The text of one connection "b", as it is understood.
std::string in_connection(const std::string& text) {
  const auto parsed = parse({{"main", "connections { b {\n" + text + "\n} }\n"}});
  if (has_errors(parsed.diagnostics)) return to_string(parsed.diagnostics.front());
  return parsed.tree;
}

struct Row {
  const char* text;
  const char* tree;
};

class SyntaxTable : public testing::TestWithParam<Row> {};

TEST_P(SyntaxTable, MeansWhatStrongSwanMakesOfIt) {
  EXPECT_EQ(in_connection(GetParam().text), std::string("connections{b{") + GetParam().tree + "}}");
}

INSTANTIATE_TEST_SUITE_P(
    Values, SyntaxTable,
    testing::Values(Row{"a=b", "a=[b] "}, Row{"a = b # c", "a=[b] "}, Row{"x = a { b", "x=[a { b] "},
                    Row{"y = p:q,r=s.t", "y=[p:q,r=s.t] "}, Row{"t = a   b \t c", "t=[a b c] "}, Row{"s =", "s=[] "},
                    Row{"s = \"\"", "s=[] "}, Row{"q = \"a\" \"b\"", "q=[a b] "},
                    Row{"v = foo\"bar  baz\"qux", "v=[foo bar  baz qux] "}, Row{"a = \"}#\" # c", "a=[}#] "},
                    Row{"a = b c = d", "a=[b c = d] "}, Row{"a = b;c", "a=[b;c] "}, Row{"a = 'b'", "a=['b'] "},
                    Row{"a = b\r", "a=[b] "}, Row{"a = x\\ny", "a=[x\\ny] "}, Row{"u = a\\ b\\#c", "u=[a\\ b\\] "},
                    Row{"a = \\", "a=[\\] "}, Row{"a = 1\na = 2", "a=[2] "}));

INSTANTIATE_TEST_SUITE_P(Strings, SyntaxTable,
                         testing::Values(Row{"z = \"multi\nline\" more", "z=[multi\nline more] "},
                                         Row{"w = \"a\\tb\\n\\\"q\\\"\\r\\\\\" m", "w=[a\tb\n\"q\"\r\\ m] "},
                                         Row{"w = \"a\\\ncont\"", "w=[acont] "},
                                         Row{"w = \"a\\\r\ncont\"", "w=[acont] "},
                                         Row{"r = \"esc \\q \\x41\"", "r=[esc q x41] "}));

INSTANTIATE_TEST_SUITE_P(Sections, SyntaxTable,
                         testing::Values(Row{"a{b=c}", "a{b=[c] }"},
                                         Row{"l { id = x } r { id = y }", "l{id=[x] }r{id=[y] }"},
                                         Row{"l\n{ id = x\n}", "l{id=[x] }"}, Row{"l { } a = 5", "a=[5] l{}"},
                                         Row{"l { id = a } l { auth = psk }", "l{id=[a] auth=[psk] }"},
                                         Row{"include = 3", "include=[3] "}, Row{"include-x { }", "include-x{}"},
                                         Row{"b\\c;\xc3\xa9 { }", "b\\c;\xc3\xa9{}"}));

TEST(Syntax, SkipsAByteOrderMark) {
  EXPECT_EQ(parse({{"main",
                    "\xef\xbb\xbf"
                    "connections { a = b }"}})
                .tree,
            "connections{a=[b] }");
}

TEST(Syntax, TakesAFileWithoutNewlineAtItsEnd) {
  EXPECT_EQ(parse({{"main", "connections { a = b } # no newline"}}).tree, "connections{a=[b] }");
  EXPECT_EQ(parse({{"main", ""}}).tree, "");
}

struct ErrorRow {
  const char* text;
  unsigned line;
  unsigned column;
  const char* what;
};

class SyntaxErrors : public testing::TestWithParam<ErrorRow> {};

TEST_P(SyntaxErrors, NameTheirPlace) {
  const auto& row = GetParam();
  const auto parsed = parse({{"main", std::string("connections { b {\n") + row.text + "\n} }\n"}});
  ASSERT_FALSE(parsed.diagnostics.empty());
  const auto& first = parsed.diagnostics.front();
  EXPECT_EQ(first.severity, Severity::error);
  EXPECT_EQ(first.what, row.what) << to_string(first);
  EXPECT_EQ(std::pair(first.line, first.column), std::pair(row.line, row.column)) << to_string(first);
}

INSTANTIATE_TEST_SUITE_P(
    Places, SyntaxErrors,
    testing::Values(ErrorRow{"a b = c", 2, 3, "unexpected \"b\""}, ErrorRow{"a = b\\\n c", 4, 1, "unexpected }"},
                    ErrorRow{"a = \"x", 2, 5, "this string has no end"},
                    ErrorRow{"a = b\"c", 2, 6, "this string has no end"},
                    ErrorRow{"\"a\" = b", 2, 1, "unexpected string"},
                    ErrorRow{"  a.b = c", 2, 4, "a name cannot have a dot in it"},
                    ErrorRow{"= b", 2, 1, "unexpected ="}, ErrorRow{"l { id = x }; c = d", 2, 15, "unexpected \"c\""},
                    ErrorRow{": x { }", 2, 1, "unexpected :"}, ErrorRow{"a : b", 3, 1, "unexpected }"},
                    ErrorRow{"a : , b { }", 2, 5, "unexpected ,"}, ErrorRow{"a = \x01", 2, 5, "control character"},
                    ErrorRow{"a\x1b = 4", 2, 2, "unexpected control character"},
                    ErrorRow{"a { b = c", 1, 1, "section \"connections\" has no end"}));

TEST(Syntax, ReportsABraceTooMuch) {
  const auto parsed = parse({{"main", "connections { }\n}\n"}});
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.diagnostics[0].what, "} without a section");
  EXPECT_EQ(parsed.diagnostics[0].line, 2u);
}

TEST(Syntax, GoesOnAfterAnError) {
  const auto parsed = parse({{"main", "connections {\n a b\n \"c\" = d\n e f {\n g = h\n }\n i = j\n k l = m\n}\n"}});
  std::vector<unsigned> lines;
  for (const auto& diagnostic : parsed.diagnostics) lines.push_back(diagnostic.line);
  EXPECT_EQ(lines, (std::vector<unsigned>{2, 3, 4, 8}));
  EXPECT_EQ(parsed.tree, "connections{i=[j] }");
}

TEST(Syntax, StopsAfterTwentyErrors) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a b\n";
  const auto parsed = parse({{"main", text}});
  EXPECT_EQ(parsed.diagnostics.size(), 20u);
}

TEST(Includes, AreRelativeToTheIncludingFileAndMayStandInSections) {
  const auto parsed = parse({{"main", "connections { b {\n include sub/*.conf\n x = 1 } }"},
                             {"sub/a.conf", "v = 2 # first\ninclude deep/\"y\".conf"},
                             {"sub/b.conf", "include deep/z.conf\n"},
                             {"sub/deep/z.conf", "l { id = 5 }"}});
  EXPECT_EQ(parsed.tree, "connections{b{v=[2] x=[1] l{id=[5] }}}");
}

TEST(Includes, UnderstandQuotesEscapesAndWhatFollows) {
  const auto parsed = parse(
      {{"main", "connections { b { include \"with space\" } c { include with\\ space } d { include h\\# x = y\n} }"},
       {"with space", "k = 1"},
       {"h#", "m = 2"}});
  EXPECT_EQ(parsed.tree, "connections{b{k=[1] }c{k=[1] }d{m=[2] x=[y] }}");
}

TEST(Includes, WithoutAMatchAreNoErrors) {
  const auto parsed = parse({{"main", "include none*.conf\ninclude none.conf\ninclude \nconnections { a = b }"}});
  EXPECT_EQ(parsed.tree, "connections{a=[b] }");
  ASSERT_EQ(parsed.diagnostics.size(), 2u);
  EXPECT_EQ(parsed.diagnostics[0].what, "no file none.conf");
  EXPECT_EQ(parsed.diagnostics[1].what, "include without a file");
  EXPECT_FALSE(has_errors(parsed.diagnostics));
}

TEST(Includes, K08_CyclesAndDepthEndInAnError) {
  const auto cycle = parse({{"main", "include b"}, {"b", "x { include main\n }"}});
  ASSERT_EQ(cycle.diagnostics.size(), 1u);
  EXPECT_EQ(cycle.diagnostics[0].file, "b");
  EXPECT_EQ(cycle.diagnostics[0].what, "main includes itself");

  MemoryFiles chain{{"main", "include f0"}, {"f0", "include f1"}, {"f1", "include f2"}, {"f2", "include f3"},
                    {"f3", "include f4"},   {"f4", "include f5"}, {"f5", "include f6"}, {"f6", "include f7"},
                    {"f7", "include f8"},   {"f8", "include f9"}, {"f9", "include fa"}, {"fa", "a = b"}};
  const auto deep = parse(std::move(chain));
  ASSERT_EQ(deep.diagnostics.size(), 1u);
  EXPECT_EQ(deep.diagnostics[0].file, "f9");
}

TEST(Includes, K08_ManyOctetsEndInAnError) {
  // The eighth file goes beyond 64 MiB in all.
  const std::string large(8U << 20, '#');
  MemoryFiles files{{"main", "include *.conf"}, {"1.conf", large}, {"2.conf", large},
                    {"3.conf", large},          {"4.conf", large}, {"5.conf", large},
                    {"6.conf", large},          {"7.conf", large}, {"8.conf", large}};
  const auto parsed = parse(std::move(files));
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.diagnostics[0].why, "it is too large");
}

TEST(Limits, A19_ValuesOf64KiBAndDeepEscapesAreErrorsOrValues) {
  const std::string fits(limits::kValueOctets, 'x');
  EXPECT_EQ(in_connection("a = " + fits), "connections{b{a=[" + fits + "] }}");
  EXPECT_EQ(in_connection("a = \"" + fits + '"'), "connections{b{a=[" + fits + "] }}");
  const auto too_long = parse({{"main", "connections {\n a = " + fits + "x\n b = c\n}"}});
  ASSERT_EQ(too_long.diagnostics.size(), 1u);
  EXPECT_EQ(too_long.diagnostics[0].what, "this value is too long");
  EXPECT_EQ(too_long.diagnostics[0].column, 6u + limits::kValueOctets);
  EXPECT_LT(too_long.diagnostics[0].shown.size(), 200u);
  EXPECT_EQ(too_long.tree, "connections{b=[c] }");

  std::string escapes;
  for (int i = 0; i < 40000; ++i) escapes += "\\\\";
  EXPECT_EQ(in_connection("a = \"" + escapes + '"'), "connections{b{a=[" + std::string(40000, '\\') + "] }}");
  EXPECT_FALSE(parse({{"main", "connections { a = \"" + escapes + "\\"}}).diagnostics.empty());
}

TEST(Limits, BoundNamesAndNesting) {
  EXPECT_EQ(in_connection(std::string(255, 'n') + " = 1"), "connections{b{" + std::string(255, 'n') + "=[1] }}");
  EXPECT_NE(in_connection(std::string(256, 'n') + " = 1").find("this name is too long"), std::string::npos);
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "a {";
  const auto parsed = parse({{"main", nested}});
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.diagnostics[0].what, "too many sections within each other");
}

TEST(References, GiveOwnEntriesFirstAndThenThoseOfEachReferenceInTurn) {
  const auto parsed = parse({{"main", R"(
defs { version = 2
 encap = yes
 local-z { id = z1
  auth = psk }
 children { c0 { mode = tunnel } } }
defs2 { version = 1
 mobike = no
 local-z { id = z2
  eap_id = q }
 remote-y { id = y } }
chd { rekey_time = 5m
 local_ts = 10.0.0.0/8 }
connections {
  a : defs, defs2 { mobike = yes
   encap =
   remote-b { id = b }
   local-z { xauth_id = own }
   children { c1 : chd { life_time = 6m } } }
  c : connections.a { version = 0 }
  e : defs { }
  e : defs2 { } })"}});
  EXPECT_TRUE(parsed.diagnostics.empty());
  const std::string inherited =
      "remote-b{id=[b] }local-z{xauth_id=[own] id=[z1] auth=[psk] eap_id=[q] }"
      "children{c1{life_time=[6m] rekey_time=[5m] local_ts=[10.0.0.0/8] }c0{mode=[tunnel] }}"
      "remote-y{id=[y] }";
  EXPECT_EQ(parsed.tree, "connections{a{mobike=[yes] encap=[] version=[2] " + inherited +
                             "}c{version=[0] mobike=[yes] encap=[] " + inherited +
                             "}e{version=[2] encap=[yes] mobike=[no] local-z{id=[z1] auth=[psk] eap_id=[q] }"
                             "children{c0{mode=[tunnel] }}remote-y{id=[y] }}}");
}

TEST(References, ReachIntoInheritedSectionsAndIntoTheRootSection) {
  EXPECT_EQ(
      parse({{"main",
              "connections { a : p.q { children { k { } } } }\n"
              "p { q { children { m : p.s { } } } s { mode = pass } s { mode = drop } }\np { q { version = 2 } }"}})
          .tree,
      "connections{a{version=[2] children{k{}m{mode=[drop] }}}}");
  EXPECT_EQ(parse({{"main", "connections : x { }\nx { f { version = 2 } }"}}).tree, "connections{f{version=[2] }}");
  EXPECT_EQ(parse({{"main", "t { c { d = 1 } }\nu : t { }\nconnections { a : u.c { } }"}}).tree,
            "connections{a{d=[1] }}");
}

TEST(References, ThatNameNothingAreErrorsWithASuggestion) {
  const auto parsed = parse({{"main", "defaults { a = b }\nconnections { c : defualts { } }"}});
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(to_string(parsed.diagnostics[0]),
            "main:2:19: error: no section \"defualts\" to inherit from\n"
            "  2 | connections { c : defualts { } }\n"
            "    |                   ^\n"
            "  rule: after : stand the absolute names of sections\n"
            "  hint: did you mean \"defaults\"?\n");
}

TEST(References, K08_CirclesAndMultiplicationEndInAnError) {
  for (const char* text : {"connections { a : connections.a { } }", "connections { a : b { } }\nb : c { }\nc : b { }",
                           "connections { a : connections.a.x { } }", "connections { a : connections { } }",
                           "connections { a : connections { }\n b : connections { } }"}) {
    const auto parsed = parse({{"main", text}});
    EXPECT_TRUE(has_errors(parsed.diagnostics)) << text;
    EXPECT_EQ(parsed.tree, "") << text;
  }
  std::string laughs = "a0 { k = v }\n";
  for (int i = 1; i < 30; ++i) {
    const auto before = "a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + " { x : " + before + " { } y : " + before + " { } }\n";
  }
  EXPECT_TRUE(has_errors(parse({{"main", laughs + "connections : a29 { }"}}).diagnostics));
  std::string chain = "connections : a0 { }\n";
  for (int i = 0; i < 10'000; ++i) chain += "a" + std::to_string(i) + " : a" + std::to_string(i + 1) + " { }\n";
  EXPECT_TRUE(has_errors(parse({{"main", chain + "a10000 { }"}}).diagnostics));
}

}  // namespace
}  // namespace keypact::config
