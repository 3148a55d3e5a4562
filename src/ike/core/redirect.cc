#include "ike/core/redirect.h"

#include <algorithm>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

namespace keypact::ike {
namespace {

/// RFC 5685 §9.2: what identifies a gateway.
enum class GatewayType : std::uint8_t { ipv4 = 1, ipv6 = 2, fqdn = 3 };

GatewayType type_of(const Identification& gateway) {
  if (gateway.type == IdType::ID_IPV4_ADDR) return GatewayType::ipv4;
  return gateway.type == IdType::ID_IPV6_ADDR ? GatewayType::ipv6 : GatewayType::fqdn;
}

std::optional<Identification> gateway_of(std::uint8_t type, OctetView identity) {
  constexpr std::size_t kLongestName = 255;
  switch (GatewayType{type}) {
    case GatewayType::ipv4:
      if (identity.size() != 4) return std::nullopt;
      return Identification{IdType::ID_IPV4_ADDR, to_octets(identity)};
    case GatewayType::ipv6:
      if (identity.size() != 16) return std::nullopt;
      return Identification{IdType::ID_IPV6_ADDR, to_octets(identity)};
    case GatewayType::fqdn:
      if (identity.empty() || identity.size() > kLongestName) return std::nullopt;
      return Identification{IdType::ID_FQDN, to_octets(identity)};
  }
  return std::nullopt;
}

/// No packet for a gateway is ever to be sent there.
bool is_no_host(const IpAddress& address) {
  struct Network {
    const char* address;
    int length;
  };
  static constexpr Network kNetworks[] = {{"0.0.0.0", 8}, {"127.0.0.0", 8}, {"224.0.0.0", 3},  {"::", 127},
                                          {"ff00::", 8},  {"fe80::", 10},   {"::ffff:0:0", 96}};
  return std::ranges::any_of(kNetworks, [&](const Network& network) {
    return prefix_of(*IpAddress::parse(network.address), network.length).contains(address);
  });
}

std::optional<IpAddress> address_of(const Identification& gateway) {
  if (gateway.type != IdType::ID_IPV4_ADDR && gateway.type != IdType::ID_IPV6_ADDR) return std::nullopt;
  return IpAddress::from_octets(gateway.data);
}

}  // namespace

Octets redirect_data(const Identification& gateway, OctetView nonce) {
  Writer writer;
  writer.u8(static_cast<std::uint8_t>(type_of(gateway)));
  writer.u8(static_cast<std::uint8_t>(gateway.data.size()));
  writer.octets(gateway.data);
  writer.octets(nonce);
  return std::move(writer).take();
}

std::optional<RedirectNotify> parse_redirect(OctetView data) {
  Reader reader(data);
  const auto type = reader.u8();
  const auto length = type ? reader.u8() : std::nullopt;
  const auto identity = length ? reader.octets(*length) : std::nullopt;
  if (!identity) return std::nullopt;
  auto gateway = gateway_of(*type, *identity);
  if (!gateway) return std::nullopt;
  return RedirectNotify{std::move(*gateway), to_octets(reader.rest())};
}

std::optional<IpAddress> parse_redirected_from(OctetView data) {
  const auto notify = parse_redirect(data);
  return notify && notify->nonce.empty() ? address_of(notify->gateway) : std::nullopt;
}

Result<IpAddress, std::string> redirect_target(const Identification& gateway, const Path& path) {
  const auto address = address_of(gateway);
  if (!address) return failure("a gateway that is given by name is not followed: " + gateway.to_string());
  if (is_no_host(*address)) return failure(address->to_string() + " is no address of a gateway");
  if (address->family() != path.local.address.family())
    return failure(address->to_string() + " is not of the IP version that we use");
  if (*address == path.local.address) return failure(address->to_string() + " is ourselves");
  if (*address == path.remote.address) return failure(address->to_string() + " is the gateway itself");
  return *address;
}

std::optional<Redirections> one_more(Redirections before, const IpAddress& from, Instant now) {
  std::erase_if(before.times, [&](Instant time) { return time + limits::kRedirectPeriod <= now; });
  if (before.times.size() >= limits::kRedirects) return std::nullopt;
  before.times.push_back(now);
  before.from = from;
  return before;
}

Result<Destination, Refusal> follow_redirect(const Context& context, const RedirectNotify& notify, const Path& path,
                                             const Redirections& before) {
  Refusal refusal;
  refusal.code = RefusalCode::redirected;
  refusal.notify = NotifyType::REDIRECT;
  refusal.by_peer = true;
  refusal.theirs.push_back(notify.gateway.to_string());
  const auto refused = [&](std::string why) {
    ++context.counters.redirects_refused;
    refusal.detail = std::move(why);
    return failure(std::move(refusal));
  };
  if (!context.options.follow_redirects) return refused("redirections are not followed, by the command line");
  const auto target = redirect_target(notify.gateway, path);
  if (!target) return refused(target.error());
  auto redirections = one_more(before, path.remote.address, context.now);
  if (!redirections) return refused("too many gateways have sent us on: they may do so in a circle");
  return Destination{*target, std::move(*redirections)};
}

}  // namespace keypact::ike
