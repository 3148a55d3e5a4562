// EnginePair: an engine under test and an honest peer, between which nothing happens by itself: each datagram, job and answer of an
// IPsec stack is handed on when a program says. Looks at the invariants of one engine after each step.
#pragma once

#include <cstdlib>

#include "sim/engine_invariants.h"
#include "sim/event_invariants.h"
#include "sim/site_to_site.h"
#include "sim/wire_invariants.h"

namespace keypact::fuzz {

/// What the two agree on before they begin.
struct Shape {
  bool fragments = false;  ///< nearly all messages go in fragments
  bool mobike = false;
  bool own_key_exchange = false;  ///< of each Child SA
  bool liveness = false;
  bool peer_behind_nat = false;
  bool childless = false;
  bool lifetimes = false;  ///< short ones
  bool cookies = false;    ///< almost everybody is asked for one
  bool trap = false;
  bool one_of_each_peer = false;  ///< unique = replace
  bool redirects = false;         ///< whoever answers sends the other one on
  bool multike = false;           ///< two additional key exchanges (RFC 9370)
  bool eap = false;               ///< initiators authenticate themselves by EAP-MSCHAPv2
  bool rounds = false;            ///< with `eap`: by the shared key before that (RFC 4739)
  bool ppk = false;               ///< a post-quantum preshared key, in IKE_INTERMEDIATE (RFC 9867)
};

/// On its way, as the receiver will see it.
struct Flying {
  bool to_ours = false;
  ike::Datagram datagram;
};

class EnginePair {
 public:
  explicit EnginePair(const Shape& shape);

  [[nodiscard]] sim::Node& ours() { return ours_; }
  [[nodiscard]] sim::Node& peer() { return peer_; }
  [[nodiscard]] const sim::SiteToSite& our_site() const { return our_site_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] crypto::Library& library() { return library_; }

  std::vector<Flying> flying;

  /// Hands it to its receiver; it is not taken from `flying`.
  void deliver(const Flying& flying);
  [[nodiscard]] std::size_t waiting_jobs(const sim::Node& node) const { return waiting_of(node).jobs.size(); }
  [[nodiscard]] std::size_t waiting_answers(const sim::Node& node) const { return waiting_of(node).answers.size(); }
  void finish_job(sim::Node& node, std::size_t index, bool fails = false);
  void answer(sim::Node& node, std::size_t index);
  /// The request gets an id of its own.
  void control(sim::Node& node, ike::ControlRequest request);
  void stack_event(sim::Node& node, const ipsec::StackEvent& event);
  void configure(sim::Node& node, std::shared_ptr<const config::Snapshot> snapshot);
  void set_local_addresses(sim::Node& node, std::vector<IpAddress> addresses);
  /// What the peer sends comes from another port of its NAT, and from another address where `where` is kElsewhere or more.
  void move_peer(unsigned where) { peer_place_ = where; }
  static constexpr unsigned kElsewhere = 3;
  /// Timers run out; nothing else happens.
  void pass(Duration duration);
  /// What has waited longest goes on: an answer of a stack, else a job, else a datagram. False: there is none.
  bool advance();
  void run_to_rest(unsigned most_steps = 400);
  /// The last of all: what ours holds is terminated, and nothing may be left. `at_once`: without waiting for the peer.
  void end(bool at_once);

  /// The message IDs of an IKE SA: of the request that ours sent last, and of the next one that ours expects.
  struct MessageIds {
    std::uint32_t of_our_request = 0;
    std::uint32_t expected = 0;
  };
  [[nodiscard]] MessageIds message_ids(const ike::v2::IkeSaRecord& record) const;

 private:
  [[nodiscard]] ike::JobDone run(sim::Node& node, ike::Job job);
  struct Waiting {
    std::vector<ike::Job> jobs;
    std::vector<ipsec::StackEvent> answers;
  };
  using Spis = std::pair<IkeSpi, IkeSpi>;

  [[nodiscard]] Waiting& waiting_of(const sim::Node& node) { return &node == &ours_ ? our_work_ : peer_work_; }
  [[nodiscard]] const Waiting& waiting_of(const sim::Node& node) const {
    return &node == &ours_ ? our_work_ : peer_work_;
  }
  void collect(sim::Node& node, sim::Step::Cause cause);
  void transmit(const sim::Node& from, const ike::Datagram& datagram);
  void note_sent(const ike::Datagram& datagram);
  void note_answer(const ike::Datagram& datagram);
  void tell(const sim::Node& node) const;
  void check(const sim::Step& step);
  void check_footprint() const;
  void terminate_all(bool at_once);

  crypto::Library& library_;
  Instant now_{seconds(1)};
  sim::SiteToSite our_site_;
  sim::SiteToSite peer_site_;
  sim::Node ours_;
  sim::Node peer_;
  Waiting our_work_;
  Waiting peer_work_;
  bool tells_ = std::getenv("KEYPACT_STORY") != nullptr;  ///< on standard error, what happens
  bool nat_ = false;
  bool peer_is_gone_ = false;
  unsigned peer_place_ = 0;
  std::uint64_t requests_ = 0;
  std::map<Spis, MessageIds> message_ids_;
  sim::BrokenInvariant broken_;
  sim::EngineInvariants engine_;
  sim::EventInvariants our_events_;
  sim::EventInvariants peer_events_;
  sim::WireInvariants wire_;
};

}  // namespace keypact::fuzz
