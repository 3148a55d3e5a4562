// Which program holds a UDP port: only for the sentence that tells why ours could not have it.
#pragma once

#include <cstdint>
#include <string>

namespace keypact::io {

/// "charon (pid 1234)"; empty when no program that we may see holds the port.
[[nodiscard]] std::string udp_port_user(std::uint16_t port);

}  // namespace keypact::io
