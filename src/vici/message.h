// Message: the tree that a vici packet carries: sections with key/values, lists and sections, in the order in which they came.
// A Section always fits the encoding (message_codec.h): what it cannot carry is cut or replaced when it is added.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"

namespace keypact::vici {

/// A name has an 8-bit length, a value a 16-bit one.
inline constexpr std::size_t kNameOctets = 255;
inline constexpr std::size_t kValueOctets = 65535;
/// Sections within sections: the deepest honest message (child-rekey: child-sas, child, old) has 5. The bound keeps recursion
/// and destruction flat: 512 KiB could open 170,000.
inline constexpr std::size_t kDepth = 16;

/// True for what a name may hold: at most 255 printable ASCII characters (none is allowed: get-counters answers a section "").
[[nodiscard]] bool is_name(std::string_view text);

struct Element;

class Section {
 public:
  using List = std::vector<std::string>;

  Section();
  Section(const Section&);
  Section(Section&&) noexcept;
  Section& operator=(const Section&);
  Section& operator=(Section&&) noexcept;
  ~Section();

  // Building. The same name again replaces a value or list and continues a section. Characters that a name cannot hold become
  // '?'; names are cut at 255 octets, values at 65535.
  Section& key(std::string_view name, std::string_view value);
  Section& list(std::string_view name, List items);
  /// The subsection of this name, added if it is not there. The reference is valid until something is added beside it.
  Section& section(std::string_view name);

  // Reading.
  [[nodiscard]] const std::vector<Element>& elements() const { return elements_; }
  [[nodiscard]] bool empty() const { return elements_.empty(); }
  [[nodiscard]] const Element* find(std::string_view name) const;
  [[nodiscard]] const std::string* find_value(std::string_view name) const;
  [[nodiscard]] const List* find_list(std::string_view name) const;
  [[nodiscard]] const Section* find_section(std::string_view name) const;
  /// The value, or nothing to read when there is none.
  [[nodiscard]] std::string_view value_or(std::string_view name, std::string_view otherwise = {}) const;

  /// Overwrites every value and list item with zeros: for a message that carried a secret.
  void wipe() noexcept;

  bool operator==(const Section&) const;

 private:
  friend class MessageReader;
  Element& entry(std::string_view name);

  std::vector<Element> elements_;
};

struct Element {
  std::string name;
  std::variant<std::string, Section::List, Section> content;

  bool operator==(const Element&) const = default;
};

/// The root of a message is a section without a name.
using Message = Section;

/// The answer to a command that was done.
[[nodiscard]] Message success();
/// The answer to one that was not; clients print errmsg, so it is a sentence for people.
[[nodiscard]] Message refusal(std::string_view errmsg);

/// One line a value, indented: for tests and traces.
[[nodiscard]] std::string to_string(const Section& section);

}  // namespace keypact::vici
