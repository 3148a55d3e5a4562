#include "config/snapshot.h"

#include <algorithm>

namespace keypact::config {
namespace {

/// How well the owners of a key meet one identity: nothing, any, a wildcard, exactly.
int match(const SharedKey& key, const Identification& identity) {
  static constexpr int kScores[] = {1, 10, 20};
  int best = key.owners.empty() ? kScores[0] : 0;
  for (const auto& owner : key.owners)
    if (owner.matches(identity)) best = std::max(best, kScores[owner.specificity()]);
  return best;
}

/// The score of a key for a pair of identities; 0: the key is not for them.
int score(const SharedKey& key, const Identification& local, const Identification& peer) {
  const int local_match = match(key, local);
  const int peer_match = match(key, peer);
  if (peer_match > 0) return local_match + peer_match;
  // A key that names us alone is for every peer. One that names others too is for those: whoever knows it must not be able to
  // authenticate under one more name.
  const bool only_local =
      std::ranges::all_of(key.owners, [&](const IdentityPattern& owner) { return owner.matches(local); });
  return only_local ? local_match : 0;
}

}  // namespace

const ChildConfig* Connection::child(std::string_view child_name) const {
  const auto found = std::ranges::find(children, child_name, &ChildConfig::name);
  return found == children.end() ? nullptr : &*found;
}

std::shared_ptr<const Connection> Snapshot::connection(std::string_view name) const {
  const auto found = std::ranges::find_if(connections, [name](const auto& c) { return c->name == name; });
  return found == connections.end() ? nullptr : *found;
}

std::shared_ptr<const Pool> Snapshot::pool(std::string_view name) const {
  const auto found = std::ranges::find_if(pools, [name](const auto& p) { return p->name == name; });
  return found == pools.end() ? nullptr : *found;
}

std::shared_ptr<const EapSecret> Snapshot::eap_secret(std::string_view identity) const {
  std::shared_ptr<const EapSecret> found;
  for (const auto& secret : eap_secrets) {
    const auto names = [&](std::string_view name) {
      return std::ranges::find(secret->identities, name) != secret->identities.end();
    };
    if (names(identity)) return secret;
    if ((secret->identities.empty() || names("%any")) && !found) found = secret;
  }
  return found;
}

std::shared_ptr<const Ppk> Snapshot::ppk(OctetView id) const {
  std::shared_ptr<const Ppk> found;
  for (const auto& ppk : ppks) {
    if (std::ranges::any_of(ppk->ids, [&](const Octets& each) { return same_octets(each, id); })) return ppk;
    if (ppk->ids.empty() && !found) found = ppk;
  }
  return found;
}

std::shared_ptr<const SharedKey> Snapshot::shared_key(const Identification& local, const Identification& peer) const {
  std::shared_ptr<const SharedKey> best;
  int best_score = 0;
  for (const auto& key : ike_secrets) {
    const int s = score(*key, local, peer);
    if (s <= best_score) continue;
    best_score = s;
    best = key;
  }
  return best;
}

}  // namespace keypact::config
