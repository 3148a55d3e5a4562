// The data plane against the wire, against a peer that has the keys and keeps to nothing, and against the tunnel device. What
// reaches the tunnel device is a consistent packet within the negotiated selectors; what we send, our other end accepts.
#include "esp/byte_order.h"
#include "esp/demux.h"
#include "esp/test_packets.h"
#include "fuzz/require.h"

namespace {

using namespace keypact;
using fuzz::require;
using namespace keypact::esp;
using keypact::esp::testing::End;
using keypact::esp::testing::keys_for;
using keypact::esp::testing::kGcm;
using keypact::esp::testing::make_policy;
using keypact::esp::testing::make_sa;
using keypact::esp::testing::SaShape;
using keypact::esp::testing::spi_of;

/// Two ends whose SAs are new for each input, so that an input means the same each time.
struct Ends {
  Ends() {
    left.plane.apply(ipsec::InstallPolicy{make_policy(shape, true)}, {});
    right.plane.apply(ipsec::InstallPolicy{make_policy(shape, false)}, {});
  }
  void renew() {
    for (End* end : {&left, &right}) {
      end->plane.apply(ipsec::RemoveChildSa{{1}}, {});
      require(end->installs(make_sa(shape, end == &left)));
    }
  }

  SaShape shape{.esn = true};
  SelectorPair at_right{SelectorSet(shape.remote_selectors), SelectorSet(shape.local_selectors)};
  End left{1};
  End right{2};
};

/// Whatever the right end lets through must be a packet that the left one may send.
void receive(Ends& ends, OctetView packet, std::uint8_t traffic_class) {
  for (const auto& inner : ends.right.receive(packet, traffic_class)) {
    const auto info = parse_inner(inner);
    require(info && info->octets == inner.size() && inner.size() <= packet.size());
    require(ends.at_right.covers_inbound(info->selectors));
  }
}

void from_the_wire(Ends& ends, OctetView datagram) {
  if (classify(datagram) == DatagramKind::ike) require(ike_message_of(datagram).size() >= 28);
  receive(ends, datagram, 0);
}

/// `text` with all of its trailer is sealed as it is.
void from_the_peer(Ends& ends, std::uint8_t traffic_class, OctetView text) {
  if (text.size() < 2) return;
  const auto keys = keys_for(kGcm, 3);
  Octets packet(8 + 8 + text.size() + 16);
  const MutableOctets all(packet);
  store32(all.subspan<0, 4>(), spi_of(1, false).value);
  store32(all.subspan<4, 4>(), 1);
  std::ranges::copy(text, all.subspan(16).begin());
  Octets associated(12);
  std::ranges::copy(all.first(4), associated.begin());
  associated.back() = 1;
  static crypto::Library library;
  crypto::seal(library, keys, {associated, all.subspan(8, 8), all.subspan(16, text.size()), {}}, all.last(16));
  receive(ends, packet, traffic_class);
  require(ends.right.plane.counters({1})->authentication_failures == 0);
}

void from_the_tunnel(Ends& ends, std::uint8_t narrow, OctetView packet) {
  ends.left.plane.set_path_mtu({1}, 576 + std::size_t{narrow} * 4, {});
  std::vector<Octets> sent;
  for (const auto& esp : ends.left.send(to_octets(packet))) sent.push_back(to_octets(esp.octets));
  for (const auto& error : ends.left.output.to_tunnel()) require(parse_inner(error).has_value());
  require(ends.left.output.in_clear().empty());
  for (const auto& esp : sent) require(ends.right.receive(esp).size() == 1);
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Ends ends;
  const OctetView input(data, size);
  if (size < 2) return 0;
  ends.renew();
  switch (input[0] % 3) {
    case 0: from_the_wire(ends, input.subspan(1)); break;
    case 1: from_the_peer(ends, input[1], input.subspan(2)); break;
    default: from_the_tunnel(ends, input[1], input.subspan(2)); break;
  }
  return 0;
}
