// Octets as what a RADIUS server sends: as a datagram that nobody signed, and as the attributes of an answer that is authentic, for
// whoever carries EAP between it and a peer. RFC 2865 §3, RFC 3579 §2.
#include "eap/relay.h"
#include "fuzz/require.h"
#include "sim/seeded_random.h"

namespace keypact::fuzz {
namespace {

radius::ServerPtr server() {
  auto made = std::make_shared<config::RadiusServer>();
  made->name = "main";
  made->secret = Secret::copy_of(as_octets("xyzzy5461"));
  return made;
}

/// What can be read is written again the same, but for the padding behind it.
std::optional<radius::Packet> parse(OctetView octets) {
  const auto packet = radius::parse_packet(octets);
  if (!packet) {
    require(!radius::sentence(packet.error()).empty());
    return std::nullopt;
  }
  const auto again = radius::encode(*packet);
  require(again && again->size() <= octets.size() && same_octets(*again, octets.first(again->size())));
  return *packet;
}

/// Whoever does not know the secret answers nothing.
void answer_unsigned(OctetView octets) {
  sim::SeededRandom random(1);
  radius::Client client(random);
  const auto asked = server();
  client.ask(Instant{}, 1, {}, {asked});
  Octets datagram = to_octets(octets);
  // The identifier of the one request that waits.
  const auto sent = client.take_outputs();
  if (datagram.size() > 1) datagram[1] = std::get<radius::Transmit>(sent.front()).octets[1];
  client.on_datagram(Instant{}, asked, datagram);
  require(client.take_outputs().empty() && client.waits_for(asked));
}

/// A server that is authentic and means harm.
void relay(const radius::Packet& packet) {
  eap::Relay relay({{IpAddress::v4(1), 4500}, {IpAddress::v4(2), 4500}, "gw", 7}, "carol");
  require(std::holds_alternative<radius::Question>(relay.start()));
  const radius::Authenticator request{};
  auto keys = radius::mppe_keys(packet.attributes, request, as_octets("xyzzy5461"));
  const auto step = relay.on_outcome(radius::Answer{server(), packet.code, packet.attributes, std::move(keys)});
  // The first answer to who somebody claims to be lets nobody in.
  require(!std::holds_alternative<eap::ServerSucceeded>(step));
  if (const auto* sent = std::get_if<eap::Send>(&step)) static_cast<void>(relay.on_response(sent->packet));
}

}  // namespace
}  // namespace keypact::fuzz

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keypact;
  const OctetView octets(data, size);
  fuzz::answer_unsigned(octets);
  if (const auto packet = fuzz::parse(octets)) fuzz::relay(*packet);
  return 0;
}
