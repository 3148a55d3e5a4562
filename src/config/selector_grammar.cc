#include "config/selector_grammar.h"

#include "config/address_grammar.h"
#include "config/service_names.h"
#include "config/source_files.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;

std::unexpected<GrammarError> wrong(std::string_view part, std::string why, std::string remedy = {}) {
  return failure(GrammarError{std::string(part), std::move(why), std::move(remedy)});
}

Result<std::uint8_t, GrammarError> parse_protocol(std::string_view text) {
  if (text.empty() || same_word(text, "any")) return kAnyProtocol;
  if (const auto number = parse_number(text, 255)) return static_cast<std::uint8_t>(*number);
  if (const auto number = protocol_number(text)) return *number;
  return wrong(text, "\"" + printable(text) + "\" is no protocol: a number up to 255 or a name like tcp",
               did_you_mean(text, protocol_names()));
}

Result<std::uint16_t, GrammarError> parse_port(std::string_view text) {
  if (const auto number = parse_number(text, 65535)) return static_cast<std::uint16_t>(*number);
  if (const auto port = service_port(text)) return *port;
  auto remedy = did_you_mean(text, service_names());
  return wrong(text,
               "\"" + printable(text) + "\" is no port: a number up to 65535, a range, any, opaque or a known service",
               remedy.empty() ? "write the number of the port" : std::move(remedy));
}

Result<PortRange, GrammarError> parse_ports(std::string_view text) {
  if (text.empty() || same_word(text, "any")) return PortRange::any();
  if (same_word(text, "opaque")) return PortRange::opaque();
  if (const auto port = service_port(text)) return PortRange::single(*port);  // names may have a dash
  const auto dash = text.find('-');
  TRY(const auto first, parse_port(trimmed(text.substr(0, dash))));
  if (dash == std::string_view::npos) return PortRange::single(first);
  TRY(const auto last, parse_port(trimmed(text.substr(dash + 1))));
  if (last < first) return wrong(text, "a range of ports goes from the lower to the higher one");
  return PortRange{first, last};
}

/// RFC 4301 §4.4.1.1: ICMP type and code take the place of the port.
/// A number below 256 is a type, with any code; else it is both.
PortRange icmp_ports(PortRange ports) {
  constexpr std::uint16_t kLargestType = 255;
  if (ports.is_any() || ports.is_opaque()) return ports;
  if (ports.first <= kLargestType) ports.first = static_cast<std::uint16_t>(ports.first << 8);
  if (ports.last <= kLargestType) ports.last = static_cast<std::uint16_t>(ports.last << 8 | 255);
  return ports;
}

/// What stands in the brackets.
Result<void, GrammarError> parse_protocol_and_ports(std::string_view text, TrafficSelector& selector) {
  const auto slash = text.find('/');
  TRY(selector.protocol, parse_protocol(trimmed(text.substr(0, slash))));
  if (slash == std::string_view::npos) return {};
  TRY(selector.ports, parse_ports(trimmed(text.substr(slash + 1))));
  if (selector.protocol == kAnyProtocol && !selector.ports.is_any()) {
    // RFC 7296 §3.13.1: without a protocol there are no ports.
    return wrong(text, "a port needs a protocol", "write for instance [tcp" + printable(text.substr(slash)) + "]");
  }
  if (selector.protocol == kIcmp || selector.protocol == kIcmpv6) selector.ports = icmp_ports(selector.ports);
  return {};
}

}  // namespace

Result<ParsedSelector, GrammarError> parse_selector(std::string_view text) {
  ParsedSelector parsed;
  auto& selector = parsed.selector.selector;
  auto addresses = text;
  if (const auto bracket = text.find('['); bracket != std::string_view::npos) {
    if (!text.ends_with(']'))
      return wrong(text.substr(bracket), "[protocol/port] ends the selector and is closed by ]");
    TRY_VOID(parse_protocol_and_ports(trimmed(text.substr(bracket + 1, text.size() - bracket - 2)), selector));
    addresses = trimmed(text.substr(0, bracket));
  }
  if (same_word(addresses, "dynamic")) {
    parsed.selector.dynamic = true;
    return parsed;
  }
  auto range = parse_address_range(addresses);
  if (!range) {
    auto error = std::move(range).error();
    if (error.remedy.empty()) error.remedy = "a selector is dynamic, 10.1.0.0/16, 10.1.0.1 or 10.1.0.1-10.1.0.9";
    return failure(std::move(error));
  }
  selector.first = range->first;
  selector.last = range->last;
  parsed.had_host_bits = range->had_host_bits;
  return parsed;
}

}  // namespace keypact::config
