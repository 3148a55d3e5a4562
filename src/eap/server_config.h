// ServerConfig: which methods a server offers, and what it proves itself with.
#pragma once

#include <string>
#include <vector>

#include "eap/method.h"

namespace keypact::eap {

struct ServerConfig {
  std::vector<Method> methods;  ///< in order of preference; of those that server_speaks()
  bool asks_identity = true;
  std::string name = "keypact";  ///< what the server calls itself to its peers
};

}  // namespace keypact::eap
