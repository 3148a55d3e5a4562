#include "xfrm/notification.h"

#include "xfrm/kernel_values.h"

namespace keypact::xfrm {
namespace {

std::optional<Notification> read_acquire(const MessageView& message) {
  const auto body = message.body<xfrm_user_acquire>();
  if (!body) return std::nullopt;
  return AcquireNotice{body->policy.index, body->seq, mark_in(message, sizeof *body)};
}

std::optional<Notification> read_expire(const MessageView& message) {
  const auto body = message.body<xfrm_user_expire>();
  if (!body) return std::nullopt;
  const auto& state = body->state;
  return ExpireNotice{{address_from(state.id.daddr, state.family),
                       {network_order(state.id.spi)},
                       mark_in(message, sizeof *body),
                       IpProtocol{state.id.proto}},
                      body->hard != 0};
}

std::optional<Notification> read_mapping(const MessageView& message) {
  const auto body = message.body<xfrm_user_mapping>();
  if (!body || IpProtocol{body->id.proto} != IpProtocol::esp) return std::nullopt;
  const auto family = body->id.family;
  return MappingNotice{{address_from(body->id.daddr, family), {network_order(body->id.spi)}},
                       {address_from(body->new_saddr, family), network_order(body->new_sport)}};
}

}  // namespace

std::optional<Notification> read_notification(const MessageView& message) {
  switch (message.type()) {
    case XFRM_MSG_ACQUIRE: return read_acquire(message);
    case XFRM_MSG_EXPIRE: return read_expire(message);
    case XFRM_MSG_MAPPING: return read_mapping(message);
    default: return std::nullopt;
  }
}

}  // namespace keypact::xfrm
