// The IKEv2 registry of notify message types. RFC 7296 §3.10.1; later values as registered with IANA. Of those of private use, from 40960
// on, strongSwan has one and libreswan two.
#pragma once

#include "proto/registry.h"

namespace keypact {

#define KEYPACT_NOTIFY_TYPES(X)                 \
  X(UNSUPPORTED_CRITICAL_PAYLOAD, 1)            \
  X(INVALID_IKE_SPI, 4)                         \
  X(INVALID_MAJOR_VERSION, 5)                   \
  X(INVALID_SYNTAX, 7)                          \
  X(INVALID_MESSAGE_ID, 9)                      \
  X(INVALID_SPI, 11)                            \
  X(NO_PROPOSAL_CHOSEN, 14)                     \
  X(INVALID_KE_PAYLOAD, 17)                     \
  X(AUTHENTICATION_FAILED, 24)                  \
  X(SINGLE_PAIR_REQUIRED, 34)                   \
  X(NO_ADDITIONAL_SAS, 35)                      \
  X(INTERNAL_ADDRESS_FAILURE, 36)               \
  X(FAILED_CP_REQUIRED, 37)                     \
  X(TS_UNACCEPTABLE, 38)                        \
  X(INVALID_SELECTORS, 39)                      \
  X(UNACCEPTABLE_ADDRESSES, 40)                 \
  X(UNEXPECTED_NAT_DETECTED, 41)                \
  X(USE_ASSIGNED_HoA, 42)                       \
  X(TEMPORARY_FAILURE, 43)                      \
  X(CHILD_SA_NOT_FOUND, 44)                     \
  X(INVALID_GROUP_ID, 45)                       \
  X(AUTHORIZATION_FAILED, 46)                   \
  X(STATE_NOT_FOUND, 47)                        \
  X(TS_MAX_QUEUE, 48)                           \
  X(REGISTRATION_FAILED, 49)                    \
  X(INITIAL_CONTACT, 16384)                     \
  X(SET_WINDOW_SIZE, 16385)                     \
  X(ADDITIONAL_TS_POSSIBLE, 16386)              \
  X(IPCOMP_SUPPORTED, 16387)                    \
  X(NAT_DETECTION_SOURCE_IP, 16388)             \
  X(NAT_DETECTION_DESTINATION_IP, 16389)        \
  X(COOKIE, 16390)                              \
  X(USE_TRANSPORT_MODE, 16391)                  \
  X(HTTP_CERT_LOOKUP_SUPPORTED, 16392)          \
  X(REKEY_SA, 16393)                            \
  X(ESP_TFC_PADDING_NOT_SUPPORTED, 16394)       \
  X(NON_FIRST_FRAGMENTS_ALSO, 16395)            \
  X(MOBIKE_SUPPORTED, 16396)                    \
  X(ADDITIONAL_IP4_ADDRESS, 16397)              \
  X(ADDITIONAL_IP6_ADDRESS, 16398)              \
  X(NO_ADDITIONAL_ADDRESSES, 16399)             \
  X(UPDATE_SA_ADDRESSES, 16400)                 \
  X(COOKIE2, 16401)                             \
  X(NO_NATS_ALLOWED, 16402)                     \
  X(AUTH_LIFETIME, 16403)                       \
  X(MULTIPLE_AUTH_SUPPORTED, 16404)             \
  X(ANOTHER_AUTH_FOLLOWS, 16405)                \
  X(REDIRECT_SUPPORTED, 16406)                  \
  X(REDIRECT, 16407)                            \
  X(REDIRECTED_FROM, 16408)                     \
  X(TICKET_LT_OPAQUE, 16409)                    \
  X(TICKET_REQUEST, 16410)                      \
  X(TICKET_ACK, 16411)                          \
  X(TICKET_NACK, 16412)                         \
  X(TICKET_OPAQUE, 16413)                       \
  X(LINK_ID, 16414)                             \
  X(USE_WESP_MODE, 16415)                       \
  X(ROHC_SUPPORTED, 16416)                      \
  X(EAP_ONLY_AUTHENTICATION, 16417)             \
  X(CHILDLESS_IKEV2_SUPPORTED, 16418)           \
  X(QUICK_CRASH_DETECTION, 16419)               \
  X(IKEV2_MESSAGE_ID_SYNC_SUPPORTED, 16420)     \
  X(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED, 16421) \
  X(IKEV2_MESSAGE_ID_SYNC, 16422)               \
  X(IPSEC_REPLAY_COUNTER_SYNC, 16423)           \
  X(SECURE_PASSWORD_METHODS, 16424)             \
  X(PSK_PERSIST, 16425)                         \
  X(PSK_CONFIRM, 16426)                         \
  X(ERX_SUPPORTED, 16427)                       \
  X(IFOM_CAPABILITY, 16428)                     \
  X(SENDER_REQUEST_ID, 16429)                   \
  X(IKEV2_FRAGMENTATION_SUPPORTED, 16430)       \
  X(SIGNATURE_HASH_ALGORITHMS, 16431)           \
  X(CLONE_IKE_SA_SUPPORTED, 16432)              \
  X(CLONE_IKE_SA, 16433)                        \
  X(PUZZLE, 16434)                              \
  X(USE_PPK, 16435)                             \
  X(PPK_IDENTITY, 16436)                        \
  X(NO_PPK_AUTH, 16437)                         \
  X(INTERMEDIATE_EXCHANGE_SUPPORTED, 16438)     \
  X(IP4_ALLOWED, 16439)                         \
  X(IP6_ALLOWED, 16440)                         \
  X(ADDITIONAL_KEY_EXCHANGE, 16441)             \
  X(USE_AGGFRAG, 16442)                         \
  X(SUPPORTED_AUTH_METHODS, 16443)              \
  X(SA_RESOURCE_INFO, 16444)                    \
  X(USE_PPK_INT, 16445)                         \
  X(PPK_IDENTITY_KEY, 16446)                    \
  X(IKE_SA_INIT_FULL_TRANSCRIPT_AUTH, 16447)    \
  X(USE_BEET_MODE, 40961)                       \
  X(LIBRESWAN_PPK_IDENTITY_KEY, 50208)          \
  X(LIBRESWAN_USE_PPK_INT, 50209)
KEYPACT_REGISTRY(NotifyType, std::uint16_t, KEYPACT_NOTIFY_TYPES)
#undef KEYPACT_NOTIFY_TYPES

/// RFC 7296 §3.10.1: types below 16384 report errors, the others status.
[[nodiscard]] constexpr bool is_error(NotifyType type) { return static_cast<std::uint16_t>(type) < 16384; }

}  // namespace keypact
