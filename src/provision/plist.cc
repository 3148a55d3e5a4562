#include "provision/plist.h"

#include "base/check.h"
#include "pki/base64.h"

namespace keypact::provision {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else result += c;
  }
  return result;
}

}  // namespace

Plist::Plist()
    : text_(
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
          "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
          "<plist version=\"1.0\">\n") {}

Plist& Plist::line(std::string_view element, std::string_view text) {
  text_.append(2 * depth_, ' ').append("<").append(element).append(">");
  text_.append(escaped(text)).append("</").append(element).append(">\n");
  return *this;
}

Plist& Plist::begin(std::string_view element) {
  text_.append(2 * depth_++, ' ').append("<").append(element).append(">\n");
  return *this;
}

Plist& Plist::end(std::string_view element) {
  CHECK(depth_ > 0);
  text_.append(2 * --depth_, ' ').append("</").append(element).append(">\n");
  return *this;
}

Plist& Plist::key(std::string_view name) { return line("key", name); }
Plist& Plist::string(std::string_view text) { return line("string", text); }
Plist& Plist::integer(long value) { return line("integer", std::to_string(value)); }
Plist& Plist::data(OctetView octets) { return line("data", pki::base64_of(octets)); }

std::string Plist::take() && {
  CHECK(depth_ == 0);
  return std::move(text_) + "</plist>\n";
}

}  // namespace keypact::provision
