// Fleet: many initiators in one thread, an ike::Engine each, over one UDP socket: client n is the address 127.64.0.0 + n. They
// begin what they are told to and answer what the daemon asks, and note when it asked.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "bench/capacity/plan.h"
#include "crypto/system_random.h"
#include "ike/engine/engine.h"
#include "io/event_loop.h"
#include "io/udp_socket.h"
#include "leases/lease_book.h"

namespace keypact::bench {

/// What all clients saw, in instants of the monotonic clock.
struct FleetReport {
  std::size_t established = 0;
  std::size_t failed = 0;
  std::size_t child_sas_rekeyed = 0;  ///< clients whose Child SA was rekeyed at least once
  std::size_t ike_sas_rekeyed = 0;
  std::size_t checked = 0;  ///< clients that were asked at least once whether they live
  std::size_t checks = 0;
  Duration latest_check{};        ///< the most that a liveness check came after its time
  Duration latest_child_rekey{};  ///< after the last moment that the configuration allows
  Duration latest_ike_rekey{};
  std::size_t lost = 0;  ///< SAs that ended
};

class Fleet {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Fleet>> create(io::EventLoop& loop, const Plan& plan,
                                                             std::uint16_t daemon_port);

  /// All handshakes, `window` at once; false when some failed or nothing went on any more.
  [[nodiscard]] bool establish_all();
  /// Goes on until `done` or the time is up.
  void serve(Duration duration, const std::function<bool()>& done);

  [[nodiscard]] const FleetReport& report() const { return report_; }
  /// Octets of the four messages of a handshake.
  [[nodiscard]] const std::vector<std::size_t>& handshake_sizes() const { return sizes_; }

 private:
  struct Client {
    Client(Fleet& fleet, const ike::Options& options, Instant now)
        : engine(options, fleet.library_, *fleet.random_, now) {}
    ike::Engine engine;
    std::optional<Instant> filed;
    Instant last_sent;    ///< the daemon heard of it then
    Instant child_since;  ///< its Child SA is this old
    Instant ike_since;
    std::uint64_t check = ~std::uint64_t{0};  ///< message ID of the liveness check that came last
    bool up = false;
    bool checked = false;
    bool child_rekeyed = false;
    bool ike_rekeyed = false;
  };
  Fleet(io::EventLoop& loop, const Plan& plan, io::UdpSocket socket, std::unique_ptr<crypto::SystemRandom> random,
        std::uint16_t daemon_port);

  void begin_next();
  void receive();
  void on_timer();
  void pump(std::size_t number);
  void note(std::size_t number, const ike::Event& event);
  void note_request(Client& client, const ike::Datagram& datagram, Instant now);
  void arm();
  void flush();

  io::EventLoop& loop_;
  Plan plan_;
  io::UdpSocket socket_;
  std::unique_ptr<crypto::SystemRandom> random_;
  crypto::Library library_;
  leases::LeaseBook leases_;
  std::uint16_t daemon_port_;
  std::shared_ptr<const config::SharedKey> key_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::set<std::pair<Instant, std::size_t>> deadlines_;
  std::vector<ike::Datagram> outgoing_;
  std::vector<std::size_t> sizes_;
  std::size_t begun_ = 0;
  FleetReport report_;
  io::Watch watch_;
  io::Timer timer_;
  io::Timer look_;  ///< whether what is waited for has come
};

}  // namespace keypact::bench
