// World: engines in one process, joined by links with faults, under one simulated clock. Everything that happens follows from
// the seed. Jobs and the IPsec stack answer after a delay of their own, so that messages can overtake them.
#pragma once

#include <functional>
#include <memory>

#include "sim/node.h"

namespace keypact::sim {

/// What the links do to datagrams, in percent and time.
struct Faults {
  unsigned loss = 0;
  unsigned duplication = 0;
  Duration least_delay = milliseconds(1);
  Duration most_delay = milliseconds(1);  ///< more than the least: datagrams overtake each other
};

/// A datagram on its way, for a test that decides its fate itself.
struct InFlight {
  const Node& from;
  const ike::Datagram& datagram;
  std::size_t number = 0;  ///< 1, 2, 3 ... of all datagrams in this world
};
enum class Fate : std::uint8_t { deliver, drop, duplicate, hold };

class World {
 public:
  explicit World(std::uint64_t seed);

  Node& add(const std::string& name, const IpAddress& address, std::shared_ptr<const config::Snapshot> configuration);
  [[nodiscard]] Node& node(std::string_view name);
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  void set_faults(const Faults& faults) { faults_ = faults; }
  /// Asked for each datagram before the faults are; an empty function delivers all.
  void set_judge(std::function<Fate(const InFlight&)> judge) { judge_ = std::move(judge); }
  /// Delivers what was held, in the order held.
  void release_held();

  void control(Node& node, const ike::ControlRequest& request);
  /// A datagram from nowhere.
  void inject(Node& node, ike::Datagram datagram);
  /// Runs until nothing happens any more before `now() + duration`, then stands there.
  void run_for(Duration duration);
  /// One event; false when there is none before `until`.
  bool step(Instant until);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] crypto::Library& library() { return library_; }
  /// Called after each event that an engine handled.
  void set_observer(std::function<void(World&)> observer) { observer_ = std::move(observer); }
  /// What was sent, one line a message: "left -> right  IKE_SA_INIT request 0  HDR, SA, KE, Nonce".
  [[nodiscard]] const std::vector<std::string>& ladder() const { return ladder_; }

 private:
  using Happening = std::variant<ike::Datagram, ike::Job, ipsec::StackEvent>;
  struct Scheduled {
    Node* node = nullptr;
    Happening happening;
  };

  void schedule(Duration delay, Node& node, Happening happening);
  void transmit(Node& from, ike::Datagram datagram);
  void deliver(const ike::Datagram& datagram);
  void collect(Node& node);
  void note(const Node& node, const ike::Event& event);
  [[nodiscard]] Node* node_at(const IpAddress& address);
  [[nodiscard]] Duration link_delay();

  crypto::Library library_;
  SeededRandom random_;
  Instant now_{seconds(1)};
  Faults faults_;
  std::function<Fate(const InFlight&)> judge_;
  std::function<void(World&)> observer_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<std::pair<Instant, std::uint64_t>, Scheduled> agenda_;
  std::vector<ike::Datagram> held_;
  std::vector<std::string> ladder_;
  std::uint64_t sequence_ = 0;
  std::size_t sent_ = 0;
  std::uint64_t trace_hash_ = 0xcbf29ce484222325;
};

}  // namespace keypact::sim
