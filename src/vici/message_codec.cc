#include "vici/message_codec.h"

#include <unordered_set>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::vici {

namespace {

enum class ElementType : std::uint8_t {
  SECTION_START = 1,
  SECTION_END = 2,
  KEY_VALUE = 3,
  LIST_START = 4,
  LIST_ITEM = 5,
  LIST_END = 6,
};

using Names = std::unordered_set<std::string_view>;

void write_name(Writer& writer, ElementType type, std::string_view name) {
  writer.u8(static_cast<std::uint8_t>(type));
  writer.length_prefixed(1, 0, [name](Writer& body) { body.text(name); });
}

void write_value(Writer& writer, std::string_view value) {
  writer.length_prefixed(2, 0, [value](Writer& body) { body.text(value); });
}

void write_section(Writer& writer, const Section& section, std::size_t depth) {
  for (const auto& element : section.elements()) {
    if (const auto* value = std::get_if<std::string>(&element.content)) {
      write_name(writer, ElementType::KEY_VALUE, element.name);
      write_value(writer, *value);
    } else if (const auto* items = std::get_if<Section::List>(&element.content)) {
      write_name(writer, ElementType::LIST_START, element.name);
      for (const auto& item : *items) {
        writer.u8(static_cast<std::uint8_t>(ElementType::LIST_ITEM));
        write_value(writer, item);
      }
      writer.u8(static_cast<std::uint8_t>(ElementType::LIST_END));
    } else if (depth < kDepth) {
      write_name(writer, ElementType::SECTION_START, element.name);
      write_section(writer, std::get<Section>(element.content), depth + 1);
      writer.u8(static_cast<std::uint8_t>(ElementType::SECTION_END));
    }
  }
}

}  // namespace

/// Reads one message; a friend of Section so that it can append without looking for the name among those before.
class MessageReader {
 public:
  explicit MessageReader(OctetView octets) : reader_(octets) {}

  std::expected<void, MessageError> section(Section& into, std::size_t depth) {
    Names names;
    while (!reader_.at_end()) {
      const auto type = static_cast<ElementType>(*reader_.u8());
      switch (type) {
        case ElementType::SECTION_END:
          if (depth == 0) return std::unexpected(MessageError::section_not_open);
          return {};
        case ElementType::SECTION_START:
        case ElementType::KEY_VALUE:
        case ElementType::LIST_START:
          if (auto read = element(type, into, names, depth); !read) return read;
          break;
        case ElementType::LIST_ITEM:
        case ElementType::LIST_END: return std::unexpected(MessageError::list_not_open);
        default: return std::unexpected(MessageError::element_unknown);
      }
    }
    if (depth > 0) return std::unexpected(MessageError::section_open);
    return {};
  }

 private:
  std::expected<void, MessageError> element(ElementType type, Section& into, Names& names, std::size_t depth) {
    const auto length = reader_.u8();
    const auto octets = length ? reader_.octets(*length) : std::nullopt;
    if (!octets) return std::unexpected(MessageError::truncated);
    const auto name = as_text(*octets);
    if (!is_name(name)) return std::unexpected(MessageError::name_unprintable);
    if (!names.insert(name).second) return std::unexpected(MessageError::name_repeated);
    into.elements_.push_back(Element{std::string(name), std::string()});
    auto& content = into.elements_.back().content;
    if (type == ElementType::KEY_VALUE) return value(std::get<std::string>(content));
    if (type == ElementType::LIST_START) return list(content.emplace<Section::List>());
    if (depth == kDepth) return std::unexpected(MessageError::too_deep);
    return section(content.emplace<Section>(), depth + 1);
  }

  std::expected<void, MessageError> value(std::string& into) {
    const auto length = reader_.u16();
    const auto octets = length ? reader_.octets(*length) : std::nullopt;
    if (!octets) return std::unexpected(MessageError::truncated);
    into = as_text(*octets);
    return {};
  }

  std::expected<void, MessageError> list(Section::List& into) {
    while (!reader_.at_end()) {
      const auto type = static_cast<ElementType>(*reader_.u8());
      if (type == ElementType::LIST_END) return {};
      if (type != ElementType::LIST_ITEM) return std::unexpected(MessageError::list_open);
      if (auto read = value(into.emplace_back()); !read) return read;
    }
    return std::unexpected(MessageError::list_open);
  }

  Reader reader_;
};

std::string_view to_string(MessageError error) {
  switch (error) {
    case MessageError::truncated: return "a length reaches beyond the end of the packet";
    case MessageError::element_unknown: return "an element has an unknown type";
    case MessageError::name_unprintable: return "a name is not printable ASCII";
    case MessageError::name_repeated: return "a name occurs twice in one section";
    case MessageError::section_open: return "the packet ends within a section";
    case MessageError::section_not_open: return "a section ends that was not begun";
    case MessageError::list_open: return "a list holds something else than items, or has no end";
    case MessageError::list_not_open: return "an item or the end of a list stands outside a list";
    case MessageError::too_deep: return "sections are nested too deeply";
  }
  return "malformed";
}

std::expected<Message, MessageError> decode_message(OctetView octets) {
  Message message;
  if (auto read = MessageReader(octets).section(message, 0); !read) return std::unexpected(read.error());
  return message;
}

Octets encode_message(const Message& message) {
  Writer writer;
  write_section(writer, message, 0);
  return std::move(writer).take();
}

}  // namespace keypact::vici
