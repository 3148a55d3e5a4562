// Refusal: why an EAP conversation ended without success, for people and for who drives it.
#pragma once

#include <string>

#include "base/octets.h"
#include "eap/method.h"

namespace keypact::eap {

enum class Reason : std::uint8_t {
  malformed,     ///< octets that are no EAP packet, or no packet of the method
  out_of_place,  ///< a packet that nobody may send there
  too_many_rounds,
  no_common_method,
  identity_unknown,          ///< there is no secret for it
  identity_differs,          ///< the method speaks of another one than EAP-Identity or IDi
  peer_not_authenticated,    ///< the server's view: the secret is wrong
  server_not_authenticated,  ///< the client's view: the server did not prove itself
  refused_by_peer,           ///< the other end ended it
  not_available,             ///< this machine lacks what the method needs
};

struct Refusal {
  Reason reason{};
  Method method{};  ///< that was running; Identity when none was
  std::string sentence;
  bool operator==(const Refusal&) const = default;
};

/// A name of the peer's as part of a sentence: at most 64 octets, everything that is no printable ASCII as \xNN (rows A18, A20, A28).
[[nodiscard]] std::string shown(std::string_view name);

}  // namespace keypact::eap
