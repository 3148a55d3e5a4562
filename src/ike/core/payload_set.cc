#include "ike/core/payload_set.h"

#include <algorithm>

namespace keypact::ike {
namespace {

template <class Body>
const Body* with_role(const std::vector<wire::Payload>& payloads, PayloadType role) {
  for (const auto& payload : payloads)
    if (const auto* body = std::get_if<Body>(&payload.body); body != nullptr && body->role == role) return body;
  return nullptr;
}

}  // namespace

std::size_t PayloadSet::count(PayloadType type) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(*payloads_, [type](const auto& payload) { return wire::type_of(payload) == type; }));
}

const wire::IdPayload* PayloadSet::id(PayloadType role) const { return with_role<wire::IdPayload>(*payloads_, role); }

const wire::TsPayload* PayloadSet::selectors(PayloadType role) const {
  return with_role<wire::TsPayload>(*payloads_, role);
}

const wire::NotifyPayload* PayloadSet::notify(NotifyType type) const {
  for (const auto& payload : *payloads_)
    if (const auto* body = std::get_if<wire::NotifyPayload>(&payload.body); body != nullptr && body->type == type)
      return body;
  return nullptr;
}

std::vector<const wire::NotifyPayload*> PayloadSet::notifies(NotifyType type) const {
  auto found = all_of<wire::NotifyPayload>();
  std::erase_if(found, [type](const auto* body) { return body->type != type; });
  return found;
}

const wire::NotifyPayload* PayloadSet::error() const {
  for (const auto* body : all_of<wire::NotifyPayload>())
    if (is_error(body->type)) return body;
  return nullptr;
}

wire::Payload notify_payload(NotifyType type, Octets data) {
  return wire::NotifyPayload{ProtocolId::none, {}, type, std::move(data)};
}

}  // namespace keypact::ike
