#include "xfrm/message.h"

#include <algorithm>

#include "base/check.h"
#include "base/secret.h"

namespace keypact::xfrm {
namespace {

/// More than the longest message of ours: two keys, a replay window of 4096 packets, six templates.
constexpr std::size_t kCapacity = 4096;

constexpr std::size_t padded(std::size_t octets) {
  return (octets + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) {
  // Never moved while it grows: no copy of a key stays behind.
  octets_.reserve(kCapacity);
  auto header = zeroed<nlmsghdr>();
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  append_padded(octets_of(header));
}

Message::~Message() { wipe_octets(octets_); }

Message& Message::append_padded(OctetView octets) {
  CHECK(octets_.size() + padded(octets.size()) <= kCapacity);
  append(octets_, octets);
  octets_.resize(padded(octets_.size()), 0);
  const auto length = static_cast<std::uint32_t>(octets_.size());
  std::memcpy(octets_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  return *this;
}

Message& Message::attribute(std::uint16_t type, OctetView payload) {
  auto header = zeroed<nlattr>();
  header.nla_type = type;
  header.nla_len = static_cast<std::uint16_t>(sizeof header + payload.size());
  return append_padded(octets_of(header)).append_padded(payload);
}

std::optional<MessageView> MessageView::take(OctetView& rest) {
  const auto header = structure_from<nlmsghdr>(rest);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) return std::nullopt;
  MessageView message;
  message.type_ = header->nlmsg_type;
  message.payload_ = rest.first(header->nlmsg_len).subspan(sizeof(nlmsghdr));
  rest = rest.subspan(std::min(padded(header->nlmsg_len), rest.size()));
  return message;
}

std::optional<OctetView> MessageView::attribute(std::size_t body_octets, std::uint16_t type) const {
  if (padded(body_octets) > payload_.size()) return std::nullopt;
  auto rest = payload_.subspan(padded(body_octets));
  while (const auto header = structure_from<nlattr>(rest)) {
    if (header->nla_len < sizeof(nlattr) || header->nla_len > rest.size()) return std::nullopt;
    if ((header->nla_type & NLA_TYPE_MASK) == type) return rest.first(header->nla_len).subspan(sizeof(nlattr));
    rest = rest.subspan(std::min(padded(header->nla_len), rest.size()));
  }
  return std::nullopt;
}

}  // namespace keypact::xfrm
