#include "config/snapshot_changes.h"

#include <algorithm>

namespace keypact::config {
namespace {

template <class T>
void put(std::vector<std::shared_ptr<const T>>& list, std::shared_ptr<const T> item) {
  const auto same =
      std::ranges::find_if(list, [&](const auto& i) { return !item->name.empty() && i->name == item->name; });
  if (same == list.end()) list.push_back(std::move(item));
  else *same = std::move(item);
}

}  // namespace

SnapshotPointer with_connection(const Snapshot& old, std::shared_ptr<const Connection> connection) {
  auto changed = std::make_shared<Snapshot>(old);
  put(changed->connections, std::move(connection));
  return changed;
}

SnapshotPointer without_connection(const Snapshot& old, std::string_view name) {
  auto changed = std::make_shared<Snapshot>(old);
  std::erase_if(changed->connections, [name](const auto& c) { return c->name == name; });
  return changed;
}

SnapshotPointer with_pool(const Snapshot& old, std::shared_ptr<const Pool> pool) {
  auto changed = std::make_shared<Snapshot>(old);
  put(changed->pools, std::move(pool));
  return changed;
}

SnapshotPointer with_eap_secret(const Snapshot& old, std::shared_ptr<const EapSecret> secret) {
  auto changed = std::make_shared<Snapshot>(old);
  put(changed->eap_secrets, std::move(secret));
  return changed;
}

SnapshotPointer with_ppk(const Snapshot& old, std::shared_ptr<const Ppk> ppk) {
  auto changed = std::make_shared<Snapshot>(old);
  put(changed->ppks, std::move(ppk));
  return changed;
}

SnapshotPointer with_shared_key(const Snapshot& old, std::shared_ptr<const SharedKey> key) {
  auto changed = std::make_shared<Snapshot>(old);
  put(changed->ike_secrets, std::move(key));
  return changed;
}

SnapshotPointer without_shared_key(const Snapshot& old, std::string_view name) {
  auto changed = std::make_shared<Snapshot>(old);
  std::erase_if(changed->ike_secrets, [name](const auto& k) { return k->name == name; });
  return changed;
}

SnapshotPointer without_shared_keys(const Snapshot& old) {
  auto changed = std::make_shared<Snapshot>(old);
  changed->ike_secrets.clear();
  return changed;
}

}  // namespace keypact::config
