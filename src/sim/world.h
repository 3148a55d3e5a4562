// World: engines in one process, joined by links with faults, under one simulated clock. Everything that happens follows from
// the seed. Jobs and the IPsec stack answer after a delay of their own, so that messages can overtake them.
#pragma once

#include <functional>
#include <memory>

#include "sim/node.h"

namespace keypact::sim {

/// What goes wrong, in percent and time: on the links, with jobs, in the IPsec stacks.
struct Faults {
  unsigned loss = 0;
  unsigned duplication = 0;
  Duration least_delay = milliseconds(1);
  Duration most_delay = milliseconds(1);  ///< more than the least: datagrams overtake each other
  unsigned corruption = 0;
  unsigned failed_jobs = 0;
  Duration most_job_delay = microseconds(100);
  unsigned refused_installations = 0;
  Duration most_stack_delay = microseconds(50);
};

/// The last thing that an engine handled, and what came of it.
struct Step {
  enum class Cause : std::uint8_t { configuration, datagram, deadline, job, stack, control, restart, wake } cause{};
  Node* node = nullptr;
  std::size_t outputs = 0;
  std::vector<ike::Datagram> sent;
  std::size_t first_event = 0;  ///< in node->events: those from here on are of this step
};

/// A datagram on its way, for a test that decides its fate itself.
struct InFlight {
  const Node& from;
  const ike::Datagram& datagram;
  std::size_t number = 0;  ///< 1, 2, 3 ... of all datagrams in this world
};
enum class Fate : std::uint8_t {
  deliver,
  drop,
  duplicate,
  hold,
  late,     ///< others overtake it
  overdue,  ///< it comes after its retransmission
};

class World {
 public:
  /// Many worlds one after the other share a library, whose algorithms are looked up once.
  explicit World(std::uint64_t seed, std::shared_ptr<crypto::Library> library = std::make_shared<crypto::Library>());

  Node& add(const std::string& name, const IpAddress& address, std::shared_ptr<const config::Snapshot> configuration);
  [[nodiscard]] Node& node(std::string_view name);
  /// nullptr: there is none.
  [[nodiscard]] const Node* find(std::string_view name) const;
  [[nodiscard]] Node* node_at(const IpAddress& address);
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  /// For nodes that are added from now on.
  void set_options(const ike::Options& options) { options_ = options; }
  void set_faults(const Faults& faults) { faults_ = faults; }
  /// Nothing passes between the two until they are joined again.
  void part(const Node& a, const Node& b) { parted_.insert(std::minmax(&a, &b)); }
  void join(const Node& a, const Node& b) { parted_.erase(std::minmax(&a, &b)); }
  /// Asked for each datagram before the faults are; an empty function delivers all.
  void set_judge(std::function<Fate(const InFlight&)> judge) { judge_ = std::move(judge); }
  /// Delivers what was held, in the order held.
  void release_held();
  /// What is held now, for a test that lets each arrive when it wants.
  [[nodiscard]] std::vector<ike::Datagram> take_held() { return std::exchange(held_, {}); }
  /// It arrives at this moment.
  void arrive(const ike::Datagram& sent);
  /// The shared secret is the responder's public value: for tests that run thousands of handshakes a second. `hollow` has been moved
  /// from, and outlives the world.
  void use_toy_key_exchange(crypto::KeyExchangeState& hollow) { hollow_ = &hollow; }

