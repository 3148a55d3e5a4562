// What is known about a Vendor ID, for people who read a log. It never changes what we do (RFC 7296 §3.12).
#pragma once

#include <string>

#include "base/octets.h"

namespace keypact::wire {

/// "strongSwan"; the text itself in quotes for an ID that is text; else its first octets in hexadecimal. At most 80 characters.
[[nodiscard]] std::string vendor_id_name(OctetView data);

}  // namespace keypact::wire
