// UserspaceBackend: the data plane of esp behind a TUN device, with the routes that lead protected traffic into it, native ESP by
// raw sockets and ESP in UDP by the transport. RFC 4301 §4.4, RFC 4303, RFC 3948.
#pragma once

#include <map>

#include "daemon/transport.h"
#include "esp/data_plane.h"
#include "io/network_changes.h"
#include "io/raw_esp_socket.h"
#include "io/tun_device.h"

namespace keypact::daemon {

class UserspaceBackend {
 public:
  using Events = std::function<void(const ipsec::StackEvent&)>;
  using Problems = std::function<void(const std::string&)>;

  /// The TUN device `name`, up, and a routing table of our own behind a rule that our own datagrams pass by.
  [[nodiscard]] static Result<std::unique_ptr<UserspaceBackend>> open(const std::string& name, Transport& transport,
                                                                      crypto::Library& library, RandomSource& random);
  [[nodiscard]] Result<void> start(io::EventLoop& loop, Events events, Problems problems);

  [[nodiscard]] std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request);
  /// ESP that came in UDP.
  void on_udp_esp(std::span<const io::ReceivedDatagram> datagrams);

  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const { return plane_.counters(id); }
  [[nodiscard]] const esp::DropCounters& drops() const { return plane_.drops(); }
  [[nodiscard]] io::Netlink& netlink() { return network_.netlink(); }

 private:
  UserspaceBackend(io::TunDevice tun, io::NetworkChanges network, Transport& transport, crypto::Library& library,
                   RandomSource& random)
      : tun_(std::move(tun)), network_(std::move(network)), transport_(transport), plane_(library, random) {}

  void on_tunnel_readable();
  void on_raw_readable(io::RawEspSocket& socket);
  void admit(std::span<const io::ReceivedDatagram> datagrams, bool udp_encapsulation);
  void dispatch(esp::OutputBatch& output);
  void send_to_wire(std::span<const esp::OuterPacket> packets);
  void send_run(std::span<const esp::OuterPacket> run);
  struct Path {
    ChildSaId child_sa;
    IpAddress local;
    IpAddress remote;
  };
  void learn_path_mtu(const Path& path);
  /// One route a destination: of several policies that share it, the first one names the source address.
  [[nodiscard]] std::map<Prefix, io::Route> wanted_routes();
  void update_routes();
  [[nodiscard]] std::optional<IpAddress> source_address(const ipsec::Policy& policy, IpFamily family);

  io::TunDevice tun_;
  io::NetworkChanges network_;
  Transport& transport_;
  esp::DataPlane plane_;
  std::uint32_t table_ = 0;
  io::InterfaceIndex interface_ = 0;
  std::map<IpFamily, io::RawEspSocket> raw_;
  std::map<PolicyId, ipsec::Policy> policies_;
  std::map<Prefix, io::Route> routes_;  ///< into the tunnel; each has a fallback behind it
  std::vector<io::Watch> watches_;
  esp::OutputBatch output_;
  std::vector<esp::OuterPacket> incoming_;
  std::vector<io::OutgoingDatagram> outgoing_;
  Events events_;
  Problems problems_;
};

}  // namespace keypact::daemon
