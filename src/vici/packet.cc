#include "vici/packet.h"

#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::vici {

namespace {

std::string_view sentence(PacketError error) {
  switch (error) {
    case PacketError::frame_too_long: return "a frame of more than 512 KiB was announced";
    case PacketError::empty: return "a frame is empty";
    case PacketError::type_unknown: return "a packet has an unknown type";
    case PacketError::name_malformed: return "a packet's name is cut short, empty or not printable";
    case PacketError::trailing_octets: return "octets follow a packet that ends with its name or type";
    case PacketError::message_malformed: return "a message is malformed";
    case PacketError::unexpected: return "a packet of this type is never sent to this side";
    case PacketError::too_much_ahead: return "too much was sent while a command was running";
  }
  return "malformed";
}

std::unexpected<PacketFault> fault(PacketError error) { return std::unexpected(PacketFault{error, std::nullopt}); }

}  // namespace

bool has_name(PacketType type) {
  return type == PacketType::CMD_REQUEST || type == PacketType::EVENT || type == PacketType::EVENT_REGISTER ||
         type == PacketType::EVENT_UNREGISTER;
}

bool has_message(PacketType type) {
  return type == PacketType::CMD_REQUEST || type == PacketType::CMD_RESPONSE || type == PacketType::EVENT;
}

std::string PacketFault::to_string() const {
  std::string text(sentence(error));
  if (message) text += ": " + std::string(vici::to_string(*message));
  return text;
}

std::expected<Packet, PacketFault> decode_packet(OctetView octets) {
  Reader reader(octets);
  const auto type = reader.u8();
  if (!type) return fault(PacketError::empty);
  if (*type > static_cast<std::uint8_t>(PacketType::EVENT)) return fault(PacketError::type_unknown);
  Packet packet{static_cast<PacketType>(*type), {}, {}};
  if (has_name(packet.type)) {
    const auto length = reader.u8();
    const auto name = length ? reader.octets(*length) : std::nullopt;
    if (!name || name->empty() || !is_name(as_text(*name))) return fault(PacketError::name_malformed);
    packet.name = as_text(*name);
  }
  if (has_message(packet.type)) {
    auto message = decode_message(reader.rest());
    if (!message) return std::unexpected(PacketFault{PacketError::message_malformed, message.error()});
    packet.message = std::move(*message);
  }
  if (!reader.finish()) return fault(PacketError::trailing_octets);
  return packet;
}

std::optional<Octets> encode_frame(const Packet& packet) {
  Octets message = has_message(packet.type) ? encode_message(packet.message) : Octets();
  Writer writer(message.size() + packet.name.size() + 6);
  writer.length_prefixed(4, 0, [&](Writer& frame) {
    frame.u8(static_cast<std::uint8_t>(packet.type));
    if (has_name(packet.type)) {
      const auto name = std::string_view(packet.name).substr(0, kNameOctets);
      frame.length_prefixed(1, 0, [name](Writer& body) { body.text(name); });
    }
    frame.octets(message);
  });
  wipe_octets(message);
  if (writer.size() > kPacketOctets + 4) return std::nullopt;
  return std::move(writer).take();
}

void FrameDecoder::feed(OctetView octets) {
  if (consumed_ > 0) {
    // The rest moves to the front; what was consumed and what the rest leaves behind is overwritten.
    const auto rest = buffered();
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_), buffer_.end(), buffer_.begin());
    wipe_octets(MutableOctets(buffer_).subspan(rest));
    buffer_.resize(rest);
    consumed_ = 0;
  }
  if (buffer_.capacity() - buffer_.size() < octets.size()) {
    Octets larger;
    larger.reserve(std::max(buffer_.size() + octets.size(), 2 * buffer_.size()));
    append(larger, buffer_);
    wipe_octets(buffer_);
    buffer_ = std::move(larger);
  }
  append(buffer_, octets);
}

std::expected<std::optional<OctetView>, PacketFault> FrameDecoder::next() {
  Reader reader(OctetView(buffer_).subspan(consumed_));
  const auto length = reader.u32();
  if (!length) return std::nullopt;
  if (*length > kPacketOctets) return fault(PacketError::frame_too_long);
  if (*length == 0) return fault(PacketError::empty);
  const auto frame = reader.octets(*length);
  if (!frame) return std::nullopt;
  consumed_ += reader.position();
  return frame;
}

}  // namespace keypact::vici
