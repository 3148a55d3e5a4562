// A configured connection as the section that list-conns streams.
#pragma once

#include "config/snapshot.h"
#include "vici/message.h"

namespace keypact::control {

void write_connection(vici::Section& section, const config::Connection& connection);

}  // namespace keypact::control
