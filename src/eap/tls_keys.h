// The MSK of the methods over TLS. RFC 5216 §2.3, RFC 9190 §2.3, RFC 5281 §8.
#pragma once

#include "eap/credentials.h"
#include "eap/tls_session.h"

namespace keypact::eap {

[[nodiscard]] Msk tls_msk(const TlsSession& session, Method method);

}  // namespace keypact::eap
