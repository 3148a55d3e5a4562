// EngineHost: keeps one engine running: carries out what it asks for, brings back the answers, and tells its events to whoever
// listens. One thread.
#pragma once

#include <functional>

#include "control/told_event.h"
#include "daemon/radius_relay.h"
#include "daemon/transport.h"
#include "daemon/waiting_jobs.h"
#include "ike/core/credentials.h"
#include "ike/engine/engine.h"
#include "leases/lease_book.h"

namespace keypact::daemon {

class EngineHost {
 public:
  using Stack = std::function<std::optional<ipsec::StackEvent>(ipsec::StackRequest)>;
  using Listener = std::function<void(control::ToldEvent)>;

  EngineHost(io::EventLoop& loop, const ike::Options& options, crypto::Library& library, RandomSource& random,
             leases::LeaseBook& leases, Transport& transport, Stack stack, Documents& documents);

  /// Called when all that a step of the engine asked for has been carried out.
  void after_each_step(std::function<void()> settle) { settle_ = std::move(settle); }
  void tell_events_to(Listener listener) { listener_ = std::move(listener); }

  void on_datagrams(std::span<const ike::DatagramView> datagrams);
  void on_stack_event(const ipsec::StackEvent& event);
  void submit(const ike::ControlRequest& request);
  void on_contact_elsewhere(const ike::FreshPeer& fresh);
  void set_configuration(std::shared_ptr<const config::Snapshot> snapshot,
                         std::shared_ptr<const ike::Credentials> credentials = nullptr);
  void set_local_addresses(std::vector<IpAddress> addresses);
  /// Deletes all IKE SAs at their peers (RFC 7296 §1.4.1) and then calls `ended`, at the latest after `patience`.
  void end(Duration patience, std::function<void()> ended);

  [[nodiscard]] ike::Engine& engine() { return engine_; }

 private:
  void pump();
  void check_ended();
  void carry_out(ike::Output output);
  [[nodiscard]] jobs::Tools tools();

  crypto::Library& library_;
  RandomSource& random_;
  leases::LeaseBook& leases_;
  Transport& transport_;
  Documents& documents_;
  Stack stack_;
  std::function<void()> settle_;
  ike::Engine engine_;
  io::Timer timer_;
  WaitingJobs waiting_jobs_;
  RadiusRelay radius_;
  control::EventTeller teller_;
  Listener listener_;
  std::uint64_t last_own_request_ = 0;
  bool pumping_ = false;
  io::Timer patience_;
  std::function<void()> ended_;
};

}  // namespace keypact::daemon
