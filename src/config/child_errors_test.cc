// What is wrong in a child: the place, the rule and the remedy of each mistake.
#include "config/test_texts.h"

namespace keypact::config {
namespace {

struct ErrorRow {
  const char* child;  ///< a line in a child, line 6 of the file
  unsigned column;
  const char* what;
  const char* hint;
};

class ChildErrors : public testing::TestWithParam<ErrorRow> {};

TEST_P(ChildErrors, NameThePlaceOfTheWrongPart) {
  const auto loaded = load_text(net(GetParam().child));
  ASSERT_FALSE(loaded.has_value());
  ASSERT_EQ(loaded.error().size(), 1u) << told(net(GetParam().child));
  const auto& error = loaded.error().front();
  EXPECT_EQ(error.what, GetParam().what);
  EXPECT_EQ(error.line, 6u);
  EXPECT_EQ(error.column, GetParam().column);
  EXPECT_EQ(error.remedy, GetParam().hint);
}

#define NET "connections.gw.children.net"
INSTANTIATE_TEST_SUITE_P(
    Table, ChildErrors,
    testing::Values(
        ErrorRow{"mode = tunel", 8, NET ".mode: bad value \"tunel\"", "did you mean \"tunnel\"?"},
        ErrorRow{"mode = iptfs", 8, NET ".mode = iptfs is not available yet in this version",
                 "use mode = tunnel, transport or beet"},
        ErrorRow{"ah_proposals = aes256-sha256", 16, NET ".ah_proposals: bad value \"aes256-sha256\"",
                 "for instance sha256-x25519; for encryption name `esp_proposals`"},
        ErrorRow{"ah_proposals = x25519", 16, NET ".ah_proposals: bad value \"x25519\"", "for instance sha256"},
        ErrorRow{"sha256_96 = yes", 1, NET ".sha256_96 is not available yet in this version", ""},
        ErrorRow{"label = foo", 1, NET ".label is not available yet in this version", ""},
        ErrorRow{"local_ts = 10.0.0.0/8, 10.0.0.0/33", 24, NET ".local_ts: bad value \"10.0.0.0/33\"",
                 "write the block as 10.1.0.0/16"},
        ErrorRow{"esp_proposals = default, aes256-sha265", 33, NET ".esp_proposals: bad value \"sha265\"",
                 "did you mean \"sha256\"?"},
        ErrorRow{"esp_proposals = aes256gcm16-ke1_mlkem768", 17,
                 NET ".esp_proposals: bad value \"aes256gcm16-ke1_mlkem768\"", "for instance x25519-ke1_mlkem768"},
        ErrorRow{"esp_proposals = aes256gcm16-x25519-none-ke1_x448", 17,
                 NET ".esp_proposals: bad value \"aes256gcm16-x25519-none-ke1_x448\"",
                 "write a proposal of its own for each, separated by a comma"},
        ErrorRow{"start_action = none|strat", 21, NET ".start_action: bad value \"strat\"", ""},
        ErrorRow{"rekey_time = 1w", 14, NET ".rekey_time: bad value \"1w\"", ""},
        ErrorRow{"rekey_bytes = 1t", 15, NET ".rekey_bytes: bad value \"1t\"", ""},
        ErrorRow{"mark_in = %same", 11, NET ".mark_in: bad value \"%same\"", ""},
        ErrorRow{"set_mark_out = %unique", 16, NET ".set_mark_out: bad value \"%unique\"", ""},
        ErrorRow{"if_id_out = ipsec0", 13, NET ".if_id_out: bad value \"ipsec0\"", ""},
        ErrorRow{"interface = an-interface-name", 13, NET ".interface: bad value \"an-interface-name\"", ""},
        ErrorRow{"policies = maybe", 12, NET ".policies: bad value \"maybe\"", ""},
        ErrorRow{"hw_offload = atuo", 14, NET ".hw_offload: bad value \"atuo\"", "did you mean \"auto\"?"},
        ErrorRow{"copy_df = perhaps", 11, NET ".copy_df: bad value \"perhaps\"", ""},
        ErrorRow{"replay_window = -1", 17, NET ".replay_window: bad value \"-1\"", ""},
        ErrorRow{"version = 2", 1, "unknown setting \"version\" in " NET, "it is a setting of a connection"},
        ErrorRow{"loca_ts = dynamic", 1, "unknown setting \"loca_ts\" in " NET, "did you mean \"local_ts\"?"},
        ErrorRow{"mode { }", 1, "unknown section \"mode\" in " NET, "mode is a setting: mode = ..."}));
#undef NET

}  // namespace
}  // namespace keypact::config
