// ControlRequest: what an operator asks of the engine. Each is answered by one RequestDone event with the same id.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/id.h"
#include "base/ip_address.h"
#include "proto/identification.h"

namespace keypact::ike {

/// Bring a child up, and the IKE SA that it needs. An empty connection: the first one that has the child; an empty child: the
/// connection's first. The addresses stand in where the configuration names no single one.
struct Initiate {
  ControlId id;
  std::string connection;
  std::string child;
  std::optional<IpAddress> local_address;
  std::optional<IpAddress> remote_address;
  /// A start action: nobody waits, and it is tried again until it is up, terminated, or not configured any more.
  bool persistent = false;
  bool childless = false;  ///< only the IKE SA (RFC 6023); `child` is empty
};
/// Send the peers of these IKE SAs, where they initiated them, to another gateway. RFC 5685 §5.
struct Redirect {
  ControlId id;
  IkeSaId ike_sa;
  Identification gateway;  ///< an address or a name
};
/// Delete an IKE SA with its Child SAs. The policies stay: the traffic does not leave in clear.
struct TerminateIke {
  ControlId id;
  IkeSaId ike_sa;
  bool at_once = false;  ///< without waiting for the peer's answer
};
struct TerminateChild {
  ControlId id;
  ChildSaId child_sa;
};

/// Replace the keys of an IKE SA, or the IKE SA by one that is authenticated anew.
struct RekeyIke {
  ControlId id;
  IkeSaId ike_sa;
  bool reauthenticate = false;
};
/// Replace a Child SA.
struct RekeyChild {
  ControlId id;
  ChildSaId child_sa;
};

using ControlRequest = std::variant<Initiate, TerminateIke, TerminateChild, RekeyIke, RekeyChild, Redirect>;

}  // namespace keypact::ike
