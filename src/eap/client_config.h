// ClientConfig: what a client proves itself with, and what it wants of the server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eap/credentials.h"
#include "eap/tls_settings.h"

namespace keypact::eap {

struct ClientConfig {
  /// What we let ourselves be authenticated with, in order of preference; of those that client_speaks(). Others are answered with
  /// a Nak that names these.
  std::vector<Method> methods;
  std::string identity;
  Password password;                         ///< of the methods that have one
  std::shared_ptr<const TlsSettings> tls{};  ///< of the methods over TLS
};

}  // namespace keypact::eap
