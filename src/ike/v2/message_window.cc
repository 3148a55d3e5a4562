#include "ike/v2/message_window.h"

#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace keypact::ike::v2 {

void RequestWindow::sent(SealedMessage message, Instant now, Duration patience) {
  CHECK(is_free() && !is_used_up());
  outstanding_.emplace(std::move(message), Retransmission(now, 100, patience));
  ++next_id_;
}

void RequestWindow::denied(Instant now) {
  if (!outstanding_ || std::exchange(outstanding_->denied, true)) return;
  outstanding_->retransmission.restart(now, limits::kPatienceWhenDenied);
}

std::optional<Instant> RequestWindow::deadline() const {
  if (!outstanding_) return std::nullopt;
  return outstanding_->retransmission.deadline();
}

SealedMessage* RequestWindow::retransmit(Instant now) {
  if (!outstanding_ || !outstanding_->retransmission.advance(now)) return nullptr;
  return &outstanding_->message;
}

void RequestWindow::restart(Instant now) {
  if (outstanding_) outstanding_->retransmission.restart(now);
}

ResponseWindow::Verdict ResponseWindow::judge(const wire::Message& request, OctetView datagram) const {
  const std::uint64_t id = request.header.message_id;
  if (id == expected_id_) return Verdict::fresh;
  if (id + 1 != expected_id_ || response_.empty()) return Verdict::outside;
  if (same_octets(datagram, request_)) return Verdict::retransmission;
  const bool first_fragment =
      request.encrypted && request.encrypted->is_fragment && request.encrypted->fragment_number == 1;
  return first_fragment ? Verdict::refragmented : Verdict::outside;
}

void ResponseWindow::accepted(Octets identity, const Path& origin) {
  request_ = std::move(identity);
  origin_ = origin;
  response_ = {};
  repetitions_ = 0;
  ++expected_id_;
}

void ResponseWindow::answered(SealedMessage response) {
  response_ = std::move(response);
  repetitions_ = 0;
}

}  // namespace keypact::ike::v2
