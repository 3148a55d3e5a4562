#include "xfrm/policy.h"

#include <algorithm>
#include <bit>

#include "xfrm/kernel_selector.h"

namespace keypact::xfrm {
namespace {

std::uint8_t kernel_direction(Direction direction) {
  switch (direction) {
    case Direction::in: return XFRM_POLICY_IN;
    case Direction::out: return XFRM_POLICY_OUT;
    case Direction::forward: return XFRM_POLICY_FWD;
  }
  return XFRM_POLICY_OUT;
}

xfrm_selector kernel_selector(const PolicyKey& key) {
  auto result = to_kernel(key.selector);
  result.ifindex = static_cast<int>(key.device);
  return result;
}

xfrm_user_tmpl kernel_template(const Template& protection) {
  auto result = zeroed<xfrm_user_tmpl>();
  result.id.daddr = to_kernel(protection.destination);
  result.id.spi = network_order(protection.spi.value);
  result.id.proto = static_cast<std::uint8_t>(protection.protocol);
  result.family = to_kernel(protection.destination.family());
  result.saddr = to_kernel(protection.source);
  result.reqid = protection.reqid;
  result.mode = to_kernel(protection.mode);
  result.aalgos = result.ealgos = result.calgos = ~std::uint32_t{0};
  return result;
}

Template template_from(const xfrm_user_tmpl& found) {
  return {address_from(found.saddr, found.family),
          address_from(found.id.daddr, found.family),
          {network_order(found.id.spi)},
          found.reqid,
          mode_from(found.mode),
          IpProtocol{found.id.proto}};
}

/// In the order in which the kernel applies them. RFC 3173 §2.1: what does not become smaller is not compressed.
Octets templates_of(Direction direction, const PolicyContent& content) {
  Octets templates;
  const auto append = [&](xfrm_user_tmpl each) {
    clear_between_members(each);
    std::ranges::copy(octets_of(each), std::back_inserter(templates));
  };
  if (content.compression) {
    auto compression = kernel_template(*content.compression);
    compression.optional = direction != Direction::out;
    append(compression);
  }
  append(kernel_template(*content.protection));
  return templates;
}

void put_lane(Message& message, const Lane& lane) {
  put_mark(message, lane.mark);
  if (lane.interface_id != 0) message.structure(XFRMA_IF_ID, lane.interface_id);
}

Message written(std::uint16_t type, const PolicyKey& key, const PolicyContent& content, std::uint32_t index) {
  auto info = zeroed<xfrm_userpolicy_info>();
  info.sel = kernel_selector(key);
  info.lft.soft_byte_limit = info.lft.hard_byte_limit = XFRM_INF;
  info.lft.soft_packet_limit = info.lft.hard_packet_limit = XFRM_INF;
  info.priority = content.priority;
  info.index = index;
  info.dir = kernel_direction(key.direction);
  info.action = content.discard ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
  Message message(type, NLM_F_ACK);
  message.body(info);
  if (content.protection) message.attribute(XFRMA_TMPL, templates_of(key.direction, content));
  put_lane(message, key.lane);
  if (content.offload) put_policy_offload(message, *content.offload);
  return message;
}

}  // namespace

std::uint32_t priority_of(PolicyAction action, const Selector& selector, bool has_sa) {
  constexpr std::uint32_t kClass = 200000;
  std::uint32_t priority = kClass * static_cast<std::uint32_t>(precedence(action) + 1);
  priority -= static_cast<std::uint32_t>(selector.source.length + selector.destination.length) * 512;
  if (selector.protocol != kAnyProtocol) priority -= 256;
  priority -= static_cast<std::uint32_t>(std::popcount(selector.source_port.mask) +
                                         std::popcount(selector.destination_port.mask)) *
              4;
  const bool trap = action == PolicyAction::protect && !has_sa;
  return trap ? priority : priority - 1;
}

Message new_policy(const PolicyKey& key, const PolicyContent& content, std::uint32_t index) {
  return written(XFRM_MSG_NEWPOLICY, key, content, index);
}

Message update_policy(const PolicyKey& key, const PolicyContent& content, std::uint32_t index) {
  return written(XFRM_MSG_UPDPOLICY, key, content, index);
}

Message delete_policy(const PolicyKey& key) {
  auto id = zeroed<xfrm_userpolicy_id>();
  id.sel = kernel_selector(key);
  id.dir = kernel_direction(key.direction);
  Message message(XFRM_MSG_DELPOLICY, NLM_F_ACK);
  message.body(id);
  put_lane(message, key.lane);
  return message;
}

Message dump_policies() { return {XFRM_MSG_GETPOLICY, NLM_F_DUMP}; }

std::optional<PolicyReport> read_policy(const MessageView& message) {
  const auto info = message.body<xfrm_userpolicy_info>();
  // Those of sockets (of a direction beyond forward) are nobody's but theirs.
  if (message.type() != XFRM_MSG_NEWPOLICY || !info || info->dir > XFRM_POLICY_FWD) return std::nullopt;
  PolicyReport report;
  report.key.direction = info->dir == XFRM_POLICY_IN    ? Direction::in
                         : info->dir == XFRM_POLICY_OUT ? Direction::out
                                                        : Direction::forward;
  report.key.selector = selector_from(info->sel);
  report.content.priority = info->priority;
  report.content.discard = info->action == XFRM_POLICY_BLOCK;
  report.index = info->index;
  report.key.device = static_cast<std::uint32_t>(info->sel.ifindex);
  report.key.lane.mark = mark_in(message, sizeof *info);
  report.content.offload = read_offload(message, sizeof *info);
  if (const auto interface = message.attribute(sizeof *info, XFRMA_IF_ID))
    report.key.lane.interface_id = structure_from<std::uint32_t>(*interface).value_or(0);
  const auto templates = message.attribute(sizeof *info, XFRMA_TMPL);
  for (auto rest = templates.value_or(OctetView{}); rest.size() >= sizeof(xfrm_user_tmpl);
       rest = rest.subspan(sizeof(xfrm_user_tmpl))) {
    const auto found = template_from(*structure_from<xfrm_user_tmpl>(rest));
    (found.protocol == IpProtocol::comp ? report.content.compression : report.content.protection) = found;
  }
  return report;
}

}  // namespace keypact::xfrm
