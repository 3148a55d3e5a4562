// Several authentications of one end, one after the other: which is under way, and what those of the peer have proven. RFC 4739.
#pragma once

#include "config/snapshot.h"
#include "ike/core/payload_set.h"
#include "ike/core/refusal.h"
#include "ike/v2/authentication.h"

namespace keypact::ike::v2 {

/// Either end is to prove itself more than once.
[[nodiscard]] bool has_several_rounds(const config::Connection& connection);

/// What the rounds of a peer have proven so far, in the order of the connection's `remote`.
class PeerRounds {
 public:
  [[nodiscard]] std::size_t done() const { return done_; }
  [[nodiscard]] bool awaits_more(const config::Connection& connection) const {
    return done_ < connection.remote.size();
  }
  /// The one that is under way. There is one.
  [[nodiscard]] const config::AuthRound& current(const config::Connection& connection) const;
  /// Another one is done.
  void take(PeerAuthenticated peer);
  /// Who the peer is when all are done: what it called itself in the first round, and whom the last one has proven. Not before.
  [[nodiscard]] const PeerAuthenticated& all(const config::Connection& connection) const;

 private:
  std::size_t done_ = 0;
  std::optional<PeerAuthenticated> peer_;
};

/// The peer has not said MULTIPLE_AUTH_SUPPORTED in `exchange`, and one round takes the place of several nowhere.
[[nodiscard]] Refusal without_rounds(const config::Connection& connection, ExchangeType exchange);

/// With its AUTH an end says whether it wants to prove itself once more (ANOTHER_AUTH_FOLLOWS): a refusal where this connection wants
/// more rounds of it, or fewer. RFC 4739 §2.1.
[[nodiscard]] std::optional<Refusal> refuses_number_of_rounds(const config::Connection& connection,
                                                              const PeerRounds& peer, const PayloadSet& payloads);

}  // namespace keypact::ike::v2
