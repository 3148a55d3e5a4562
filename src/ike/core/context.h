// Context: what a handler of the engine may use beside its own state: the moment, the algorithms, randomness, the
// configuration; and Outputs, where everything goes that it wants done. Valid for one call.
#pragma once

#include <memory>
#include <set>

#include "base/random_source.h"
#include "config/snapshot.h"
#include "ike/core/budgets.h"
#include "ike/core/counters.h"
#include "ike/core/credentials.h"
#include "ike/core/datagram.h"
#include "ike/core/event.h"
#include "ike/core/job.h"
#include "ike/core/policy_book.h"
#include "ike/core/stragglers.h"
#include "ipsec/spi_allocator.h"
#include "ipsec/stack.h"

namespace keypact::ike {

struct Options {
  std::uint16_t port = 500;
  std::uint16_t nat_port = 4500;
  std::uint8_t engine_index = 0;  ///< low octet of every SPI that we choose for an IKE SA
  std::uint8_t engines = 1;       ///< that share the peers (ipsec/steering.h)
  /// Octets of the largest IP packet that a message is sent in when it can be fragmented (RFC 7383 §2.5.1); 0: 576 for IPv4, 1280
  /// for IPv6.
  std::uint16_t fragment_size = 1280;
  /// A NAT in front of us hears something on each path at least this often (RFC 3948 §4); 0: only when there is something to say.
  Duration keep_alive = seconds(20);
  /// A peer that answers none of the transmissions of a request for so long is gone; 0: when it was sent often enough (RFC 7296 §2.4).
  Duration give_up_after{};
  /// As gateway: where every new peer that lets itself be redirected is sent (RFC 5685), and whether only once it is authenticated.
  std::optional<IpAddress> redirect_to = std::nullopt;
  bool redirect_when_authenticated = false;
  bool follow_redirects = true;  ///< as client
  /// Post-quantum preshared keys as RFC 9867 has them, with peers that can; else as RFC 8784.
  bool ppk_in_intermediate = true;
  /// Message IDs of one end in an IKE SA before it is rekeyed (RFC 7296 §2.2).
  std::uint32_t message_ids = limits::kMessageIds;
  bool esp_tunnels_only = false;  ///< the IPsec stack has no other mode, no AH, no IPComp
  bool export_keys = false;       ///< make IkeKeysDerived and ChildKeysDerived
  Budgets budgets{};
  std::set<EspSpi> esp_spis_taken{};  ///< by SAs that an earlier run left in the IPsec stack
};

using Output = std::variant<Datagram, Keepalive, ipsec::StackRequest, Job, Event>;
using Outputs = std::vector<Output>;

/// Numbers that never repeat, in any engine of the process: each modulo the number of engines is the engine's index.
struct IdSource {
  std::uint64_t last = 0;
  std::uint64_t step = 1;
  template <class AnyId>
  AnyId next() {
    return AnyId{last += step};
  }
};

/// As responder: an IKE SA whose peer was just authenticated. What becomes of others with the same peer is the connection's to say.
struct FreshPeer {
  IkeSaId keep;
  std::string connection;
  Identification local;
  Identification peer;
  Endpoint remote;
  config::UniquePolicy unique{};
  /// RFC 7296 §2.4: the peer holds no other IKE SA for this pair of identities and connection.
  bool initial_contact = false;
};

/// The gateways that an initiation was sent on by. RFC 5685 §7.
struct Redirections {
  std::optional<IpAddress> from;  ///< the one that sent us where we are now
  std::vector<Instant> times;     ///< of those that count
};

/// An initiation that is made again: nobody answered (swanctl's keyingtries), or a gateway sent us to another one (RFC 5685).
struct NextAttempt {
  std::string connection;
  std::string child;
  bool childless = false;
  ControlId request;
  IkeSaId replaces;  ///< 0: none
  IpAddress local;
  IpAddress remote;
  unsigned tries = 0;  ///< made so far in vain
  Redirections redirections;
};

/// What must be asked of all IKE SAs of the engine together.
class OtherIkeSas {
 public:
  /// An SPI that none of them has.
  [[nodiscard]] virtual IkeSpi fresh_ike_spi() = 0;
  /// How many are established with this peer.
  [[nodiscard]] virtual std::size_t count_established(const Identification& peer) const = 0;
  /// One that is established for this connection between these identities, whose peer is at another endpoint.
  [[nodiscard]] virtual bool is_elsewhere(const std::string& connection, const Identification& local,
                                          const Identification& peer, const Endpoint& remote) const = 0;

 protected:
  ~OtherIkeSas() = default;
};

struct Context {
  Instant now;
  const Options& options;
  crypto::Library& library;
  RandomSource& random;
  const std::shared_ptr<const config::Snapshot>& configuration;
  const std::shared_ptr<const Credentials>&
      credentials;  ///< the keys and certificates of that configuration; never null
  ipsec::SpiAllocator& esp_spis;
  OtherIkeSas& other_ike_sas;
  IdSource& ids;
  const std::vector<IpAddress>& local_addresses;  ///< of this machine, the preferred ones first; empty: not known
  PolicyBook& policies;
  Stragglers& stragglers;
  Counters& counters;
  Outputs& outputs;
  std::vector<FreshPeer>& fresh_peers;
  std::vector<NextAttempt>& next_attempts;
  std::vector<IkeSaId>& reauthentications;          ///< IKE SAs whose time to be authenticated anew has come
  bool tracing = false;                             ///< somebody wants MessageTraced
  Duration half_open_life = limits::kHalfOpenLife;  ///< of an IKE SA that begins at this moment

  void emit(Event event) const { outputs.emplace_back(std::move(event)); }
  void request(ipsec::StackRequest request) const { outputs.emplace_back(std::move(request)); }
  void send(Datagram datagram) const {
    ++counters.sent;
    outputs.emplace_back(std::move(datagram));
  }
  JobId start(JobClass job_class, decltype(Job::work) work) const;
};

}  // namespace keypact::ike
