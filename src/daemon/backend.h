// Backend: an IPsec stack as the daemon uses it: takes requests of the engine, tells what happens to the SAs, and counts.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/result.h"
#include "config/snapshot.h"
#include "control/kept_sas.h"
#include "ike/core/policy_book.h"
#include "ike/engine/control_request.h"
#include "io/datagram.h"
#include "io/event_loop.h"
#include "ipsec/stack.h"

namespace keypact::daemon {

class Backend {
 public:
  using Events = std::function<void(const ipsec::StackEvent&)>;
  using Problems = std::function<void(const std::string&)>;

  virtual ~Backend() = default;
  [[nodiscard]] virtual Result<void> start(io::EventLoop& loop, Events events, Problems problems) = 0;

  /// Routes and filters follow the policies with settle(), so that a reload costs one look at the network.
  [[nodiscard]] virtual std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request) = 0;
  virtual void settle() = 0;
  /// The policies of this run are known: what an earlier one left, because it was killed, goes where none of them wants it.
  virtual void forget_earlier_run() = 0;
  /// The same, later: for policies that clients bring one by one.
  virtual void forget_earlier_run_at(io::EventLoop& loop, Instant at) = 0;

  /// What an earlier run left of numbers that this configuration leaves to us.
  [[nodiscard]] virtual ike::PolicyBook::EarlierRun earlier_run(const config::Snapshot& /*snapshot*/) const {
    return {};
  }
  /// The configuration that is in force now: what an earlier run left of SAs is carried on where it fits.
  virtual void adopt(const config::Snapshot& /*snapshot*/) {}
  /// Where children whose SAs were carried on are asked for.
  virtual void request_by(std::function<void(const ike::Initiate&)> /*request*/) {}
  /// The interface of this machine that leads into the tunnels; empty: there is none.
  [[nodiscard]] virtual std::string device() const { return {}; }
  /// SPIs of ours that SAs of an earlier run have.
  [[nodiscard]] virtual std::set<EspSpi> esp_spis_taken() const { return {}; }
  /// What is in force stays so when this object goes.
  virtual void leave() {}

  /// What was to be negotiated for this connection was not: its traffic may ask again.
  virtual void negotiation_failed(const std::string& connection) = 0;
  /// ESP that came in UDP.
  virtual void on_udp_esp(std::span<const io::ReceivedDatagram> datagrams) = 0;

  [[nodiscard]] virtual std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const = 0;
  /// Packets that policies want protected, since the start.
  struct DroppedOutbound {
    std::uint64_t without_sa = 0;
    std::uint64_t not_held = 0;  ///< too many waited for an SA already
  };
  [[nodiscard]] virtual DroppedOutbound dropped_outbound() const { return {}; }
  /// Packets that came before their SA, since the start.
  struct EarlyPackets {
    std::uint64_t let_in = 0;   ///< when it was there
    std::uint64_t dropped = 0;  ///< with what became of the offer
  };
  [[nodiscard]] virtual EarlyPackets early_packets() const { return {}; }
  /// In what the kernel differs from what was put there, because somebody else changed it: a sentence each.
  [[nodiscard]] virtual std::vector<std::string> drift() { return {}; }
  /// SAs of an earlier run that carry traffic until new ones do.
  [[nodiscard]] virtual std::vector<control::KeptSas> kept_sas() const { return {}; }
  /// What becomes of packets to there: the way that they take and why, and which policies take them, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> explain_packets(const IpAddress& /*destination*/) { return {}; }
  /// Why packets to there, or to anywhere, take the way that they take: a sentence each.
  [[nodiscard]] virtual std::vector<std::string> explain_routes(const std::optional<IpAddress>& /*destination*/) const {
    return {"this daemon leads no packets"};
  }
  /// What this Child SA and its packets have in common with its successors: the kernel's reqid, or a number that takes its place.
  [[nodiscard]] virtual std::uint32_t reqid(ChildSaId /*child*/, PolicyId policy) const {
    return static_cast<std::uint32_t>(policy.value);
  }
  /// The address from which our own datagrams reach the peer.
  [[nodiscard]] virtual Result<IpAddress> source_address_to(const IpAddress& peer) = 0;
};

}  // namespace keypact::daemon
