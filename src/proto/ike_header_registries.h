// The IKEv2 registries of the header and the payload chain: exchange types, payload types, protocol identifiers.
// RFC 7296 §3.1, §3.2, §3.3.1; later values as registered with IANA.
#pragma once

#include "proto/registry.h"

namespace keypact {

#define KEYPACT_EXCHANGE_TYPES(X) \
  X(IKE_SA_INIT, 34)              \
  X(IKE_AUTH, 35)                 \
  X(CREATE_CHILD_SA, 36)          \
  X(INFORMATIONAL, 37)            \
  X(IKE_SESSION_RESUME, 38)       \
  X(GSA_AUTH, 39)                 \
  X(GSA_REGISTRATION, 40)         \
  X(GSA_REKEY, 41)                \
  X(GSA_INBAND_REKEY, 42)         \
  X(IKE_INTERMEDIATE, 43)         \
  X(IKE_FOLLOWUP_KE, 44)
KEYPACT_REGISTRY(ExchangeType, std::uint8_t, KEYPACT_EXCHANGE_TYPES)
#undef KEYPACT_EXCHANGE_TYPES

/// The names are those of RFC 7296's notation: "HDR, SK {IDi, AUTH, SA, TSi, TSr}".
#define KEYPACT_PAYLOAD_TYPES(X) \
  X(None, 0)                     \
  X(SA, 33)                      \
  X(KE, 34)                      \
  X(IDi, 35)                     \
  X(IDr, 36)                     \
  X(CERT, 37)                    \
  X(CERTREQ, 38)                 \
  X(AUTH, 39)                    \
  X(Nonce, 40)                   \
  X(N, 41)                       \
  X(D, 42)                       \
  X(V, 43)                       \
  X(TSi, 44)                     \
  X(TSr, 45)                     \
  X(SK, 46)                      \
  X(CP, 47)                      \
  X(EAP, 48)                     \
  X(GSPM, 49)                    \
  X(IDg, 50)                     \
  X(GSA, 51)                     \
  X(KD, 52)                      \
  X(SKF, 53)                     \
  X(PS, 54)
KEYPACT_REGISTRY(PayloadType, std::uint8_t, KEYPACT_PAYLOAD_TYPES)
#undef KEYPACT_PAYLOAD_TYPES

#define KEYPACT_PROTOCOL_IDS(X) \
  X(none, 0)                    \
  X(IKE, 1)                     \
  X(AH, 2)                      \
  X(ESP, 3)                     \
  X(FC_ESP_HEADER, 4)           \
  X(FC_CT_AUTHENTICATION, 5)    \
  X(GIKE_UPDATE, 6)
KEYPACT_REGISTRY(ProtocolId, std::uint8_t, KEYPACT_PROTOCOL_IDS)
#undef KEYPACT_PROTOCOL_IDS

}  // namespace keypact
