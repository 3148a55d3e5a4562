#include "config/radius_reader.h"

#include "config/config_limits.h"
#include "config/secret_grammar.h"
#include "config/section_reader.h"

namespace keypact::config {
namespace {

constexpr std::uint16_t kAuthenticationPort = 1812;  // RFC 2865 §3
constexpr std::size_t kTextOctets = 253;             // of one attribute, RFC 2865 §5

void read_address(SectionReader& reader, RadiusServer& server) {
  const auto* setting = reader.given("address");
  if (setting == nullptr) {
    if (reader.section().setting("address") == nullptr)
      reader.section_error(
          {reader.path() + " has no address", "a RADIUS server is asked at an address", "set address = 192.0.2.1"});
    return;
  }
  const auto address = IpAddress::parse(setting->text());
  if (!address) reader.wrong(*setting, {{}, "expected an IP address, not the name of a host", "write 192.0.2.1"});
  else server.address.address = *address;
}

void read_secret(SectionReader& reader, RadiusServer& server) {
  const auto* setting = reader.given("secret");
  if (setting == nullptr)
    return reader.section_error({reader.path() + " has no secret", "the server and its client share one (RFC 2865 §3)",
                                 "set secret = what the server has for this gateway"});
  auto secret = parse_secret(setting->text());
  if (!secret) return reader.wrong(*setting, secret.error());
  if (secret->empty()) return reader.wrong(*setting, {{}, "a secret is not empty (RFC 2865 §3)"});
  if (const auto weakness = weakness_of(secret->reveal()))
    reader.warning(*setting, {reader.path() + ": this secret can be guessed: " + *weakness,
                              "whoever sees one packet can try all likely secrets (RFC 2865 §3)",
                              "use 16 or more random octets, for instance from: openssl rand -base64 24"});
  server.secret = std::move(*secret);
}

RadiusServer read_server(const SettingsSection& section, SectionReader& reader) {
  RadiusServer server;
  server.name = printable(section.name);
  read_address(reader, server);
  read_secret(reader, server);
  server.address.port = static_cast<std::uint16_t>(reader.number("auth_port", 65535).value_or(kAuthenticationPort));
  if (server.address.port == 0)
    if (const auto* setting = reader.given("auth_port")) reader.wrong(*setting, {{}, "a port is not 0"});
  if (const auto* setting = reader.given("nas_identifier")) {
    server.nas_identifier = std::string(setting->text());
    if (server.nas_identifier.size() > kTextOctets)
      reader.wrong(*setting, {{}, "it is longer than 253 octets (RFC 2865 §5.32)"});
  }
  return server;
}

}  // namespace

std::vector<std::shared_ptr<const RadiusServer>> read_radius_servers(const SettingsSection& section,
                                                                     Problems& problems) {
  std::vector<std::shared_ptr<const RadiusServer>> servers;
  const SectionReader list(section, "radius", rules::kRadius, problems, Masking::values);
  for (const auto& inner : section.sections) {
    if (problems.full()) break;
    const auto errors_before = problems.errors();
    SectionReader reader(inner, list.path_of(inner), rules::kRadiusServer, problems, Masking::values);
    auto server = read_server(inner, reader);
    if (servers.size() == limits::kRadiusServers)
      reader.section_error({"radius has more than " + std::to_string(limits::kRadiusServers) + " servers",
                            "one after the other is asked, and a peer does not wait so long", "leave some out"});
    if (problems.errors() == errors_before) servers.push_back(std::make_shared<const RadiusServer>(std::move(server)));
  }
  return servers;
}

}  // namespace keypact::config