  void control(Node& node, const ike::ControlRequest& request);
  void configure(Node& node, std::shared_ptr<const config::Snapshot> configuration);
  /// The process dies: its SAs, jobs and policies are gone, what is sent to it is lost, until it is restarted.
  void stop(Node& node);
  /// The host is suspended: its time stands still, and then leaps forward. All that was due comes at once.
  void suspend(Node& node, Duration duration);
  /// Before its time.
  void wake(Node& node);
  /// The host has another address, and its engine knows: what is sent to or from the old one is lost.
  void move(Node& node, const IpAddress& address);
  /// What these nodes send to others gets `outside` as its source. A node is behind one NAT at most.
  Nat& add_nat(const IpAddress& outside, Duration idle, const std::vector<Node*>& inside);
  [[nodiscard]] const std::vector<std::unique_ptr<Nat>>& nats() const { return nats_; }
  /// The host has these addresses now, and its engine knows.
  void set_local_addresses(Node& node, std::vector<IpAddress> addresses);
  /// Its SAs, jobs and policies are gone; the peers know nothing of it.
  void restart(Node& node, std::shared_ptr<const config::Snapshot> configuration);
  /// The IPsec stack tells something of its own accord.
  void stack_event(Node& node, const ipsec::StackEvent& event);
  /// A datagram from nowhere.
  void inject(Node& node, ike::Datagram datagram);
  /// Runs until nothing happens any more before `now() + duration`, then stands there.
  void run_for(Duration duration);
  /// One event; false when there is none before `until`.
  bool step(Instant until);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] crypto::Library& library() { return *library_; }
  /// Called after each event that an engine handled; last_step() says which.
  void set_observer(std::function<void(World&)> observer) { observer_ = std::move(observer); }
  [[nodiscard]] const Step& last_step() const { return last_step_; }
  /// Handed one line for everything that happens.
  void set_narrator(std::function<void(const std::string&)> narrator) { narrator_ = std::move(narrator); }
  /// Off: no ladder and no story, which saves half of the time. For nodes that are added from now on.
  void set_tracing(bool on) { tracing_ = on; }
  /// What was sent, one line a message: "left -> right  IKE_SA_INIT request 0  HDR, SA, KE, Nonce".
  [[nodiscard]] const std::vector<std::string>& ladder() const { return ladder_; }

 private:
  using Happening = std::variant<ike::Datagram, ike::Job, ipsec::StackEvent>;
  struct Scheduled {
    Node* node = nullptr;
    unsigned life = 0;  ///< of the node, for which it was meant
    Happening happening;
  };

  void schedule(Duration delay, Node& node, Happening happening);
  void file(Node& node);
  [[nodiscard]] Node* route(const Node& from, Endpoint& source, Endpoint& destination);
  void happen(Scheduled& scheduled);
  void transmit(Node& from, ike::Datagram datagram);
  void deliver(const Node& from, const ike::Datagram& datagram, Duration later = {});
  void corrupt(Octets& octets);
  void install(Node& node, ipsec::StackRequest request);
  void collect(Node& node, Step::Cause cause);
  void note(const Node& node, const ike::Event& event);
  void tell(const std::string& who, const std::string& what) const;
  [[nodiscard]] ike::JobDone run(Node& node, ike::Job job);
  [[nodiscard]] Duration between(Duration least, Duration most);

  std::shared_ptr<crypto::Library> library_;
  crypto::KeyExchangeState* hollow_ = nullptr;
  SeededRandom random_;
  Instant now_{seconds(1)};
  ike::Options options_;
  Faults faults_;
  std::function<Fate(const InFlight&)> judge_;
  std::function<void(World&)> observer_;
  std::function<void(const std::string&)> narrator_;
  bool tracing_ = true;
  Step last_step_;
  std::set<std::pair<const Node*, const Node*>> parted_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<std::string, Node*, std::less<>> by_name_;
  std::map<IpAddress, Node*> by_address_;
  std::vector<std::unique_ptr<Nat>> nats_;
  std::set<std::pair<Instant, std::size_t>> timers_;  ///< when, and of which node
  std::map<std::pair<Instant, std::uint64_t>, Scheduled> agenda_;
  std::vector<ike::Datagram> held_;
  std::vector<std::string> ladder_;
  std::uint64_t sequence_ = 0;
  std::size_t sent_ = 0;
  std::uint64_t trace_hash_ = 0xcbf29ce484222325;
};

}  // namespace keypact::sim
