#include "vici/message.h"

#include <algorithm>

namespace keypact::vici {

namespace {

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

std::string as_name(std::string_view text) {
  std::string name(text.substr(0, kNameOctets));
  std::replace_if(name.begin(), name.end(), [](char c) { return !is_printable(c); }, '?');
  return name;
}

std::string_view as_value(std::string_view text) { return text.substr(0, kValueOctets); }

void wipe_text(std::string& text) noexcept {
  wipe_octets({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});  // NOLINT: the aliasing of char is allowed
}

std::string shown(std::string_view value) {
  if (std::all_of(value.begin(), value.end(), is_printable)) return std::string(value);
  return "0x" + to_hex(as_octets(value));
}

void print(const Section& section, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const auto& element : section.elements()) {
    if (const auto* value = std::get_if<std::string>(&element.content)) {
      out += margin + element.name + " = " + shown(*value) + "\n";
    } else if (const auto* items = std::get_if<Section::List>(&element.content)) {
      out += margin + element.name + " = [";
      for (std::size_t i = 0; i < items->size(); ++i) out += (i == 0 ? "" : ", ") + shown((*items)[i]);
      out += "]\n";
    } else {
      out += margin + element.name + " {\n";
      print(std::get<Section>(element.content), indent + 2, out);
      out += margin + "}\n";
    }
  }
}

}  // namespace

bool is_name(std::string_view text) {
  return text.size() <= kNameOctets && std::all_of(text.begin(), text.end(), is_printable);
}

Section::Section() = default;
Section::Section(const Section&) = default;
Section::Section(Section&&) noexcept = default;
Section& Section::operator=(const Section&) = default;
Section& Section::operator=(Section&&) noexcept = default;
Section::~Section() = default;
bool Section::operator==(const Section&) const = default;

Element& Section::entry(std::string_view name) {
  std::string valid = as_name(name);
  for (auto& element : elements_) {
    if (element.name == valid) return element;
  }
  elements_.push_back(Element{std::move(valid), std::string()});
  return elements_.back();
}

Section& Section::key(std::string_view name, std::string_view value) {
  entry(name).content = std::string(as_value(value));
  return *this;
}

Section& Section::list(std::string_view name, List items) {
  for (auto& item : items) item.resize(as_value(item).size());
  entry(name).content = std::move(items);
  return *this;
}

Section& Section::section(std::string_view name) {
  auto& content = entry(name).content;
  if (!std::holds_alternative<Section>(content)) content = Section();
  return std::get<Section>(content);
}

const Element* Section::find(std::string_view name) const {
  const auto found =
      std::find_if(elements_.begin(), elements_.end(), [name](const Element& e) { return e.name == name; });
  return found == elements_.end() ? nullptr : &*found;
}

const std::string* Section::find_value(std::string_view name) const {
  const auto* element = find(name);
  return element == nullptr ? nullptr : std::get_if<std::string>(&element->content);
}

const Section::List* Section::find_list(std::string_view name) const {
  const auto* element = find(name);
  return element == nullptr ? nullptr : std::get_if<List>(&element->content);
}

const Section* Section::find_section(std::string_view name) const {
  const auto* element = find(name);
  return element == nullptr ? nullptr : std::get_if<Section>(&element->content);
}

std::string_view Section::value_or(std::string_view name, std::string_view otherwise) const {
  const auto* value = find_value(name);
  return value == nullptr ? otherwise : std::string_view(*value);
}

void Section::wipe() noexcept {
  for (auto& element : elements_) {
    if (auto* value = std::get_if<std::string>(&element.content)) {
      wipe_text(*value);
    } else if (auto* items = std::get_if<List>(&element.content)) {
      for (auto& item : *items) wipe_text(item);
    } else {
      std::get<Section>(element.content).wipe();
    }
  }
}

Message success() {
  Message message;
  message.key("success", "yes");
  return message;
}

Message refusal(std::string_view errmsg) {
  Message message;
  message.key("success", "no").key("errmsg", errmsg);
  return message;
}

std::string to_string(const Section& section) {
  std::string out;
  print(section, 0, out);
  return out;
}

}  // namespace keypact::vici
