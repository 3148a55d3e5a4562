// Packet: one of the eight kinds of vici packets, and the frame around it: a 32-bit length, which does not count itself.
#pragma once

#include <optional>

#include "vici/message_codec.h"

namespace keypact::vici {

/// The largest packet; a peer that announces more is disconnected.
inline constexpr std::size_t kPacketOctets = 512 * 1024;

enum class PacketType : std::uint8_t {
  CMD_REQUEST = 0,
  CMD_RESPONSE = 1,
  CMD_UNKNOWN = 2,
  EVENT_REGISTER = 3,
  EVENT_UNREGISTER = 4,
  EVENT_CONFIRM = 5,
  EVENT_UNKNOWN = 6,
  EVENT = 7,
};

/// CMD_REQUEST, EVENT, EVENT_REGISTER and EVENT_UNREGISTER have a name.
[[nodiscard]] bool has_name(PacketType type);
/// CMD_REQUEST, CMD_RESPONSE and EVENT have a message.
[[nodiscard]] bool has_message(PacketType type);

struct Packet {
  PacketType type{};
  std::string name;
  Message message;

  bool operator==(const Packet&) const = default;
};

enum class PacketError {
  frame_too_long,  ///< a frame of more than 512 KiB was announced
  empty,           ///< a frame without even a packet type
  type_unknown,
  name_malformed,     ///< cut short, empty or not printable
  trailing_octets,    ///< octets after a packet that has no message
  message_malformed,  ///< with the MessageError
  unexpected,         ///< a packet that this side never receives
  too_much_ahead,     ///< a client sent on and on while a command was running
};

struct PacketFault {
  PacketError error{};
  std::optional<MessageError> message;
  [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] std::expected<Packet, PacketFault> decode_packet(OctetView octets);

/// With the frame around it; nothing when that would exceed 512 KiB.
[[nodiscard]] std::optional<Octets> encode_frame(const Packet& packet);

/// Cuts a stream of octets into packets, however it arrives. Memory is taken for what has arrived, never for what is announced.
class FrameDecoder {
 public:
  FrameDecoder() = default;
  FrameDecoder(FrameDecoder&&) noexcept = default;
  FrameDecoder& operator=(FrameDecoder&&) noexcept = default;
  /// Frames may have carried secrets.
  ~FrameDecoder() { wipe_octets(buffer_); }

  void feed(OctetView octets);
  /// The octets of the next complete frame, valid until the next call of either; nothing while it is incomplete. After an error
  /// the stream cannot be trusted any more: every further call gives the same error.
  [[nodiscard]] std::expected<std::optional<OctetView>, PacketFault> next();
  /// Octets that wait for next().
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - consumed_; }

 private:
  Octets buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace keypact::vici
