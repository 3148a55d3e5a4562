// The IKEv2 registries that single payloads use: identification, certificate encodings, authentication methods, traffic
// selectors, configuration, EAP, hash algorithms. RFC 7296 §3.5, §3.6, §3.8, §3.13.1, §3.15.1; later values as registered.
#pragma once

#include "proto/registry.h"

namespace keypact {

#define KEYPACT_ID_TYPES(X) \
  X(ID_IPV4_ADDR, 1)        \
  X(ID_FQDN, 2)             \
  X(ID_RFC822_ADDR, 3)      \
  X(ID_IPV6_ADDR, 5)        \
  X(ID_DER_ASN1_DN, 9)      \
  X(ID_DER_ASN1_GN, 10)     \
  X(ID_KEY_ID, 11)          \
  X(ID_FC_NAME, 12)         \
  X(ID_NULL, 13)
KEYPACT_REGISTRY(IdType, std::uint8_t, KEYPACT_ID_TYPES)
#undef KEYPACT_ID_TYPES

#define KEYPACT_CERT_ENCODINGS(X)      \
  X(PKCS7_WRAPPED_X509_CERTIFICATE, 1) \
  X(PGP_CERTIFICATE, 2)                \
  X(DNS_SIGNED_KEY, 3)                 \
  X(X509_CERTIFICATE_SIGNATURE, 4)     \
  X(KERBEROS_TOKEN, 6)                 \
  X(CERTIFICATE_REVOCATION_LIST, 7)    \
  X(AUTHORITY_REVOCATION_LIST, 8)      \
  X(SPKI_CERTIFICATE, 9)               \
  X(X509_CERTIFICATE_ATTRIBUTE, 10)    \
  X(RAW_RSA_KEY, 11)                   \
  X(HASH_AND_URL_X509_CERTIFICATE, 12) \
  X(HASH_AND_URL_X509_BUNDLE, 13)      \
  X(OCSP_CONTENT, 14)                  \
  X(RAW_PUBLIC_KEY, 15)
KEYPACT_REGISTRY(CertEncoding, std::uint8_t, KEYPACT_CERT_ENCODINGS)
#undef KEYPACT_CERT_ENCODINGS

#define KEYPACT_AUTH_METHODS(X)  \
  X(RSA_DIGITAL_SIGNATURE, 1)    \
  X(SHARED_KEY_MIC, 2)           \
  X(DSS_DIGITAL_SIGNATURE, 3)    \
  X(ECDSA_SHA256_P256, 9)        \
  X(ECDSA_SHA384_P384, 10)       \
  X(ECDSA_SHA512_P521, 11)       \
  X(GENERIC_SECURE_PASSWORD, 12) \
  X(NULL_AUTHENTICATION, 13)     \
  X(DIGITAL_SIGNATURE, 14)
KEYPACT_REGISTRY(AuthMethod, std::uint8_t, KEYPACT_AUTH_METHODS)
#undef KEYPACT_AUTH_METHODS

#define KEYPACT_TS_TYPES(X) \
  X(TS_IPV4_ADDR_RANGE, 7)  \
  X(TS_IPV6_ADDR_RANGE, 8)  \
  X(TS_FC_ADDR_RANGE, 9)    \
  X(TS_SECLABEL, 10)
KEYPACT_REGISTRY(TsType, std::uint8_t, KEYPACT_TS_TYPES)
#undef KEYPACT_TS_TYPES

#define KEYPACT_CP_TYPES(X) \
  X(CFG_REQUEST, 1)         \
  X(CFG_REPLY, 2)           \
  X(CFG_SET, 3)             \
  X(CFG_ACK, 4)
KEYPACT_REGISTRY(CpType, std::uint8_t, KEYPACT_CP_TYPES)
#undef KEYPACT_CP_TYPES

#define KEYPACT_CP_ATTRIBUTES(X)           \
  X(INTERNAL_IP4_ADDRESS, 1)               \
  X(INTERNAL_IP4_NETMASK, 2)               \
  X(INTERNAL_IP4_DNS, 3)                   \
  X(INTERNAL_IP4_NBNS, 4)                  \
  X(INTERNAL_IP4_DHCP, 6)                  \
  X(APPLICATION_VERSION, 7)                \
  X(INTERNAL_IP6_ADDRESS, 8)               \
  X(INTERNAL_IP6_DNS, 10)                  \
  X(INTERNAL_IP6_DHCP, 12)                 \
  X(INTERNAL_IP4_SUBNET, 13)               \
  X(SUPPORTED_ATTRIBUTES, 14)              \
  X(INTERNAL_IP6_SUBNET, 15)               \
  X(MIP6_HOME_PREFIX, 16)                  \
  X(INTERNAL_IP6_LINK, 17)                 \
  X(INTERNAL_IP6_PREFIX, 18)               \
  X(HOME_AGENT_ADDRESS, 19)                \
  X(P_CSCF_IP4_ADDRESS, 20)                \
  X(P_CSCF_IP6_ADDRESS, 21)                \
  X(FTT_KAT, 22)                           \
  X(EXTERNAL_SOURCE_IP4_NAT_INFO, 23)      \
  X(TIMEOUT_PERIOD_FOR_LIVENESS_CHECK, 24) \
  X(INTERNAL_DNS_DOMAIN, 25)               \
  X(INTERNAL_DNSSEC_TA, 26)                \
  X(ENCDNS_IP4, 27)                        \
  X(ENCDNS_IP6, 28)                        \
  X(ENCDNS_DIGEST_INFO, 29)                \
  X(INTERNAL_IP4_SERVER, 23456)            \
  X(INTERNAL_IP6_SERVER, 23457)
KEYPACT_REGISTRY(CpAttributeType, std::uint16_t, KEYPACT_CP_ATTRIBUTES)
#undef KEYPACT_CP_ATTRIBUTES

#define KEYPACT_EAP_CODES(X) \
  X(Request, 1)              \
  X(Response, 2)             \
  X(Success, 3)              \
  X(Failure, 4)              \
  X(Initiate, 5)             \
  X(Finish, 6)
KEYPACT_REGISTRY(EapCode, std::uint8_t, KEYPACT_EAP_CODES)
#undef KEYPACT_EAP_CODES

// RFC 3748 §5. The names of those that authenticate are what follows "EAP-" in the names that people use.
#define KEYPACT_EAP_TYPES(X) \
  X(Identity, 1)             \
  X(Notification, 2)         \
  X(Nak, 3)                  \
  X(MD5, 4)                  \
  X(OTP, 5)                  \
  X(GTC, 6)                  \
  X(TLS, 13)                 \
  X(SIM, 18)                 \
  X(TTLS, 21)                \
  X(AKA, 23)                 \
  X(PEAP, 25)                \
  X(MSCHAPV2, 26)            \
  X(AKA_PRIME, 50)           \
  X(EXPANDED, 254)
KEYPACT_REGISTRY(EapType, std::uint8_t, KEYPACT_EAP_TYPES)
#undef KEYPACT_EAP_TYPES

/// RFC 7427 §7: hash algorithms of SIGNATURE_HASH_ALGORITHMS.
#define KEYPACT_HASH_ALGORITHMS(X) \
  X(SHA1, 1)                       \
  X(SHA2_256, 2)                   \
  X(SHA2_384, 3)                   \
  X(SHA2_512, 4)                   \
  X(IDENTITY, 5)
KEYPACT_REGISTRY(HashAlgorithm, std::uint16_t, KEYPACT_HASH_ALGORITHMS)
#undef KEYPACT_HASH_ALGORITHMS

}  // namespace keypact
