// ClientMethod: what one EAP method does between its first request and Success or Failure, at the client.
#pragma once

#include <memory>

#include "base/random_source.h"
#include "base/result.h"
#include "eap/client_config.h"
#include "eap/refusal.h"

namespace keypact::eap {

/// What a client needs of its surroundings for one step.
struct ClientSurroundings {
  RandomSource& random;
  std::int64_t now = 0;  ///< seconds since 1970 in UTC, for certificates
};

class ClientMethod {
 public:
  virtual ~ClientMethod() = default;
  /// The type-data of the response. What is no reason to fall silent, but one to fail, is kept for on_failure().
  [[nodiscard]] virtual Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                           const ClientSurroundings& surroundings) = 0;
  /// EAP-Success came: the key, or why the method cannot have succeeded yet.
  [[nodiscard]] virtual Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) = 0;
  /// EAP-Failure came: the most that is known of why.
  [[nodiscard]] virtual Refusal on_failure() const = 0;
  /// Of AKA: the greatest sequence number that the card has seen.
  [[nodiscard]] virtual std::uint64_t card_sequence() const { return 0; }
};

}  // namespace keypact::eap
