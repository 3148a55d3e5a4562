#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

constexpr std::string_view kV4 = "07000010 0000ffff 0a010000 0a01ffff";
constexpr std::string_view kV6 = "08060028 00500050 20010db8000000000000000000000001 20010db8000000000000000000000002";

TsPayload ts(const std::string& body, PayloadType role = PayloadType::TSi) { return accepted<TsPayload>(role, body); }
ParseErrorCode refused(const std::string& body) { return refusal(PayloadType::TSr, body); }
std::string one(std::string_view selector) { return "01000000" + std::string(selector); }

TEST(TsPayload, ReadsSelectorsOfBothFamilies) {
  const auto payload = ts("02000000" + std::string(kV4) + std::string(kV6), PayloadType::TSr);
  EXPECT_EQ(payload.role, PayloadType::TSr);
  const auto selectors = payload.selectors();
  ASSERT_EQ(selectors.size(), 2u);
  EXPECT_EQ(selectors[0].to_string(), "10.1.0.0/16");
  EXPECT_EQ(selectors[1].to_string(), "2001:db8::1..2001:db8::2[tcp/80]");
  EXPECT_EQ(TsPayload::of(PayloadType::TSr, selectors), payload);
}

TEST(TsPayload, IgnoresReservedOctets) {
  expect_reserved_ignored(PayloadType::TSi, "01010203" + std::string(kV4), one(kV4));
}

TEST(TsPayload, KeepsOpaquePorts) {
  const auto payload = ts(one("07110010 ffff0000 0a010000 0a01ffff"));
  EXPECT_TRUE(payload.selectors().at(0).ports.is_opaque());
}

TEST(TsPayload, A14_count_that_contradicts_the_octets) {
  EXPECT_EQ(refused("00000000"), traffic_selector_malformed);
  EXPECT_EQ(refused("00000000" + std::string(kV4)), traffic_selector_malformed);
  EXPECT_EQ(refused("02000000" + std::string(kV4)), traffic_selector_malformed);
  EXPECT_EQ(refused("01000000" + std::string(kV4) + std::string(kV4)), traffic_selector_malformed);
  EXPECT_EQ(refused("ff000000" + std::string(kV4)), too_many_traffic_selectors);
}

TEST(TsPayload, A14_selector_lengths) {
  for (int length = 0; length < 64; ++length) {
    for (const auto selector : {kV4, kV6}) {
      auto body = hex(one(selector));
      if (body[7] == length) continue;
      body[7] = static_cast<std::uint8_t>(length);
      EXPECT_EQ(refusal(PayloadType::TSi, body), traffic_selector_malformed) << length;
    }
  }
  EXPECT_EQ(refused(one("0700ffff 0000ffff 0a010000 0a01ffff")), traffic_selector_malformed);
  EXPECT_EQ(refused(one("08000010 0000ffff 0a010000 0a01ffff")), traffic_selector_malformed);
  EXPECT_EQ(refused(one("07000028" + std::string(kV6.substr(9)))), traffic_selector_malformed);
}

TEST(TsPayload, A14_start_after_end) {
  EXPECT_EQ(refused(one("07000010 0000ffff 0a020000 0a01ffff")), traffic_selector_malformed);
  EXPECT_EQ(refused(one("08000028 0000ffff ff000000000000000000000000000000 20000000000000000000000000000000")),
            traffic_selector_malformed);
}

TEST(TsPayload, A14_start_port_after_end_port) {
  EXPECT_EQ(refused(one("07060010 00510050 0a010000 0a01ffff")), traffic_selector_malformed);
  EXPECT_EQ(refused(one("07060010 ffff0001 0a010000 0a01ffff")), traffic_selector_malformed);
  EXPECT_EQ(refused(one("07060010 fffe0000 0a010000 0a01ffff")), traffic_selector_malformed);
}

TEST(TsPayload, A14_ports_without_a_protocol_are_kept_but_never_chosen) {
  const auto payload = ts("02000000 07000010 00500050 0a010000 0a01ffff" + std::string(kV4));
  EXPECT_EQ(payload.entries.size(), 2u);
  ASSERT_EQ(payload.selectors().size(), 1u);
  EXPECT_TRUE(payload.selectors().at(0).ports.is_any());
}

TEST(TsPayload, A14_unknown_types_are_kept_but_never_chosen) {
  for (unsigned type = 0; type < 256; ++type) {
    if (type == 7 || type == 8) continue;
    auto body = hex("02000000 00110008 aabbccdd" + std::string(kV4));
    body[4] = static_cast<std::uint8_t>(type);
    const auto payload = accepted<TsPayload>(PayloadType::TSi, body);
    ASSERT_EQ(payload.entries.size(), 2u);
    const auto& unknown = std::get<UnknownTrafficSelector>(payload.entries.front());
    EXPECT_EQ(unknown.protocol, 0x11);
    EXPECT_EQ(to_hex(unknown.body), "aabbccdd");
    EXPECT_EQ(payload.selectors().size(), 1u);
  }
  EXPECT_TRUE(ts(one("0a000004")).selectors().empty());  // a security label of no octets
  EXPECT_EQ(refused(one("0a000003")), traffic_selector_malformed);
}

TEST(TsPayload, A14_255_selectors) {
  Octets body{limits::kTrafficSelectors, 0, 0, 0};
  for (std::size_t i = 0; i < limits::kTrafficSelectors; ++i) append(body, hex(kV4));
  EXPECT_EQ(accepted<TsPayload>(PayloadType::TSi, body).selectors().size(), limits::kTrafficSelectors);
  for (std::size_t i = limits::kTrafficSelectors; i < 255; ++i) append(body, hex(kV4));
  body[0] = 255;
  EXPECT_EQ(refusal(PayloadType::TSi, body), too_many_traffic_selectors);
}

TEST(TsPayload, RefusesWhatIsCutAnywhere) { expect_refused_when_cut(PayloadType::TSi, one(kV6)); }

}  // namespace
}  // namespace keypact::wire
