// Engines: one engine in the daemon's own thread, or several, each in a thread with its own sockets, which share nothing: the kernel
// hands each its datagrams (io/engine_steering.h). What comes back from them, and what goes to them, crosses over as values.
#pragma once

#include <deque>
#include <mutex>
#include <thread>

#include "crypto/system_random.h"
#include "daemon/backend.h"
#include "daemon/engine_host.h"

namespace keypact::daemon {

class Engines {
 public:
  struct Setup {
    ike::Options options;  ///< of each, but for its index
    Transport::Ports ports;
    std::uint32_t mark = 0;
    std::size_t count = 1;
  };
  /// What they share is used in the thread of `loop` only; all outlives this object, and `loop` runs no more when it goes.
  struct Surroundings {
    io::EventLoop& loop;
    crypto::Library& library;
    RandomSource& random;
    leases::LeaseBook& leases;  ///< but this: in every engine's thread
    Transport& transport;       ///< of the only engine; of several: what none of them receives (ESP in UDP)
    Backend& backend;
    Documents& documents;  ///< used in the threads of all engines
  };
  /// Several engines open their sockets here, before `transport`, whose part is their number.
  [[nodiscard]] static Result<std::vector<Transport>> open_transports(const Setup& setup);
  [[nodiscard]] static Result<std::unique_ptr<Engines>> create(const Setup& setup, Surroundings surroundings,
                                                               std::vector<Transport> transports);
  ~Engines();

  using Listener = std::function<void(const control::ToldEvent&)>;
  void add_listener(Listener listener) { listeners_.push_back(std::move(listener)); }
  /// Of the transport of an only engine.
  void on_datagrams(std::span<const ike::DatagramView> datagrams);
  void on_stack_event(const ipsec::StackEvent& event);
  void submit(const ike::ControlRequest& request);
  void remember(const ike::PolicyBook::EarlierRun& run);
  void set_configuration(std::shared_ptr<const config::Snapshot> snapshot,
                         std::shared_ptr<const ike::Credentials> credentials = nullptr);
  /// What set_configuration() was given last; nullptr at first.
  [[nodiscard]] const std::shared_ptr<const config::Snapshot>& configuration() const { return configuration_; }
  void set_local_addresses(const std::vector<IpAddress>& addresses);
  void set_tracing(bool on);
  void end(Duration patience, std::function<void()> ended);

  [[nodiscard]] std::size_t count() const { return seats_.empty() ? 1 : seats_.size(); }
  void look(std::size_t engine, const std::function<void(const ike::Engine&)>& look);
  [[nodiscard]] ControlId next_control_id() { return ControlId{++last_control_}; }

 private:
  /// What an engine wants of the others after one step.
  struct Wishes {
    std::vector<ipsec::StackRequest> requests;
    std::vector<control::ToldEvent> told;
    std::vector<ike::FreshPeer> contacts;
  };
  /// One engine with all that belongs to its thread.
  struct Seat {
    explicit Seat(Transport sockets) : transport(std::move(sockets)) {}
    crypto::Library library;
    std::unique_ptr<crypto::SystemRandom> random;
    io::EventLoop loop;
    Transport transport;
    Wishes wishes;
    std::unique_ptr<EngineHost> host;
    std::thread thread;
  };
  using Work = std::move_only_function<void(EngineHost&)>;

  Engines(const Setup& setup, Surroundings surroundings);
  [[nodiscard]] Result<void> add_seat(Transport transport);
  /// In its thread, in the order of the calls.
  void tell(std::size_t engine, Work work);
  void hand_over(std::size_t engine);
  void carry_out_all();
  void carry_out(std::size_t engine, Wishes wishes);
  /// Returns when it is done; what it wished for is handed over.
  void tell_and_wait(std::size_t engine, Work work);
  [[nodiscard]] std::size_t engine_of(const ike::ControlRequest& request) const;

  Setup setup_;
  Surroundings around_;
  std::vector<Listener> listeners_;
  std::unique_ptr<EngineHost> only_;
  std::vector<std::unique_ptr<Seat>> seats_;  ///< empty when there is one engine
  std::shared_ptr<const config::Snapshot> configuration_;
  /// Wishes that wait for the daemon's thread, in the order in which they came.
  struct HandedOver {
    std::size_t engine = 0;
    Wishes wishes;
  };
  std::mutex handed_over_mutex_;
  std::deque<HandedOver> handed_over_;
  std::size_t still_running_ = 0;
  std::uint64_t last_control_ = 0;
};

}  // namespace keypact::daemon
