// Where in the kernel a child stands: the grammars of its numbers, and which of them are chosen.
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/memory_files.h"
#include "config/placement_grammar.h"

namespace keypact::config {
namespace {

TEST(PlacementGrammar, ReadsMarks) {
  const auto mark = [](const char* text) { return parse_mark(text)->mark; };
  EXPECT_EQ(mark("1"), (Mark{1, 0xffffffff}));
  EXPECT_EQ(mark("0x1ff/0xff"), (Mark{0xff, 0xff})) << "its bits beyond the mask mean nothing";
  EXPECT_EQ(mark("0"), (Mark{0, 0xffffffff})) << "packets without a mark";
  EXPECT_TRUE(mark("0/0x00000000").is_any());
  EXPECT_EQ(mark("%unique/0xff"), (Mark{0, 0xff}));
  EXPECT_EQ(parse_mark("%unique")->choice, Choice::unique);
  EXPECT_EQ(parse_mark("%unique-dir")->choice, Choice::unique_dir);
  for (const char* wrong : {"", "x", "1/", "1/x", "4294967296", "%same", "%uniq"})
    EXPECT_FALSE(parse_mark(wrong)) << wrong;
}

TEST(PlacementGrammar, ReadsMarksThatAreSet) {
  EXPECT_EQ(parse_set_mark("5/0xf")->mark, (Mark{5, 0xf}));
  EXPECT_TRUE(parse_set_mark("%same")->same);
  EXPECT_EQ(parse_set_mark("%same/0xff00")->mark, (Mark{0, 0xff00}));
  for (const char* wrong : {"", "%unique", "%unique-dir", "1/x", "%same/"})
    EXPECT_FALSE(parse_set_mark(wrong)) << wrong;
}

TEST(PlacementGrammar, ReadsInterfaceIds) {
  EXPECT_EQ(parse_interface_id("0x2a")->value, 42u);
  EXPECT_EQ(parse_interface_id("%unique")->choice, Choice::unique);
  EXPECT_EQ(parse_interface_id("%unique-dir")->choice, Choice::unique_dir);
  for (const char* wrong : {"", "ipsec0", "%same", "4294967296"}) EXPECT_FALSE(parse_interface_id(wrong)) << wrong;
}

TEST(PlacementSetting, ChoosesNumbers) {
  std::uint32_t last = 100;
  const auto fresh = [&] { return ++last; };
  PlacementSetting setting;
  setting.mark_in = setting.mark_out = Choice::unique;
  setting.if_id_in = setting.if_id_out = Choice::unique_dir;
  setting.same_mark_out = true;
  const auto placement = placed(setting, fresh);
  EXPECT_EQ(placement.in.mark.value, 101u);
  EXPECT_EQ(placement.out.mark.value, 101u);
  EXPECT_EQ(placement.set_mark_out.value, 101u);
  EXPECT_EQ(placement.in.interface_id, 102u);
  EXPECT_EQ(placement.out.interface_id, 103u);
  setting = {};
  setting.in.mark = {7, 0xff};
  setting.mark_out = Choice::unique;
  setting.same_mark_in = true;
  EXPECT_EQ(placed(setting, fresh).in.mark, (Mark{7, 0xff}));
  EXPECT_EQ(placed(setting, fresh).set_mark_in.value, 7u);
  EXPECT_EQ(placed({}, fresh), Placement{});
}

TEST(PlacementReader, ReadsWhereAChildStandsInTheKernel) {
  MemoryFiles files{{"swanctl.conf",
                     "secrets { ike { secret = \"gJ3kP0aQ7mVx2LrT\" } }\n"
                     "connections { gw { local { auth = psk\n id = us } remote { auth = psk\n id = them }\n"
                     "if_id_in = 3\n if_id_out = %unique\n children { a { mark_in = 5\n mark_in_sa = yes\n"
                     "mark_out = 6/0xff\n set_mark_in = %same\n set_mark_out = 9/0xf\n reqid = 0x10\n priority = 7\n"
                     "interface = eth0\n policies = no\n policies_fwd_out = yes }\n"
                     "b { if_id_in = 4\n mark_out = %unique-dir } } } }"}};
  const auto loaded = load(files, "swanctl.conf");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(loaded->warnings.empty());
  const auto& children = loaded->snapshot->connection("gw")->children;
  PlacementSetting a;
  a.in = {{5, 0xffffffff}, 3};
  a.out = {{6, 0xff}, 0};
  a.mark_in_sa = true;
  a.set_mark_in = {0, 0xffffffff};
  a.same_mark_in = true;
  a.set_mark_out = {9, 0xf};
  a.reqid = 16;
  a.priority = 7;
  a.interface = "eth0";
  a.policies = false;
  a.policies_fwd_out = true;
  a.if_id_out = Choice::unique;
  a.if_ids_of_connection = true;
  EXPECT_EQ(children[0].placement, a);
  PlacementSetting b;
  b.in = {{}, 4};
  b.out = {{0, 0xffffffff}, 0};
  b.if_id_out = Choice::unique;
  b.mark_out = Choice::unique_dir;
  EXPECT_EQ(children[1].placement, b);
}

}  // namespace
}  // namespace keypact::config
