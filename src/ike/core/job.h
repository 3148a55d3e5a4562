// Jobs: work that leaves the engine as a value, because it is slow or happens elsewhere, and comes back as JobDone.
#pragma once

#include <variant>

#include "base/id.h"
#include "crypto/key_exchange.h"

namespace keypact::ike {

/// Whose work goes first when there is a queue: established SAs, then IKE_AUTH, then IKE_SA_INIT.
enum class JobClass : std::uint8_t { established, auth, sa_init };

struct BeginKeyExchange {
  KeyExchangeMethod method{};
};
struct RespondKeyExchange {
  KeyExchangeMethod method{};
  Octets initiator_value;
};
struct FinishKeyExchange {
  crypto::KeyExchangeState state;
  Octets responder_value;
};

struct Job {
  JobId id;
  JobClass job_class{};
  std::variant<BeginKeyExchange, RespondKeyExchange, FinishKeyExchange> work;
};

struct JobDone {
  JobId id;
  /// Begun and Responded answer the work of their name, Secret is the shared secret of FinishKeyExchange.
  std::variant<crypto::Begun, crypto::Responded, Secret, crypto::KeyExchangeError> result;
};

}  // namespace keypact::ike
