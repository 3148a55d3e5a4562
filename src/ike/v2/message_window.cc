#include "ike/v2/message_window.h"

#include "base/check.h"

namespace keypact::ike::v2 {

void RequestWindow::sent(Octets message, Instant now) {
  CHECK(is_free());
  outstanding_.emplace(std::move(message), Retransmission(now));
  ++next_id_;
}

std::optional<Instant> RequestWindow::deadline() const {
  if (!outstanding_) return std::nullopt;
  return outstanding_->retransmission.deadline();
}

const Octets* RequestWindow::retransmit(Instant now) {
  if (!outstanding_ || !outstanding_->retransmission.advance(now)) return nullptr;
  return &outstanding_->message;
}

ResponseWindow::Verdict ResponseWindow::judge(std::uint32_t id, OctetView request) const {
  if (id == expected_id_) return Verdict::fresh;
  if (id + 1 == expected_id_ && !response_.empty() && same_octets(request, request_)) return Verdict::retransmission;
  return Verdict::outside;
}

void ResponseWindow::accepted(Octets request) {
  request_ = std::move(request);
  response_.clear();
  ++expected_id_;
}

}  // namespace keypact::ike::v2
