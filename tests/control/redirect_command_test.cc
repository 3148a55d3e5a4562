// The command redirect: whose IKE SAs it finds, what it sends, and what it answers. RFC 5685 §5.
#include <gmock/gmock.h>

#include "tests/control/control_bench.h"

namespace keypact::control {
namespace {

using testing::HasSubstr;

constexpr const char* kGateway = "192.0.2.77";

class RedirectCommand : public ControlBench {
 protected:
  /// The other end has set up the IKE SA with us.
  TestClient& with_a_client(bool that_follows = true) {
    ike::Options options;
    options.follow_redirects = that_follows;
    world.set_options(options);
    start();
    world.control(world.node("right"), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(seconds(1));
    EXPECT_EQ(left().stack.child_sas().size(), 1u);
    return connect();
  }
  std::string redirect(TestClient& client, std::initializer_list<std::pair<const char*, std::string>> keys) {
    vici::Message request;
    for (const auto& [key, value] : keys) request.key(key, value);
    return to_string(call(client, "redirect", request));
  }
  /// Where the other end goes.
  std::size_t attempts_at(const char* gateway) {
    std::size_t found = 0;
    for (const auto& [id, sa] : world.node("right").engine.ike_sas())
      found += sa.record().remote.address == *IpAddress::parse(gateway) ? 1u : 0u;
    return found;
  }
};

constexpr const char* kOne = "success = yes\nmatches = 1\n";

TEST_F(RedirectCommand, FindsIkeSasByNameIdAddressAndIdentity) {
  const std::pair<const char*, const char*> selectors[] = {
      {"ike", "net"}, {"peer-ip", "192.0.2.2"}, {"peer-ip", "192.0.2.0/24"}, {"peer-id", "*"}};
  auto& client = with_a_client();
  const auto id = std::to_string(left().engine.ike_sas().begin()->first.value);
  EXPECT_EQ(redirect(client, {{"gateway", kGateway}, {"ike-id", id}}), kOne);
  run_for(milliseconds(100));
  EXPECT_EQ(attempts_at(kGateway), 1u);
  for (const auto& [key, value] : selectors)
    EXPECT_EQ(redirect(client, {{"gateway", kGateway}, {key, value}}), kOne) << key;
}

TEST_F(RedirectCommand, SaysWhenThereIsNothingToRedirect) {
  auto& client = with_a_client();
  for (const auto& [key, value] :
       {std::pair{"ike", "other"}, {"ike-id", "999"}, {"peer-ip", "192.0.2.9"}, {"peer-id", "nobody"}})
    EXPECT_THAT(redirect(client, {{"gateway", kGateway}, {key, value}}), HasSubstr("no matching SAs to redirect found"))
        << key;
  EXPECT_EQ(attempts_at(kGateway), 0u);
}

TEST_F(RedirectCommand, SaysWhatIsMissingOrWrong) {
  auto& client = with_a_client();
  EXPECT_THAT(redirect(client, {{"ike", "net"}}), HasSubstr("missing target gateway"));
  EXPECT_THAT(redirect(client, {{"gateway", kGateway}}), HasSubstr("missing redirect selector"));
  EXPECT_THAT(redirect(client, {{"gateway", kGateway}, {"peer-ip", "192.0.2.0/240"}}),
              HasSubstr("peer-ip is not understood"));
  EXPECT_THAT(redirect(client, {{"gateway", std::string(300, 'a')}, {"ike", "net"}}), HasSubstr("name is too long"));
}

TEST_F(RedirectCommand, DoesNothingToAPeerThatDoesNotWantIt) {
  auto& client = with_a_client(false);
  EXPECT_THAT(redirect(client, {{"gateway", kGateway}, {"ike", "net"}}),
              HasSubstr("do not let themselves be redirected"));
  EXPECT_EQ(attempts_at(kGateway), 0u);
}

}  // namespace
}  // namespace keypact::control
