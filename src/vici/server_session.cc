#include "vici/server_session.h"

#include <algorithm>

#include "base/check.h"

namespace keypact::vici {

namespace {

bool knows(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void ServerSession::receive(OctetView octets) {
  if (fault_) return;
  frames_.feed(octets);
  if (command_runs_ && frames_.buffered() > kInputOctets) {
    fault_ = PacketFault{PacketError::too_much_ahead, std::nullopt};
  }
}

std::expected<std::optional<Request>, PacketFault> ServerSession::next_request() {
  while (!command_runs_ && !fault_) {
    auto frame = frames_.next();
    if (!frame) {
      fault_ = frame.error();
      break;
    }
    if (!*frame) return std::nullopt;
    auto packet = decode_packet(**frame);
    if (!packet) {
      fault_ = packet.error();
      break;
    }
    switch (packet->type) {
      case PacketType::CMD_REQUEST:
        if (!knows(vocabulary_.commands, packet->name)) {
          send(PacketType::CMD_UNKNOWN);
          break;
        }
        command_runs_ = true;
        return Request{std::move(packet->name), std::move(packet->message)};
      case PacketType::EVENT_REGISTER:
      case PacketType::EVENT_UNREGISTER: change_registration(*packet); break;
      default: fault_ = PacketFault{PacketError::unexpected, std::nullopt}; break;
    }
  }
  if (fault_) return std::unexpected(*fault_);
  return std::nullopt;
}

void ServerSession::change_registration(const Packet& packet) {
  if (packet.type == PacketType::EVENT_REGISTER) {
    if (!knows(vocabulary_.events, packet.name)) return send(PacketType::EVENT_UNKNOWN);
    registrations_.insert(packet.name);  // twice is once: the event is not delivered twice
    return send(PacketType::EVENT_CONFIRM);
  }
  send(registrations_.erase(packet.name) > 0 ? PacketType::EVENT_CONFIRM : PacketType::EVENT_UNKNOWN);
}

void ServerSession::respond(const Message& answer) {
  CHECK(command_runs_);
  command_runs_ = false;
  if (send(Packet{PacketType::CMD_RESPONSE, {}, answer})) return;
  send(Packet{PacketType::CMD_RESPONSE, {}, refusal("the answer is larger than the 512 KiB that a vici packet holds")});
}

void ServerSession::event(std::string_view name, const Message& message) {
  if (!registered(name)) return;
  send(Packet{PacketType::EVENT, std::string(name), message});
}

bool ServerSession::send(const Packet& packet) {
  const auto frame = encode_frame(packet);
  if (!frame) return false;
  append(output_, *frame);
  return true;
}

}  // namespace keypact::vici
