// Packets, keys and a pair of joined data planes for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include "crypto/algorithms.h"
#include "esp/data_plane.h"
#include "esp/tunnel_header.h"

namespace keypact::esp::testing {

/// A repeatable stream (xorshift64*), so that a failure can be repeated.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed * 2 + 1) {}
  void fill(MutableOctets out) override {
    for (auto& octet : out) {
      state_ ^= state_ >> 12;
      state_ ^= state_ << 25;
      state_ ^= state_ >> 27;
      octet = static_cast<std::uint8_t>((state_ * 0x2545'f491'4f6c'dd1dU) >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

struct PacketShape {
  std::string source = "10.1.0.1";
  std::string destination = "10.2.0.1";
  std::uint8_t protocol = 17;
  std::uint16_t source_port = 1000;
  std::uint16_t destination_port = 53;
  std::size_t octets = 100;  ///< of the whole packet
  bool dont_fragment = false;
  std::uint8_t traffic_class = 0;
};

/// A consistent IPv4 or IPv6 packet, by the family of its addresses. ICMP: the source port is type and code.
inline Octets make_packet(const PacketShape& shape) {
  const auto source = IpAddress::parse(shape.source).value();
  const auto destination = IpAddress::parse(shape.destination).value();
  const bool v4 = source.is_v4();
  Octets packet;
  const auto u16 = [&](std::size_t value) {
    packet.push_back(static_cast<std::uint8_t>(value >> 8));
    packet.push_back(static_cast<std::uint8_t>(value));
  };
  if (v4) {
    u16(0x4500U | shape.traffic_class);
    u16(shape.octets);
    u16(0x1234);
    u16(shape.dont_fragment ? 0x4000 : 0);
    u16(64U << 8 | shape.protocol);
    u16(0);
  } else {
    u16(0x6000U | unsigned{shape.traffic_class} << 4);
    u16(0);
    u16(shape.octets - 40);
    u16(std::size_t{shape.protocol} << 8 | 64);
  }
  append(packet, source.octets());
  append(packet, destination.octets());
  if (v4) {
    const auto checksum = checksum_finish(checksum_add(0, packet));
    packet[10] = static_cast<std::uint8_t>(checksum >> 8);
    packet[11] = static_cast<std::uint8_t>(checksum);
  }
  const std::size_t header = packet.size();
  u16(shape.source_port);
  u16(shape.destination_port);
  while (packet.size() < shape.octets) packet.push_back(static_cast<std::uint8_t>(packet.size() * 7));
  packet.resize(std::max(header, shape.octets));
  return packet;
}

/// True when the checksum of an IPv4 header is right.
inline bool checksum_is_right(OctetView packet) {
  return checksum_finish(checksum_add(0, packet.first(std::size_t{packet[0] & 15U} * 4))) == 0;
}

inline std::vector<PacketAlgorithms> all_algorithms() {
  std::vector<PacketAlgorithms> pairs;
  for (const auto& cipher : crypto::cipher_algorithms()) {
    if (cipher.is_aead()) {
      pairs.push_back({cipher.id, cipher.key_bits, IntegrityId::NONE});
      continue;
    }
    for (const auto& mac : crypto::integrity_algorithms()) pairs.push_back({cipher.id, cipher.key_bits, mac.id});
  }
  return pairs;
}

inline std::string name_of(const PacketAlgorithms& algorithms) {
  return to_string(algorithms.encryption) + '-' + std::to_string(algorithms.key_bits) + ' ' +
         to_string(algorithms.integrity);
}

inline constexpr PacketAlgorithms kGcm{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE};
inline constexpr PacketAlgorithms kCbc{EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128};

/// Keys of the right size, the same for the same seed.
inline PacketKeys keys_for(const PacketAlgorithms& algorithms, std::uint64_t seed) {
  SeededRandom random(seed);
  const auto sizes = crypto::packet_sizes(algorithms);
  PacketKeys keys{algorithms, Secret(sizes.encryption_key), Secret(sizes.integrity_key)};
  random.fill(keys.encryption.reveal_mutable());
  random.fill(keys.integrity.reveal_mutable());
  return keys;
}

inline std::vector<TrafficSelector> networks(std::initializer_list<const char*> prefixes) {
  std::vector<TrafficSelector> selectors;
  for (const std::string text : prefixes) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash)).value();
    selectors.push_back(TrafficSelector::of(prefix_of(address, std::stoi(text.substr(slash + 1)))));
  }
  return selectors;
}

/// What the SAs of a test are made of; the defaults make 10.1.0.0/16 and fd01::/16 talk to 10.2.0.0/16 and fd02::/16.
struct SaShape {
  PacketAlgorithms algorithms = kGcm;
  bool esn = false;
  std::uint32_t window = 64;
  bool udp = false;
  std::string local = "192.0.2.1";
  std::string remote = "192.0.2.2";
  HeaderHandling headers{};
  std::uint64_t number = 1;  ///< makes id, SPIs and keys
  std::uint64_t policy = 1;
  bool use_outbound = true;
  std::uint64_t sequence = 0;  ///< last number used, in both directions
  std::vector<TrafficSelector> local_selectors = networks({"10.1.0.0/16", "fd01::/16"});
  std::vector<TrafficSelector> remote_selectors = networks({"10.2.0.0/16", "fd02::/16"});
};

inline EspSpi spi_of(std::uint64_t number, bool left) {
  return {static_cast<std::uint32_t>((left ? 0xaa000000U : 0xbb000000U) + number)};
}

/// One end's half of it; `left` is the end of `local`.
inline ipsec::ChildSa make_sa(const SaShape& shape, bool left) {
  ipsec::ChildSa sa;
  sa.id = {shape.number};
  sa.policy = {shape.policy};
  const Endpoint a{IpAddress::parse(shape.local).value(), 4500};
  const Endpoint b{IpAddress::parse(shape.remote).value(), 4500};
  sa.local = left ? a : b;
  sa.remote = left ? b : a;
  sa.udp_encapsulation = shape.udp;
  sa.inbound_spi = spi_of(shape.number, left);
  sa.outbound_spi = spi_of(shape.number, !left);
  sa.inbound = keys_for(shape.algorithms, shape.number * 2 + (left ? 0 : 1));
  sa.outbound = keys_for(shape.algorithms, shape.number * 2 + (left ? 1 : 0));
  sa.esn = shape.esn;
  sa.replay_window = shape.window;
  sa.local_selectors = left ? shape.local_selectors : shape.remote_selectors;
  sa.remote_selectors = left ? shape.remote_selectors : shape.local_selectors;
  sa.headers = shape.headers;
  sa.use_outbound = shape.use_outbound;
  sa.outbound_sequence = shape.sequence;
  sa.inbound_sequence = shape.sequence;
  return sa;
}

inline ipsec::Policy make_policy(const SaShape& shape, bool left) {
  return {{shape.policy},
          "site/net",
          PolicyAction::protect,
          left ? shape.local_selectors : shape.remote_selectors,
          left ? shape.remote_selectors : shape.local_selectors};
}

/// A data plane with what it needs.
struct End {
  explicit End(std::uint64_t seed, const DataPlaneOptions& options = {})
      : random(seed), plane(library, random, options) {}

  crypto::Library library;
  SeededRandom random;
  DataPlane plane;
  OutputBatch output{64, 4096};
  Instant now{seconds(100)};

  /// Sends one packet out of the tunnel device; what goes to the wire.
  std::vector<OuterPacket> send(Octets packet) {
    output.clear();
    sent = std::move(packet);
    const InnerPacket one(sent);
    plane.outbound({&one, 1}, now, output);
    return {output.to_wire().begin(), output.to_wire().end()};
  }
  /// One ESP packet from the wire; what goes to the tunnel device.
  std::vector<Octets> receive(OctetView esp, std::uint8_t traffic_class = 0) {
    output.clear();
    received = to_octets(esp);
    OuterPacket outer;
    outer.traffic_class = traffic_class;
    outer.octets = received;
    plane.inbound({&outer, 1}, now, output);
    std::vector<Octets> packets;
    for (const auto& packet : output.to_tunnel()) packets.push_back(to_octets(packet));
    return packets;
  }
  bool installs(ipsec::ChildSa sa) {
    const auto event = plane.apply(ipsec::InstallChildSa{std::move(sa)}, now);
    return event && std::holds_alternative<ipsec::ChildSaInstalled>(*event);
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const { return plane.drops()[reason]; }

  Octets sent;
  Octets received;
};

/// Two ends of one tunnel, with policy and SAs in place.
struct TwoEnds {
  explicit TwoEnds(const SaShape& shape = {}) {
    for (const bool is_left : {true, false}) {
      End& end = is_left ? left : right;
      end.plane.apply(ipsec::InstallPolicy{make_policy(shape, is_left)}, end.now);
      EXPECT_TRUE(end.installs(make_sa(shape, is_left)));
    }
  }
  End left{1};
  End right{2, {.multi_buffer = false}};  // so the implementations meet each other
};

}  // namespace keypact::esp::testing
