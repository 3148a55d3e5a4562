// Base64 (RFC 4648): what is no text, in files that are.
#pragma once

#include <string>

#include "base/octets.h"

namespace keypact::pki {

/// With padding, on one line.
[[nodiscard]] std::string base64_of(OctetView octets);

}  // namespace keypact::pki
