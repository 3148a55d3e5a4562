#include "ike/v2/connection_choice.h"

#include <gtest/gtest.h>

namespace keypact::ike::v2 {
namespace {

using config::AddressPattern;

const IpAddress kLocal = *IpAddress::parse("192.0.2.1");
const IpAddress kPeer = *IpAddress::parse("198.51.100.7");

AddressPattern range(const char* first, const char* last) {
  return {AddressPattern::Kind::range, *IpAddress::parse(first), *IpAddress::parse(last), {}};
}
AddressPattern name(const char* host) { return {AddressPattern::Kind::name, {}, {}, host}; }

/// The names of those that may be meant by the peer at kPeer; each is called after its place in `remotes`.
std::string chosen(const std::vector<AddressPattern>& remotes, const AddressPattern& local = {}) {
  config::Snapshot snapshot;
  for (std::size_t i = 0; i < remotes.size(); ++i) {
    auto connection = std::make_shared<config::Connection>();
    connection->name = std::to_string(i);
    connection->local_addrs = {local};
    connection->remote_addrs = {remotes[i]};
    snapshot.connections.push_back(std::move(connection));
  }
  std::string names;
  for (const auto& connection : connections_between(snapshot, kLocal, kPeer)) names += connection->name;
  return names;
}

TEST(ConnectionChoice, AsksTheMostSpecificRemoteAddressFirst) {
  EXPECT_EQ(chosen({{}, range("198.51.100.0", "198.51.100.255"), range("198.51.100.7", "198.51.100.7"), {}}), "2103");
  EXPECT_EQ(chosen({range("198.51.100.8", "198.51.100.9")}), "");
}

TEST(ConnectionChoice, ANameMayLeadToAnyAddressAndComesLast) {
  EXPECT_EQ(chosen({name("gw.example.org"), {}, range("198.51.100.7", "198.51.100.7")}), "210");
  EXPECT_EQ(chosen({{}}, name("here.example.org")), "0");
}

TEST(ConnectionChoice, LooksAtTheLocalAddressToo) {
  EXPECT_EQ(chosen({{}}, range("192.0.2.1", "192.0.2.1")), "0");
  EXPECT_EQ(chosen({{}}, range("192.0.2.2", "192.0.2.2")), "");
}

TEST(ConnectionChoice, H01_WhoRequiresAnAdditionalKeyExchangeTakesNoProposalWithoutIt) {
  const auto additional = [](KeyExchangeMethod method) {
    return Transform{TransformType::ADDKE1, static_cast<std::uint16_t>(method), std::nullopt};
  };
  const Proposal plain{ProtocolId::IKE, {key_exchange(KeyExchangeMethod::CURVE25519)}};
  const auto with = [&](std::vector<Transform> more) {
    auto proposal = plain;
    for (const auto& transform : more) proposal.transforms.push_back(transform);
    return proposal;
  };
  const auto x448 = additional(KeyExchangeMethod::CURVE448);
  const auto none = additional(KeyExchangeMethod::NONE);
  config::Connection connection;
  connection.ike_acceptable = {with({x448})};
  EXPECT_FALSE(accepts_proposal(connection, plain));
  EXPECT_FALSE(accepts_proposal(connection, with({none})));
  EXPECT_TRUE(accepts_proposal(connection, with({x448})));
  connection.ike_acceptable = {with({x448, none})};
  EXPECT_TRUE(accepts_proposal(connection, plain));
  EXPECT_TRUE(accepts_proposal(connection, with({none})));
  connection.ike_acceptable = {plain};
  EXPECT_TRUE(accepts_proposal(connection, with({none})));
  EXPECT_FALSE(accepts_proposal(connection, with({x448})));
}

}  // namespace
}  // namespace keypact::ike::v2
