// RadiusRelay: the steps of EAP of one engine that a RADIUS server has to answer. A silent one keeps nobody else waiting.
#pragma once

#include <map>

#include "io/event_loop.h"
#include "io/udp_socket.h"
#include "jobs/eap_jobs.h"

namespace keypact::daemon {

class RadiusRelay {
 public:
  using Done = std::function<void(ike::JobDone)>;
  /// All in the loop's thread. `done` may be called inside add().
  RadiusRelay(io::EventLoop& loop, RandomSource& random, Done done);

  [[nodiscard]] static bool takes(const ike::Job& job);
  /// One that it takes.
  void add(ike::Job job);

 private:
  /// A server's answers come to the socket that asked it, whose identifiers are its own.
  struct Line {
    std::unique_ptr<io::UdpSocket> socket;
    io::Watch watch;
  };
  void pump();
  void transmit(const radius::Transmit& datagram);
  void receive(const radius::ServerPtr& server);
  [[nodiscard]] Line* line_to(const radius::ServerPtr& server);
  void finish(JobId id, ike::EapConversation conversation, eap::ServerStep step);

  io::EventLoop& loop_;
  Done done_;
  radius::Client client_;
  std::map<radius::ServerPtr, Line> lines_;
  std::map<JobId, ike::EapConversation> waiting_;
  std::shared_ptr<const config::Snapshot> configuration_;
  io::Timer timer_;
};

}  // namespace keypact::daemon
