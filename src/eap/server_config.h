// ServerConfig: which methods a server offers, and what it proves itself with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eap/method.h"
#include "eap/tls_settings.h"

namespace keypact::eap {

struct ServerConfig {
  std::vector<Method> methods;  ///< in order of preference; of those that server_speaks()
  bool asks_identity = true;
  std::string name = "keypact";              ///< what the server calls itself to its peers
  std::shared_ptr<const TlsSettings> tls{};  ///< of the methods over TLS
};

}  // namespace keypact::eap
