// A configured connection as the section that list-conns streams.
#pragma once

#include "ike/core/credentials.h"
#include "vici/message.h"

namespace keypact::control {

void write_connection(vici::Section& section, const config::Connection& connection,
                      const ike::Credentials& credentials);

}  // namespace keypact::control
