// KernelBackend: the kernel's own IPsec stack. It encrypts, keeps the SAD and the SPD, and holds packets that wait for an SA; we tell
// it what is negotiated. RFC 4301 §4.4, RFC 3948.
#pragma once

#include "base/random_source.h"
#include "base/token_bucket.h"
#include "daemon/backend.h"
#include "daemon/clear_path.h"
#include "daemon/early_esp.h"
#include "daemon/kept_pairs.h"
#include "daemon/kernel_sad.h"
#include "daemon/kernel_spd.h"
#include "daemon/transport.h"
#include "daemon/tunnel_routes.h"
#include "io/system_setting.h"
#include "io/tun_device.h"
#include "xfrm/notification.h"

namespace keypact::daemon {

class KernelBackend final : public Backend {
 public:
  /// Tries whether this kernel takes an SA of ESP, and takes it away again; the reason when it does not.
  [[nodiscard]] static Result<void> probe(RandomSource& random);

  /// By an SA that is gone again at once: from now on the kernel may ask the same again.
  static void answer(io::XfrmSocket& socket, const KernelSad::Question& question);

  struct Options {
    std::string
        device;  ///< the interface that routes of protected traffic lead to; what gets there in clear goes no further
    Transport::Ports ports;
  };
  [[nodiscard]] static Result<std::unique_ptr<KernelBackend>> open(const Options& options);
  /// Takes away all that it put into the kernel, unless it was to leave it.
  ~KernelBackend() override;

  [[nodiscard]] Result<void> start(io::EventLoop& loop, Events events, Problems problems) override;
  [[nodiscard]] std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request) override;
  void settle() override;
  void forget_earlier_run() override;
  void forget_earlier_run_at(io::EventLoop& loop, Instant at) override;
  [[nodiscard]] ike::PolicyBook::EarlierRun earlier_run(const config::Snapshot& snapshot) const override {
    return kept_.places(snapshot);
  }
  void adopt(const config::Snapshot& snapshot) override;
  void request_by(std::function<void(const ike::Initiate&)> request) override { request_ = std::move(request); }
  [[nodiscard]] std::set<EspSpi> esp_spis_taken() const override { return kept_.inbound_spis(); }
  void leave() override;
  void negotiation_failed(const std::string& connection) override;
  [[nodiscard]] std::string device() const override { return device_.name(); }
  /// The kernel takes it before it gets to us.
  void on_udp_esp(std::span<const io::ReceivedDatagram>) override {}
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const override {
    return sad_.counters(id);
  }
  [[nodiscard]] EarlyPackets early_packets() const override { return early_.counters(); }
  [[nodiscard]] std::vector<std::string> drift() override;
  [[nodiscard]] std::vector<std::string> explain_routes(const std::optional<IpAddress>& destination) const override {
    return routes_.explain(policies_, destination);
  }
  [[nodiscard]] std::vector<std::string> explain_packets(const IpAddress& destination) override;
  [[nodiscard]] std::vector<control::KeptSas> kept_sas() const override;
  [[nodiscard]] std::uint32_t reqid(ChildSaId child, PolicyId /*policy*/) const override {
    return spd_.reqid_of(child);
  }
  [[nodiscard]] Result<IpAddress> source_address_to(const IpAddress& peer) override;

 private:
  KernelBackend(io::XfrmSocket socket, io::XfrmListener listener, io::TunDevice device, TunnelRoutes routes,
                ClearPath clear_path, KernelMark mark);

  using Answer = std::optional<ipsec::StackEvent>;
  Answer on(ipsec::InstallPolicy request);
  Answer on(const ipsec::RemovePolicy& request);
  Answer on(const ipsec::ExpectChildSa& request);
  Answer on(const ipsec::ForgoChildSa& request);
  Answer on(const ipsec::HoldEarlierRun& request);
  Answer on(const ipsec::CarryEarlierRun& request);
  Answer on(ipsec::InstallChildSa request);
  Answer on(const ipsec::UseOutbound& request);
  Answer on(const ipsec::StopOutbound& request);
  Answer on(const ipsec::RemoveChildSa& request);
  Answer on(const ipsec::UpdateEndpoints& request);
  Answer on(const ipsec::AskUse& request);
  Answer on(const ipsec::DropHeld& request);
  Answer on(const ipsec::AddInnerAddress& request);
  Answer on(const ipsec::RemoveInnerAddress& request);

  [[nodiscard]] Result<void> take_earlier_run();
  void follow_kept();
  void follow_held();
  [[nodiscard]] std::string name_of(PolicyId id) const;
  [[nodiscard]] Result<void, std::string> install(ipsec::ChildSa sa);
  void flush();
  void hold_again();
  void follow_policies();
  void on_told();
  void reconcile();
  void on_device_readable();
  void on_notice(const xfrm::AcquireNotice& notice);
  void on_notice(const xfrm::ExpireNotice& notice);
  void on_notice(const xfrm::MappingNotice& notice);
  void use(ChildSaId id);
  void follow_network();
  /// The kernel asks again, as soon as a packet wants it.
  void ask_again(PolicyId id);

  std::unique_ptr<io::XfrmSocket> socket_;
  io::XfrmListener listener_;
  io::TunDevice device_;
  TunnelRoutes routes_;
  ClearPath clear_path_;
  io::NamespaceLock lock_;
  KernelSpd spd_;
  KernelSad sad_;
  KeptPairs kept_;
  EarlyEsp early_;
  TunnelRoutes::Policies policies_;
  std::map<std::string, PolicyId> ids_by_name_;
  std::set<PolicyId> changed_policies_;  ///< which the network does not follow yet
  /// Each time the network follows the policies costs as much as there are policies.
  static constexpr RateLimit kNetworkChanges{10, 10};
  TokenBucket network_changes_;
  std::vector<ChildSaId> detached_;                ///< nothing leads there any more; removed with settle()
  std::map<PolicyId, KernelSad::Question> asked_;  ///< by a packet that waits
  struct Move {
    Endpoint remote;
    Instant at;
  };
  std::map<ChildSaId, Move> moves_told_;
  std::optional<io::SystemSetting> hold_packets_;
  std::optional<io::SystemSetting> take_any_source_;
  std::vector<PolicyId> dropping_;  ///< until hold_again_
  io::Timer hold_again_;
  io::Timer catch_up_;
  io::Timer patience_;
  io::Timer kept_timer_;
  io::Timer held_timer_;
  std::function<void(const ike::Initiate&)> request_;
  bool leaves_ = false;
  std::vector<io::Watch> watches_;
  Events events_;
  Problems problems_;
};

}  // namespace keypact::daemon
