// UserspaceBackend: the data plane of esp behind a TUN device, with the routes that lead protected traffic into it, native ESP by
// raw sockets and ESP in UDP by the transport. RFC 4301 §4.4, RFC 4303, RFC 3948.
#pragma once

#include <map>

#include "base/token_bucket.h"
#include "daemon/backend.h"
#include "daemon/transport.h"
#include "daemon/tunnel_routes.h"
#include "esp/data_plane.h"
#include "io/inbound_filter.h"
#include "io/raw_esp_socket.h"
#include "io/raw_ip_socket.h"
#include "io/tun_device.h"

namespace keypact::daemon {

class UserspaceBackend final : public Backend {
 public:
  /// The TUN device `name`, up, and a routing table of our own behind a rule that our own datagrams pass by.
  [[nodiscard]] static Result<std::unique_ptr<UserspaceBackend>> open(const std::string& name, Transport& transport,
                                                                      crypto::Library& library, RandomSource& random);
  [[nodiscard]] Result<void> start(io::EventLoop& loop, Events events, Problems problems) override;
  [[nodiscard]] std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request) override;
  void settle() override;
  void forget_earlier_run() override;
  void forget_earlier_run_at(io::EventLoop& loop, Instant at) override;
  void negotiation_failed(const std::string& connection) override;
  [[nodiscard]] std::string device() const override { return tun_.name(); }
  void on_udp_esp(std::span<const io::ReceivedDatagram> datagrams) override;
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const override {
    return plane_.counters(id);
  }
  [[nodiscard]] std::vector<std::string> drift() override { return routes_.drift(); }
  [[nodiscard]] std::vector<std::string> explain_routes(const std::optional<IpAddress>& destination) const override {
    return routes_.explain(policies_, destination);
  }
  [[nodiscard]] std::vector<std::string> explain_packets(const IpAddress& destination) override {
    return routes_.explain_packets(policies_, destination);
  }
  [[nodiscard]] DroppedOutbound dropped_outbound() const override {
    return {plane_.drops()[esp::DropReason::no_sa], plane_.drops()[esp::DropReason::held_full]};
  }
  [[nodiscard]] Result<IpAddress> source_address_to(const IpAddress& peer) override;

 private:
  UserspaceBackend(io::TunDevice tun, TunnelRoutes routes, io::InboundFilter filter, Transport& transport,
                   crypto::Library& library, RandomSource& random)
      : tun_(std::move(tun)),
        routes_(std::move(routes)),
        filter_(std::move(filter)),
        transport_(transport),
        plane_(library, random) {}

  void on_tunnel_readable();
  void on_raw_readable(io::RawEspSocket& socket);
  void admit(std::span<const io::ReceivedDatagram> datagrams, bool udp_encapsulation);
  void dispatch(esp::OutputBatch& output);
  void send_to_wire(std::span<const esp::OuterPacket> packets);
  void send_in_clear(std::span<const OctetView> packets);
  void send_run(std::span<const esp::OuterPacket> run);
  struct Path {
    ChildSaId child_sa;
    IpAddress local;
    IpAddress remote;
  };
  /// What is known of the path does, if it is not too old: the kernel answers late when much else changes in its network.
  void use_path_mtu(const Path& path);
  void learn_path_mtu(const Path& path);
  [[nodiscard]] io::Netlink& netlink() { return routes_.netlink(); }
  void update_filter();
  void follow_policies();
  void catch_up();
  void let_held_go();
  [[nodiscard]] bool concerns_waiting(const ipsec::StackRequest& request) const;

  io::TunDevice tun_;
  TunnelRoutes routes_;
  io::InboundFilter filter_;
  Transport& transport_;
  esp::DataPlane plane_;
  std::map<IpFamily, io::RawEspSocket> raw_;
  std::map<IpFamily, io::RawIpSocket> clear_;  ///< for what a bypass policy lets pass, where no rule led it past us
  struct KnownMtu {
    std::size_t octets = 0;  ///< 0: the kernel knew no path
    Instant asked;
  };
  std::map<std::pair<IpAddress, IpAddress>, KnownMtu> path_mtus_;  ///< by local and remote address; at most kPathMtus
  TunnelRoutes::Policies policies_;
  std::set<PolicyId> changed_policies_;  ///< which the network does not follow yet
  /// Each time the network follows the policies costs as much as there are policies: when they change in quick succession, several
  /// changes share one, and the SAs that need them wait for it.
  static constexpr RateLimit kNetworkChanges{10, 10};
  TokenBucket network_changes_;
  std::vector<ipsec::InstallChildSa> waiting_installs_;
  io::Timer catch_up_;
  io::Timer patience_;
  std::vector<io::Watch> watches_;
  esp::OutputBatch output_;
  std::vector<esp::OuterPacket> incoming_;
  std::vector<io::OutgoingDatagram> outgoing_;
  Events events_;
  Problems problems_;
};

}  // namespace keypact::daemon
