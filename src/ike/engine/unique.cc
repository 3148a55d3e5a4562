// How many IKE SAs one peer may have: INITIAL_CONTACT (RFC 7296 §2.4) and swanctl's setting unique.
#include <algorithm>

#include "ike/engine/engine.h"

namespace keypact::ike {

/// RFC 7296 §2.4: only SAs between the same authenticated identities, and only of the same connection.
std::vector<IkeSaId> Engine::others_of(const FreshPeer& fresh) const {
  const auto* kept = table_.find(fresh.keep);  // null: it is another engine's
  std::vector<IkeSaId> others;
  for (const auto id : table_.established_with(fresh.peer)) {
    const auto& parts = table_.find(id)->established()->parts();
    if (id != fresh.keep && parts.connection->name == fresh.connection && parts.local_id == fresh.local &&
        (kept == nullptr || !began_at_once(*table_.find(id), *kept)))
      others.push_back(id);
  }
  return others;
}

bool Engine::concerns_others(const FreshPeer& fresh) {
  return fresh.unique != config::UniquePolicy::never &&
         (fresh.initial_contact || fresh.unique != config::UniquePolicy::no);
}

void Engine::settle_others(Context& context, const FreshPeer& fresh) {
  if (fresh.unique == config::UniquePolicy::never) return;
  for (const auto id : others_of(fresh)) {
    auto* other = table_.find(id);
    if (other == nullptr || other->established() == nullptr) continue;
    if (fresh.initial_contact) {
      // The peer does not know it any more: there is nobody to tell.
      Refusal reason;
      reason.code = RefusalCode::deleted_by_peer;
      reason.by_peer = true;
      reason.notify = NotifyType::INITIAL_CONTACT;
      drive(context, *other, [&](v2::IkeSa& sa) { sa.abandon(context, reason); });
    } else if (fresh.unique != config::UniquePolicy::no && other->established()->serves()) {
      // From the same place it looks like a reauthentication: the peer has the time to bring its Child SAs over.
      const bool at_once = other->record().remote != fresh.remote;
      drive(context, *other, [&](v2::IkeSa& sa) { sa.retire(context, at_once); });
    }
  }
}

bool Engine::is_elsewhere(const std::string& connection, const Identification& local, const Identification& peer,
                          const Endpoint& remote) const {
  return std::ranges::any_of(serving(connection, local, peer),
                             [&](IkeSaId id) { return table_.find(id)->record().remote != remote; });
}

}  // namespace keypact::ike
