// KeptSas: SAs that an earlier run of the daemon left in the IPsec stack, as control tells of them.
#pragma once

#include <optional>
#include <string>

#include "base/instant.h"
#include "base/ip_address.h"
#include "proto/spi.h"

namespace keypact::control {

/// One pair, which carries traffic until a Child SA of this run does.
struct KeptSas {
  std::string connection;  ///< empty: no child that is loaded fits
  std::string child;
  EspSpi outbound{};
  IpAddress remote;
  std::optional<Duration> ends_in{};  ///< at the latest; nothing: it waits for its configuration
  std::string text;                   ///< all of it in a sentence
};

}  // namespace keypact::control
