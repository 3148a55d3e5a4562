// DataPlane: userspace ESP in tunnel mode, as a function of packets and requests. It holds the SPD and the SAD (RFC 4301 §4.4),
// protects what comes from the tunnel device (§5.1) and admits what comes from the wire (§5.2). One per thread, nothing shared.
#pragma once

#include "esp/early_packets.h"
#include "esp/flow_cache.h"
#include "esp/held_packets.h"
#include "esp/inner_packet.h"
#include "esp/output_batch.h"
#include "esp/rate_limit.h"
#include "esp/spd.h"

namespace keypact::esp {

struct DataPlaneOptions {
  /// The path MTU of an SA about which nothing else was learned.
  std::size_t default_path_mtu = 1500;
  /// RFC 1191 §6.3: how long a path MTU that was learned is believed.
  Duration path_mtu_life = minutes(10);
  /// A policy without SA asks IKE again after this, if nothing came of the first time.
  Duration acquire_retry = seconds(30);
  /// So long after a negotiation that failed a policy does not ask again: a peer that refuses at once would be called with every
  /// packet.
  Duration acquire_pause = seconds(1);
  /// RFC 4443 §2.4: ICMP errors are limited.
  std::uint32_t errors_per_second = 100;
  /// Use libipsec-mb where it is there and right.
  bool multi_buffer = true;
};

class DataPlane {
 public:
  /// `library` and `random` outlive this object and belong to its thread.
  DataPlane(crypto::Library& library, RandomSource& random, const DataPlaneOptions& options = {});

  /// Carries out one request. InstallChildSa is answered by ChildSaInstalled or ChildSaInstallFailed, AskUse by ChildSaUse where
  /// the SA is there, the others by nothing.
  std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request, Instant now);
  /// The question of an Acquire came to nothing: after a pause the next packet may ask again. Harmless where none was asked.
  void acquire_answered(PolicyId policy, Instant now) { spd_.acquire_answered(policy, now + options_.acquire_pause); }

  /// Packets that waited for an SA, to be sent or to be admitted, can go: release() some of them soon.
  [[nodiscard]] bool has_released() const { return held_.has_released() || early_.has_released(); }
  void release(Instant now, OutputBatch& output);

  /// Packets from the tunnel device: ESP for the wire, ICMP errors back into the tunnel.
  void outbound(std::span<const InnerPacket> packets, Instant now, OutputBatch& output);
  /// ESP packets from the wire, decrypted where they lie: inner packets for the tunnel device.
  void inbound(std::span<const OuterPacket> packets, Instant now, OutputBatch& output);

  /// The path carries packets of `mtu` octets, IP header included; implausibly small values are raised to the least that an IP
  /// network carries. False when there is no such SA.
  bool set_path_mtu(ChildSaId id, std::size_t mtu, Instant now);
  /// The largest inner packet that fits the path of this SA now.
  [[nodiscard]] std::optional<std::size_t> inner_mtu(ChildSaId id) const;
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const;
  [[nodiscard]] const DropCounters& drops() const { return drops_; }

 private:
  struct Pass;  // one call of outbound() or inbound()

  std::optional<ipsec::StackEvent> on(const ipsec::InstallPolicy& request);
  std::optional<ipsec::StackEvent> on(const ipsec::RemovePolicy& request);
  /// What comes early waits whether it is expected or not; and nothing outlives the process.
  std::optional<ipsec::StackEvent> on(const ipsec::ExpectChildSa&) { return std::nullopt; }
  std::optional<ipsec::StackEvent> on(const ipsec::ForgoChildSa&) { return std::nullopt; }
  std::optional<ipsec::StackEvent> on(const ipsec::HoldEarlierRun&) { return std::nullopt; }
  std::optional<ipsec::StackEvent> on(const ipsec::CarryEarlierRun&) { return std::nullopt; }
  std::optional<ipsec::StackEvent> on(const ipsec::InstallChildSa& request);
  std::optional<ipsec::StackEvent> on(const ipsec::UseOutbound& request);
  std::optional<ipsec::StackEvent> on(const ipsec::StopOutbound& request);
  std::optional<ipsec::StackEvent> on(const ipsec::RemoveChildSa& request);
  std::optional<ipsec::StackEvent> on(const ipsec::UpdateEndpoints& request);
  std::optional<ipsec::StackEvent> on(const ipsec::AskUse& request);
  std::optional<ipsec::StackEvent> on(const ipsec::DropHeld& request);
  // The device's owner has them.
  std::optional<ipsec::StackEvent> on(const ipsec::AddInnerAddress&) { return std::nullopt; }
  std::optional<ipsec::StackEvent> on(const ipsec::RemoveInnerAddress&) { return std::nullopt; }

  void outbound_packet(InnerPacket packet, Pass& pass);
  [[nodiscard]] SaPair* select(const InnerPacketInfo& info, OctetView packet, Pass& pass);
  [[nodiscard]] SaPair* search(const InnerPacketInfo& info, OctetView packet, Pass& pass);
  void wait_for_sa(PolicyId policy, OctetView packet, Pass& pass);
  void drop_held(PolicyId policy);
  void protect_large(SaPair& pair, OctetView packet, const InnerPacketInfo& info, std::size_t limit, Pass& pass);
  void protect(SaPair& pair, OctetView packet, const InnerPacketInfo& info, bool dont_fragment, Pass& pass);
  void report_too_big(OctetView packet, const InnerPacketInfo& info, std::size_t limit, Pass& pass);

  void inbound_packet(const OuterPacket& packet, Pass& pass);
  void on_unknown_spi(const OuterPacket& packet, EspSpi spi, Pass& pass);
  [[nodiscard]] bool authenticate(SaPair& pair, std::uint32_t transmitted, MutableOctets packet, Pass& pass);
  [[nodiscard]] bool resynchronize(InboundSa& sa, std::uint64_t inferred, MutableOctets packet);
  static void report_move(SaPair& pair, const OuterPacket& packet, std::uint64_t highest_before, Pass& pass);
  void admit(SaPair& pair, const OuterPacket& outer, Pass& pass);
  /// From now on it is the first choice of its policy.
  void use_outbound(SaPair& pair);

  void report_expiry(SaPair& pair, ExpiryReport reached, Pass& pass);
  /// False: it may carry nothing any more.
  [[nodiscard]] bool may_carry(SaPair& pair);
  void count_out(SaPair& pair, std::size_t octets, Pass& pass);
  void count_in(SaPair& pair, std::size_t octets, Pass& pass);
  void check_volume(SaPair& pair, Pass& pass);

  crypto::Library& library_;
  RandomSource& random_;
  DataPlaneOptions options_;
  std::unique_ptr<MultiBuffer> multi_buffer_;
  Sad sad_;
  Spd spd_;
  FlowCache flows_;
  HeldPackets held_;
  EarlyPackets early_;
  DropCounters drops_;
  RateLimit errors_;
  RateLimit unknown_spis_;
  Octets scratch_;  ///< one packet: a fragment, or the copy of one to try again
};

}  // namespace keypact::esp
