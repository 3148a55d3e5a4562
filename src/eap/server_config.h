// ServerConfig: which methods a server offers, and what it proves itself with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eap/method.h"
#include "eap/tls_settings.h"

namespace keypact::eap {

/// What TTLS and PEAP take inside of their tunnel.
struct ServerInner {
  std::vector<Method> methods{Method::MSCHAPV2};  ///< of EAP, in order of preference
  bool pap = true;                                ///< of TTLS
  bool mschapv2 = true;                           ///< of TTLS, without EAP
};

struct ServerConfig {
  std::vector<Method> methods;  ///< in order of preference; of those that server_speaks()
  bool asks_identity = true;
  std::string name = "keypact";  ///< what the server calls itself to its peers
  std::string network = "WLAN";  ///< of AKA': the access network that its keys are bound to (3GPP TS 24.302)
  ServerInner inner{};
  std::shared_ptr<const TlsSettings> tls{};  ///< of the methods over TLS
};

}  // namespace keypact::eap
