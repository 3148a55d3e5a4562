#include "control/updown_environment.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/limits.h"

namespace keypact::control {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpV6 = 58;

/// Scripts use these words without quotes.
std::string harmless(std::string_view text) {
  constexpr std::string_view kAllowed = "@._-+:=,/ ";
  std::string word(text);
  for (auto& c : word)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && !kAllowed.contains(c)) c = '_';
  if (word.starts_with('-')) word.front() = '_';  // no option either
  return word;
}

/// The smallest block that holds the range.
Prefix block_of(const TrafficSelector& selector) {
  for (int length = selector.first.bits(); length > 0; --length)
    if (const auto block = prefix_of(selector.first, length); block.contains(selector.last)) return block;
  return prefix_of(selector.first, 0);
}

/// Of ICMP our side names the type, and the peer's the code. RFC 7296 §3.13.1: type * 256 + code.
struct Ports {
  unsigned ours = 0;
  unsigned theirs = 0;
};
Ports ports_of(const TrafficSelector& local, const TrafficSelector& remote) {
  const auto first = [](const TrafficSelector& selector) -> unsigned {
    return selector.ports.is_any() || selector.ports.is_opaque() ? 0 : selector.ports.first;
  };
  const auto protocol = std::max(local.protocol, remote.protocol);
  if (protocol != kIcmp && protocol != kIcmpV6) return {first(local), first(remote)};
  const auto both = std::max(first(local), first(remote));
  return {both >> 8, both & 0xff};
}

bool is_host(const TrafficSelector& selector, const IpAddress& address) {
  return selector.first == address && selector.last == address;
}

void add(std::vector<std::string>& to, std::string_view name, std::string_view value) {
  to.push_back("PLUTO_" + std::string(name) + '=' + std::string(value));
}

/// The first one, and each by its family and number, as charon has it.
void add_inner(std::vector<std::string>& to, const std::string& name, const std::vector<IpAddress>& addresses) {
  if (!addresses.empty()) add(to, name, addresses.front().to_string());
  std::map<IpFamily, int> numbers;
  for (const auto& address : addresses)
    add(to, name + (address.is_v4() ? '4' : '6') + '_' + std::to_string(++numbers[address.family()]),
        address.to_string());
}

void add_lane(std::vector<std::string>& to, const Lane& lane, const std::string& direction) {
  if (!lane.mark.is_any())
    add(to, "MARK_" + direction, std::to_string(lane.mark.value) + "/0x" + to_hex(lane.mark.mask));
  if (lane.interface_id != 0) add(to, "IF_ID_" + direction, std::to_string(lane.interface_id));
}

}  // namespace

std::vector<UpdownRun> updown_runs(const IkeFacts& ike, const ike::v2::ChildSa& child, const UpdownPlace& place) {
  std::vector<std::string> common;
  add(common, "VERSION", "1.1");
  add(common, "CONNECTION", child.name);
  add(common, "INTERFACE", place.interface);
  add(common, "REQID", std::to_string(place.reqid));
  add(common, "PROTO", "esp");
  add(common, "UNIQUEID", std::to_string(ike.id.value));
  add(common, "ME", ike.record.local.address.to_string());
  add(common, "MY_ID", harmless(ike.local_id));
  add(common, "PEER", ike.record.remote.address.to_string());
  add(common, "PEER_ID", harmless(ike.peer_id));
  if (child.udp_encapsulation) add(common, "UDP_ENC", std::to_string(ike.record.remote.port));
  add_lane(common, child.placement.in, "IN");
  add_lane(common, child.placement.out, "OUT");
  if (place.host_access) add(common, "HOST_ACCESS", "1");
  add_inner(common, "MY_SOURCEIP", ike.record.inner.local);
  add_inner(common, "PEER_SOURCEIP", ike.record.inner.remote);

  std::vector<UpdownRun> runs;
  for (const auto& local : child.local) {
    for (const auto& remote : child.remote) {
      if (local.family() != remote.family() || runs.size() == limits::kUpdownRuns) continue;
      const auto [my_port, peer_port] = ports_of(local, remote);
      UpdownRun run{is_host(local, ike.record.local.address) ? "host" : "client", common};
      if (local.family() == IpFamily::v6) run.scope += "-v6";
      add(run.variables, "MY_CLIENT", block_of(local).to_string());
      add(run.variables, "MY_PORT", std::to_string(my_port));
      add(run.variables, "MY_PROTOCOL", std::to_string(local.protocol));
      add(run.variables, "PEER_CLIENT", block_of(remote).to_string());
      add(run.variables, "PEER_PORT", std::to_string(peer_port));
      add(run.variables, "PEER_PROTOCOL", std::to_string(remote.protocol));
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

}  // namespace keypact::control
