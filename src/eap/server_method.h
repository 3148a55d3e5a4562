// ServerMethod: what one EAP method does between its first request and its end, at the server.
#pragma once

#include <memory>
#include <variant>

#include "base/random_source.h"
#include "eap/credentials.h"
#include "eap/refusal.h"
#include "eap/server_config.h"

namespace keypact::eap {

/// What a server needs of its surroundings for one step.
struct ServerSurroundings {
  const SecretSource& secrets;
  RandomSource& random;
  std::int64_t now = 0;  ///< seconds since 1970 in UTC, for certificates
};

/// Type-data of the next request. `decided`: it tells the peer that it failed, and this is why; the peer may end it without a word.
struct Ask {
  Octets data;
  std::optional<Refusal> decided{};
};
struct MethodSucceeded {
  std::optional<Msk> msk;
  std::string identity;  ///< who the peer is, proven
};
using ServerMethodStep = std::variant<Ask, MethodSucceeded, Refusal>;

class ServerMethod {
 public:
  virtual ~ServerMethod() = default;
  /// `identifier` is that of the request that is made.
  [[nodiscard]] virtual ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) = 0;
  /// `next_identifier` is that of the request that may be made.
  [[nodiscard]] virtual ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                                     const ServerSurroundings& surroundings) = 0;
};

}  // namespace keypact::eap
