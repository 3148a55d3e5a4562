// What control keeps of an IKE SA, so that it can still tell about it when the engine has forgotten it.
#pragma once

#include <map>

#include "ike/engine/engine.h"

namespace keypact::control {

struct IkeFacts {
  IkeSaId id;
  std::string connection;  ///< empty while a responder does not know whom it talks to
  ike::v2::IkeSaRecord record;
  std::string state;     ///< charon's words: CONNECTING, ESTABLISHED, REKEYING, REKEYED, DELETING
  std::string local_id;  ///< empty until authentication
  std::string peer_id;
  Proposal proposal;  ///< without transforms until IKE_SA_INIT is over
  std::optional<Instant> established;
  ike::v2::Lifetime lifetime;
};

/// Nothing for an IKE SA that is over.
[[nodiscard]] std::optional<IkeFacts> facts_of(const ike::v2::IkeSa& sa);

/// The facts of every IKE SA and Child SA that events told about, until the event that says it is gone.
class SaMemory {
 public:
  /// Refreshed from the engine while it has the SA. What a peer alone began is not kept: half-open SAs end without a word.
  [[nodiscard]] const IkeFacts* ike(const ike::Engine& engine, IkeSaId id);
  [[nodiscard]] const ike::v2::ChildSa* child(const ike::Engine& engine, IkeSaId ike, ChildSaId id);
  void forget(IkeSaId id) { ikes_.erase(id); }
  void forget(ChildSaId id) { children_.erase(id); }
  [[nodiscard]] std::size_t size() const { return ikes_.size() + children_.size(); }

 private:
  IkeFacts half_open_;  ///< the last one that was asked for
  std::map<IkeSaId, IkeFacts> ikes_;
  std::map<ChildSaId, ike::v2::ChildSa> children_;
};

}  // namespace keypact::control
