// Messages of netlink as octets: a header, a fixed body, attributes. Written and read without a socket. What is written may hold
// keys, and is wiped when it goes.
#pragma once

#include <linux/netlink.h>

#include <cstring>
#include <optional>
#include <type_traits>

#include "base/octets.h"

namespace keypact::xfrm {

/// A structure of the kernel with all its octets zero, also those between its members.
template <class Structure>
[[nodiscard]] Structure zeroed() {
  static_assert(std::is_trivially_copyable_v<Structure>);
  Structure structure;
  std::memset(&structure, 0, sizeof structure);
  return structure;
}

/// A copy has the values of a structure and need not have what lies between them: it is cleared before the last one is written.
template <class Structure>
void clear_between_members([[maybe_unused]] Structure& structure) {
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(&structure);
#endif
}

/// The octets of a structure, as it lies in memory.
template <class Structure>
[[nodiscard]] OctetView octets_of(const Structure& structure) {
  static_assert(std::is_trivially_copyable_v<Structure>);
  return {reinterpret_cast<const std::uint8_t*>(&structure), sizeof structure};  // NOLINT: the kernel's interface
}

/// The first octets as a structure; false when there are too few.
template <class Structure>
[[nodiscard]] bool copy_structure(OctetView octets, Structure& structure) {
  static_assert(std::is_trivially_copyable_v<Structure>);
  if (octets.size() < sizeof structure) return false;
  std::memcpy(&structure, octets.data(), sizeof structure);
  return true;
}

template <class Structure>
[[nodiscard]] std::optional<Structure> structure_from(OctetView octets) {
  Structure structure;
  if (!copy_structure(octets, structure)) return std::nullopt;
  return structure;
}

/// A request that is being written. It asks for an acknowledgement, unless it is one for a dump.
class Message {
 public:
  /// NLM_F_REQUEST is added to the flags.
  Message(std::uint16_t type, std::uint16_t flags);
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) = delete;
  ~Message();

  template <class Structure>
  Message& body(Structure structure) {
    clear_between_members(structure);
    return append_padded(octets_of(structure));
  }
  Message& attribute(std::uint16_t type, OctetView payload);
  template <class Structure>
  Message& structure(std::uint16_t type, Structure payload) {
    clear_between_members(payload);
    return attribute(type, octets_of(payload));
  }

  [[nodiscard]] OctetView octets() const { return octets_; }

 private:
  Message& append_padded(OctetView octets);

  Octets octets_;
};

/// A message that came.
class MessageView {
 public:
  /// Takes the first message off `rest`; nothing when there is none, or what is there is no message.
  [[nodiscard]] static std::optional<MessageView> take(OctetView& rest);

  [[nodiscard]] std::uint16_t type() const { return type_; }
  template <class Structure>
  [[nodiscard]] std::optional<Structure> body() const {
    return structure_from<Structure>(payload_);
  }
  /// The payload of an attribute behind a body of that many octets.
  [[nodiscard]] std::optional<OctetView> attribute(std::size_t body_octets, std::uint16_t type) const;

 private:
  std::uint16_t type_ = 0;
  OctetView payload_;
};

}  // namespace keypact::xfrm
