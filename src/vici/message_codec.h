// The octets of a vici message: six kinds of elements, the end of the packet ends the root. Decoding is strict: balanced,
// unique names, no list within a list, nothing but items within a list, nothing left over.
#pragma once

#include <expected>

#include "vici/message.h"

namespace keypact::vici {

enum class MessageError {
  truncated,         ///< a length reaches beyond the end of the packet
  element_unknown,   ///< an element type that does not exist
  name_unprintable,  ///< a name with an octet outside printable ASCII
  name_repeated,     ///< two elements of one section with the same name
  section_open,      ///< the packet ends within a section
  section_not_open,  ///< a section end without its start
  list_open,         ///< the packet or the section ends within a list, or another element than an item stands in it
  list_not_open,     ///< an item or list end outside a list
  too_deep,          ///< more than kDepth sections within each other
};
[[nodiscard]] std::string_view to_string(MessageError error);

[[nodiscard]] std::expected<Message, MessageError> decode_message(OctetView octets);

/// Total: a Section always fits. Sections below kDepth, which only a programmer can make, are left out.
[[nodiscard]] Octets encode_message(const Message& message);

}  // namespace keypact::vici
