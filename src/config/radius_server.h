// RadiusServer: one server of the section radius, which is ours; its words are those of charon's eap-radius.servers.
#pragma once

#include <string>

#include "base/ip_address.h"
#include "base/secret.h"

namespace keypact::config {

struct RadiusServer {
  std::string name;
  Endpoint address;  ///< where it authenticates
  Secret secret;     ///< never empty
  std::string nas_identifier = "keypact";

  /// For people: "corp (192.0.2.1:1812)".
  [[nodiscard]] std::string to_string() const { return name + " (" + address.to_string() + ")"; }
};

}  // namespace keypact::config
