// Plist: a property list of Apple as XML, written from the outside in.
#pragma once

#include <string>
#include <string_view>

#include "base/octets.h"

namespace keypact::provision {

class Plist {
 public:
  Plist();

  /// Of a dictionary: what comes next is its value.
  Plist& key(std::string_view name);
  Plist& string(std::string_view text);
  Plist& integer(long value);
  Plist& data(OctetView octets);
  Plist& begin_dictionary() { return begin("dict"); }
  Plist& end_dictionary() { return end("dict"); }
  Plist& begin_array() { return begin("array"); }
  Plist& end_array() { return end("array"); }

  /// The whole document; everything that was begun has ended.
  [[nodiscard]] std::string take() &&;

 private:
  Plist& begin(std::string_view element);
  Plist& end(std::string_view element);
  Plist& line(std::string_view element, std::string_view text);

  std::string text_;
  std::size_t depth_ = 0;
};

}  // namespace keypact::provision
