#include "proto/encrypted_dns.h"

#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact {
namespace {

/// RFC 9460, service parameter keys.
enum class Parameter : std::uint16_t { mandatory = 0, alpn = 1, no_default_alpn = 2, port = 3, dohpath = 7 };

constexpr std::size_t kAddresses = 8;
constexpr std::size_t kProtocols = 8;
constexpr std::size_t kProtocolOctets = 32;
constexpr std::size_t kNameOctets = 253;
constexpr std::size_t kLabelOctets = 63;
constexpr std::size_t kPathOctets = 255;

bool is_printable(OctetView octets) {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet > 0x20 && octet < 0x7f; });
}

bool is_label(std::string_view label) {
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !label.empty() && label.size() <= kLabelOctets && label.front() != '-' &&
         label.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// As the DNS writes names, without compression: RFC 1035.
void write_name(Writer& out, std::string_view name) {
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    out.length_prefixed(1, 0, [&](Writer& part) { part.text(label); });
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out.u8(0);
}

std::optional<std::string> name_in(OctetView octets) {
  Reader in(octets);
  std::string name;
  for (;;) {
    const auto length = in.u8();
    if (!length || *length > kLabelOctets) return std::nullopt;
    if (*length == 0) break;
    const auto label = in.octets(*length);
    if (!label || !is_label(as_text(*label))) return std::nullopt;
    if (!name.empty()) name += '.';
    name += as_text(*label);
  }
  if (!in.finish() || name.empty() || name.size() > kNameOctets) return std::nullopt;
  return name;
}

template <class Body>
void write_parameter(Writer& out, Parameter key, Body&& body) {
  out.u16(static_cast<std::uint16_t>(key));
  out.length_prefixed(2, 0, std::forward<Body>(body));
}

/// In the order of their keys (RFC 9460).
void write_parameters(Writer& out, const EncryptedDns& server) {
  write_parameter(out, Parameter::alpn, [&](Writer& value) {
    for (const auto& protocol : server.protocols) value.length_prefixed(1, 0, [&](Writer& id) { id.text(protocol); });
  });
  if (server.port) write_parameter(out, Parameter::port, [&](Writer& value) { value.u16(*server.port); });
  if (!server.path.empty()) write_parameter(out, Parameter::dohpath, [&](Writer& value) { value.text(server.path); });
}

bool read_protocols(OctetView octets, EncryptedDns& server) {
  Reader in(octets);
  while (!in.at_end()) {
    const auto length = in.u8();
    const auto id = length && *length != 0 ? in.octets(*length) : std::nullopt;
    if (!id || id->size() > kProtocolOctets || !is_printable(*id) || server.protocols.size() == kProtocols)
      return false;
    server.protocols.emplace_back(as_text(*id));
  }
  return true;
}

/// A key that must be understood and is not makes the server useless to us.
bool knows_all(OctetView keys) {
  Reader in(keys);
  while (!in.at_end()) {
    const auto key = in.u16();
    if (!key) return false;
    const auto known = {Parameter::alpn, Parameter::no_default_alpn, Parameter::port, Parameter::dohpath};
    if (std::ranges::find(known, static_cast<Parameter>(*key)) == known.end()) return false;
  }
  return !keys.empty();
}

bool read_parameter(std::uint16_t key, OctetView value, EncryptedDns& server) {
  switch (static_cast<Parameter>(key)) {
    case Parameter::mandatory: return knows_all(value);
    case Parameter::alpn: return read_protocols(value, server);
    case Parameter::no_default_alpn: return value.empty();
    case Parameter::port: {
      Reader in(value);
      server.port = in.u16();
      return server.port && *server.port != 0 && in.finish();
    }
    case Parameter::dohpath: server.path = as_text(value); return is_printable(value) && value.size() <= kPathOctets;
  }
  return true;  // not known, and not mandatory
}

bool read_parameters(Reader& in, EncryptedDns& server) {
  std::optional<std::uint16_t> last;
  while (!in.at_end()) {
    const auto key = in.u16();
    const auto length = key ? in.u16() : std::nullopt;
    const auto value = length ? in.octets(*length) : std::nullopt;
    if (!value || (last && *key <= *last) || !read_parameter(*key, *value, server)) return false;
    last = key;
  }
  return !server.protocols.empty();
}

}  // namespace

bool EncryptedDns::speaks(std::string_view protocol) const {
  return std::ranges::find(protocols, protocol) != protocols.end();
}

std::optional<Octets> attribute_value(const EncryptedDns& server, IpFamily family) {
  const auto count = std::ranges::count(server.addresses, family, &IpAddress::family);
  if (count == 0) return std::nullopt;
  Writer name;
  write_name(name, server.name);
  Writer out;
  out.u16(server.priority);
  out.u8(static_cast<std::uint8_t>(count));
  out.u8(static_cast<std::uint8_t>(name.size()));
  for (const auto& address : server.addresses)
    if (address.family() == family) out.octets(address.octets());
  out.octets(name.view());
  write_parameters(out, server);
  return std::move(out).take();
}

std::optional<EncryptedDns> encrypted_dns_in(OctetView value, IpFamily family) {
  Reader in(value);
  EncryptedDns server;
  const auto priority = in.u16();
  const auto count = in.u8();
  const auto name_octets = in.u8();
  if (!name_octets || *priority == 0 || *count == 0 || *count > kAddresses) return std::nullopt;
  server.priority = *priority;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto octets = in.octets(family == IpFamily::v4 ? 4 : 16);
    const auto address = octets ? IpAddress::from_octets(*octets) : std::nullopt;
    if (!address || address->is_unspecified()) return std::nullopt;
    server.addresses.push_back(*address);
  }
  const auto name = in.octets(*name_octets);
  auto text = name ? name_in(*name) : std::nullopt;
  if (!text || !read_parameters(in, server)) return std::nullopt;
  server.name = std::move(*text);
  return server;
}

std::string to_string(const EncryptedDns& server) {
  auto text = server.name;
  for (const auto& address : server.addresses) text += ' ' + address.to_string();
  for (const auto& protocol : server.protocols) text += ' ' + protocol;
  if (server.port) text += " port=" + std::to_string(*server.port);
  if (!server.path.empty()) text += " path=" + server.path;
  return text;
}

}  // namespace keypact
