// ClientSession: the client's side of one vici connection without a socket: requests in, octets out; octets in, packets out.
// There is no request id: the next CMD_RESPONSE or CMD_UNKNOWN answers the oldest request, and events come in between.
#pragma once

#include <utility>

#include "vici/packet.h"

namespace keypact::vici {

class ClientSession {
 public:
  /// False when the message is larger than a packet holds; nothing is sent then.
  [[nodiscard]] bool request(std::string_view command, const Message& message);
  void register_event(std::string_view event);
  void unregister_event(std::string_view event);
  [[nodiscard]] Octets take_output() { return std::exchange(output_, {}); }

  void receive(OctetView octets) { frames_.feed(octets); }
  /// The next packet of the server; an error means: close the connection.
  [[nodiscard]] std::expected<std::optional<Packet>, PacketFault> next();

 private:
  bool send(const Packet& packet);

  FrameDecoder frames_;
  Octets output_;
};

}  // namespace keypact::vici
