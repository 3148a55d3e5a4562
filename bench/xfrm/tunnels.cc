#include "bench/xfrm/tunnels.h"

#include <linux/xfrm.h>

#include "xfrm/kernel_values.h"
#include "xfrm/reqids.h"

namespace keypact::bench {
namespace {

constexpr PacketAlgorithms kGcm{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE};
constexpr std::size_t kGcmKey = 20;  // octets, with the salt
constexpr std::uint32_t kWindow = 32;
constexpr std::uint32_t kFirstSpi = 0xc0000000;
constexpr std::uint32_t kLastSpi = 0xcfffffff;
/// The tunnels of the backend stay below, so that the bare ones have addresses and SPIs of their own.
constexpr std::uint32_t kBareTunnels = 1U << 17;

IpAddress gateway() { return IpAddress::v4(192, 0, 2, 1); }
IpAddress outer_address(std::uint32_t number) { return IpAddress::v4(0x0a000001 + number); }  // 10.0.0.0/8
IpAddress inner_address(std::uint32_t number) { return IpAddress::v4(0x64400001 + number); }  // 100.64.0.0/10
Prefix protected_network() { return prefix_of(IpAddress::v4(198, 18, 0, 0), 16); }

/// As peers choose them, each for itself.
EspSpi peers_spi(std::uint32_t number) { return {0x20000000 | xfrm::Reqids::scatter(number)}; }
EspSpi own_spi(std::uint32_t number) { return {0x10000000 + number}; }

PacketKeys keys() { return {kGcm, Secret(kGcmKey), Secret()}; }

}  // namespace

ipsec::Policy policy_of(std::uint32_t number) {
  return {PolicyId{number + 1},
          "clients/net#" + std::to_string(number),
          PolicyAction::protect,
          {TrafficSelector::of(protected_network())},
          {TrafficSelector::of(prefix_of(inner_address(number), 32))}};
}

ipsec::ChildSa child_sa_of(std::uint32_t number) {
  const auto policy = policy_of(number);
  ipsec::ChildSa sa;
  sa.id = ChildSaId{number + 1};
  sa.policy = policy.id;
  sa.local = {gateway(), 4500};
  sa.remote = {outer_address(number), 4500};
  sa.inbound_spi = own_spi(number);
  sa.outbound_spi = peers_spi(number);
  sa.inbound = keys();
  sa.outbound = keys();
  sa.replay_window = kWindow;
  sa.local_selectors = policy.local;
  sa.remote_selectors = policy.remote;
  return sa;
}

BareTunnel::BareTunnel(std::uint32_t number) {
  number += kBareTunnels;
  inbound_.id = {gateway(), own_spi(number)};
  inbound_.source = outer_address(number);
  inbound_.reqid = xfrm::Reqids::scatter(number);
  inbound_.replay_window = kWindow;
  outbound_ = inbound_;
  outbound_.id = {outer_address(number), peers_spi(number)};
  outbound_.source = gateway();
  selector_ = {protected_network(), prefix_of(inner_address(number), 32)};
}

xfrm::Message BareTunnel::ask_spi() const {
  auto request = xfrm::zeroed<xfrm_userspi_info>();
  request.info.id.daddr = xfrm::to_kernel(inbound_.id.destination);
  request.info.id.proto = static_cast<std::uint8_t>(xfrm::IpProtocol::esp);
  request.info.saddr = xfrm::to_kernel(inbound_.source);
  request.info.reqid = inbound_.reqid;
  request.info.family = xfrm::to_kernel(IpFamily::v4);
  request.info.mode = xfrm::to_kernel(inbound_.mode);
  request.min = kFirstSpi;
  request.max = kLastSpi;
  return std::move(xfrm::Message(XFRM_MSG_ALLOCSPI, NLM_F_ACK).body(request));
}

void BareTunnel::take_spi(const xfrm::MessageView& message) {
  if (const auto info = message.body<xfrm_usersa_info>()) inbound_.id.spi = {xfrm::network_order(info->id.spi)};
}

xfrm::Message BareTunnel::update_inbound() const { return *xfrm::update_state(inbound_, keys()); }
xfrm::Message BareTunnel::new_inbound() const { return *xfrm::new_state(inbound_, keys()); }
xfrm::Message BareTunnel::new_outbound() const { return *xfrm::new_state(outbound_, keys()); }

std::vector<xfrm::PolicyKey> BareTunnel::policy_keys() const {
  const xfrm::Selector in{selector_.destination, selector_.source};
  return {{xfrm::Direction::in, in}, {xfrm::Direction::forward, in}, {xfrm::Direction::out, selector_}};
}

std::vector<xfrm::Message> BareTunnel::new_policies() const {
  std::vector<xfrm::Message> messages;
  for (const auto& key : policy_keys()) {
    const auto& state = key.direction == xfrm::Direction::out ? outbound_ : inbound_;
    const xfrm::Template protection{state.source, state.id.destination, {}, state.reqid};
    messages.push_back(
        xfrm::new_policy(key, {xfrm::priority_of(PolicyAction::protect, key.selector, true), false, protection}, 0));
  }
  return messages;
}

std::vector<xfrm::Message> BareTunnel::removals() const {
  std::vector<xfrm::Message> messages;
  for (const auto& key : policy_keys()) messages.push_back(xfrm::delete_policy(key));
  for (const auto* state : {&inbound_, &outbound_}) messages.push_back(xfrm::delete_state(state->id));
  return messages;
}

}  // namespace keypact::bench
