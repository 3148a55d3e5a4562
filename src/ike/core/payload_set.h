// PayloadSet: a parsed chain looked at by payload, for the code that checks a message before any handler sees it.
#pragma once

#include "wire/message.h"

namespace keypact::ike {

class PayloadSet {
 public:
  explicit PayloadSet(const std::vector<wire::Payload>& payloads) : payloads_(&payloads) {}

  [[nodiscard]] const std::vector<wire::Payload>& all() const { return *payloads_; }
  [[nodiscard]] bool empty() const { return payloads_->empty(); }
  [[nodiscard]] std::size_t count(PayloadType type) const;

  /// The first payload of this type, nullptr when there is none.
  template <class Body>
  [[nodiscard]] const Body* find() const {
    for (const auto& payload : *payloads_)
      if (const auto* body = std::get_if<Body>(&payload.body)) return body;
    return nullptr;
  }
  template <class Body>
  [[nodiscard]] std::vector<const Body*> all_of() const {
    std::vector<const Body*> found;
    for (const auto& payload : *payloads_)
      if (const auto* body = std::get_if<Body>(&payload.body)) found.push_back(body);
    return found;
  }
  [[nodiscard]] const wire::IdPayload* id(PayloadType role) const;
  [[nodiscard]] const wire::TsPayload* selectors(PayloadType role) const;
  [[nodiscard]] const wire::NotifyPayload* notify(NotifyType type) const;
  [[nodiscard]] std::vector<const wire::NotifyPayload*> notifies(NotifyType type) const;
  /// The first notify that reports an error.
  [[nodiscard]] const wire::NotifyPayload* error() const;

 private:
  const std::vector<wire::Payload>* payloads_;
};

/// A notify without protocol and SPI.
[[nodiscard]] wire::Payload notify_payload(NotifyType type, Octets data = {});

}  // namespace keypact::ike
