#include "vici/client_session.h"

namespace keypact::vici {

bool ClientSession::request(std::string_view command, const Message& message) {
  return send(Packet{PacketType::CMD_REQUEST, std::string(command), message});
}

void ClientSession::register_event(std::string_view event) {
  send(Packet{PacketType::EVENT_REGISTER, std::string(event), {}});
}

void ClientSession::unregister_event(std::string_view event) {
  send(Packet{PacketType::EVENT_UNREGISTER, std::string(event), {}});
}

std::expected<std::optional<Packet>, PacketFault> ClientSession::next() {
  const auto frame = frames_.next();
  if (!frame) return std::unexpected(frame.error());
  if (!*frame) return std::nullopt;
  auto packet = decode_packet(**frame);
  if (!packet) return std::unexpected(packet.error());
  if (packet->type == PacketType::CMD_REQUEST || packet->type == PacketType::EVENT_REGISTER ||
      packet->type == PacketType::EVENT_UNREGISTER) {
    return std::unexpected(PacketFault{PacketError::unexpected, std::nullopt});
  }
  return std::move(*packet);
}

bool ClientSession::send(const Packet& packet) {
  const auto frame = encode_frame(packet);
  if (!frame) return false;
  append(output_, *frame);
  return true;
}

}  // namespace keypact::vici
