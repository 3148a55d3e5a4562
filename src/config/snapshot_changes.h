// Changes of a snapshot, one connection or secret at a time, as the control interface makes them: from the old value to a new
// one. What did not change is shared between the two.
#pragma once

#include "config/snapshot.h"

namespace keypact::config {

using SnapshotPointer = std::shared_ptr<const Snapshot>;

/// The connection is added, or takes the place of the one of its name.
[[nodiscard]] SnapshotPointer with_connection(const Snapshot& old, std::shared_ptr<const Connection> connection);
/// An equal snapshot when there is none of this name.
[[nodiscard]] SnapshotPointer without_connection(const Snapshot& old, std::string_view name);

/// The key is added, or takes the place of the one of its name; keys without a name are only added.
[[nodiscard]] SnapshotPointer with_shared_key(const Snapshot& old, std::shared_ptr<const SharedKey> key);
[[nodiscard]] SnapshotPointer without_shared_key(const Snapshot& old, std::string_view name);
[[nodiscard]] SnapshotPointer without_shared_keys(const Snapshot& old);

/// The pool is added, or takes the place of the one of its name.
[[nodiscard]] SnapshotPointer with_pool(const Snapshot& old, std::shared_ptr<const Pool> pool);

[[nodiscard]] SnapshotPointer with_eap_secret(const Snapshot& old, std::shared_ptr<const EapSecret> secret);
[[nodiscard]] SnapshotPointer with_ppk(const Snapshot& old, std::shared_ptr<const Ppk> ppk);

}  // namespace keypact::config
