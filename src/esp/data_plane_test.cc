#include "esp/data_plane.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::End;
using testing::make_packet;
using testing::make_sa;
using testing::TwoEnds;

std::string refusal(End& end, ipsec::ChildSa sa) {
  const auto event = end.plane.apply(ipsec::InstallChildSa{std::move(sa)}, end.now);
  if (!event || !std::holds_alternative<ipsec::ChildSaInstallFailed>(*event)) return "";
  return std::get<ipsec::ChildSaInstallFailed>(*event).reason;
}

TEST(DataPlane, AnswersAnInstallationWithItsId) {
  End end(1);
  const auto event = end.plane.apply(ipsec::InstallChildSa{make_sa({.number = 42}, true)}, end.now);
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ipsec::ChildSaInstalled>(*event).id, ChildSaId{42});
}

TEST(DataPlane, SaysWhyAnSaCannotBeUsed) {
  End end(1);
  auto sa = make_sa({}, true);
  sa.mode = Mode::transport;
  EXPECT_EQ(refusal(end, std::move(sa)), "the userspace data plane has tunnel mode only");
  sa = make_sa({}, true);
  sa.inbound_spi = {255};
  EXPECT_EQ(refusal(end, std::move(sa)), "an SPI below 256 is reserved");
  sa = make_sa({}, true);
  sa.remote.address = IpAddress::parse("2001:db8::1").value();
  EXPECT_EQ(refusal(end, std::move(sa)), "the tunnel's ends are of two address families");
  EXPECT_EQ(refusal(end, make_sa({.esn = true, .window = 0}, true)), "extended sequence numbers need a replay window");
  sa = make_sa({}, true);
  sa.inbound.algorithms = {EncryptionId::ENCR_AES_CBC, 128, IntegrityId::NONE};
  EXPECT_EQ(refusal(end, std::move(sa)), "ENCR_AES_CBC-128 with NONE does not protect ESP");
  sa = make_sa({}, true);
  sa.outbound.encryption = Secret(19);
  EXPECT_EQ(refusal(end, std::move(sa)), "the keying material has another size than ENCR_AES_GCM_16-128 needs");
}

TEST(DataPlane, J12_refuses_a_second_sa_with_the_same_inbound_spi) {
  End end(1);
  EXPECT_TRUE(end.installs(make_sa({}, true)));
  EXPECT_EQ(refusal(end, make_sa({}, true)), "this Child SA is installed already");
  auto other = make_sa({}, true);
  other.id = {2};
  EXPECT_EQ(refusal(end, std::move(other)), "the slot of the inbound SPI aa000001 is in use");
  EXPECT_EQ(end.plane.counters({1})->packets_in, 0U);
  end.plane.apply(ipsec::RemoveChildSa{{1}}, end.now);
  EXPECT_TRUE(end.installs(make_sa({}, true)));
}

TEST(DataPlane, IgnoresRequestsAboutWhatIsNotThere) {
  End end(1);
  EXPECT_FALSE(end.plane.apply(ipsec::RemoveChildSa{{9}}, end.now));
  EXPECT_FALSE(end.plane.apply(ipsec::UseOutbound{{9}}, end.now));
  EXPECT_FALSE(end.plane.apply(ipsec::UpdateEndpoints{{9}, {}, {}, false}, end.now));
  EXPECT_FALSE(end.plane.apply(ipsec::RemovePolicy{{9}}, end.now));
  EXPECT_FALSE(end.plane.inner_mtu({9}));
  EXPECT_TRUE(end.send(make_packet({})).empty());
}

TEST(DataPlane, EveryDropReasonHasANameAndASentence) {
  for (const auto& text : kDropReasonTexts) {
    EXPECT_FALSE(text.name.empty());
    EXPECT_GT(text.sentence.size(), 10U);
  }
  EXPECT_EQ(text_of(DropReason::unknown_spi).name, "unknown_spi");
}

}  // namespace
}  // namespace keypact::esp
