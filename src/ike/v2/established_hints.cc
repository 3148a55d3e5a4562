// Signs that something is wrong (RFC 7296 §1.5, §2.21.4), redirection to another gateway (RFC 5685 §5), and Child SAs that have
// carried nothing for too long.
#include <algorithm>

#include "ike/core/redirect.h"
#include "ike/v2/established_sa.h"

namespace keypact::ike::v2 {

void EstablishedSa::take_hint(Context& context, const IkeSaRecord& record) {
  ++context.counters.unprotected_errors;
  if (ended_ || standing_ != Standing::current) return;
  // A request that is on its way asks already.
  if (!requests_.is_free() || !queue_.empty() || !std::holds_alternative<std::monostate>(exchange_)) return;
  if (hinted_at_ && context.now < *hinted_at_ + limits::kBetweenHintedChecks) return;
  hinted_at_ = context.now;
  submit(context, record, LivenessRequest{});
}

void EstablishedSa::report_unknown_spi(Context& context, const IkeSaRecord& record, EspSpi spi) {
  if (ended_ || !serves()) return;
  if (reported_at_ && context.now < *reported_at_ + limits::kBetweenInvalidSpiReports) return;
  reported_at_ = context.now;
  submit(context, record, ReportSpiRequest{spi});
}

/// RFC 7296 §1.5: the peer has lost the SA that we send on. What it protected still has to get through.
void EstablishedSa::on_invalid_spi(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& notify) {
  Reader reader(notify.data);
  const auto spi = reader.u32();
  if (!spi || !reader.finish()) return;
  // The notify does not say of which protocol.
  const auto* child = child_the_peer_calls({ProtocolId::ESP, {*spi}});
  if (child == nullptr) child = child_the_peer_calls({ProtocolId::AH, {*spi}});
  if (child == nullptr || !child->is_current()) return;
  auto refusal = refusal_in(ExchangeType::INFORMATIONAL, RefusalCode::peer_error, NotifyType::INVALID_SPI);
  refusal.by_peer = true;
  refusal.detail = "the peer does not know the SA of " + child->name + " that we send on: it is made anew";
  context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refusal)});
  let_expire(context, record, child->id);
}

/// RFC 5685 §5, §10: only who set the IKE SA up is redirected, and by nobody but the other end.
void EstablishedSa::on_redirect(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& notify) {
  const auto redirect = parse_redirect(notify.data);
  if (!redirect || !redirect->nonce.empty() || parts_.redirectable != EstablishedParts::Redirectable::we || !serves()) {
    ++context.counters.redirects_refused;
    return;
  }
  auto destination = follow_redirect(context, *redirect, record.path(), parts_.redirections);
  if (!destination) {
    auto refusal = std::move(destination.error());
    refusal.exchange = ExchangeType::INFORMATIONAL;
    return context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refusal)});
  }
  parts_.redirections = std::move(destination->redirections);
  family_matters_.emplace_back(Redirected{record.id, destination->gateway});
}

/// swanctl's inactivity: the IPsec stack knows when it carried something last.
void EstablishedSa::check_idleness(Context& context, ChildSa& child) {
  if (!child.idle_at || context.now < *child.idle_at) return;
  child.idle_at.reset();
  if (child.is_current()) context.request(ipsec::AskUse{child.id});
}

void EstablishedSa::note_use(Context& context, const IkeSaRecord& record, const ipsec::ChildSaUse& use) {
  const auto asked = children_.find(use.id);
  if (asked == children_.end()) return;
  // Asked for the sake of the one that took its place, or because it may be idle itself.
  const auto successor = asked->second.replaced_by ? children_.find(*asked->second.replaced_by) : children_.end();
  auto& child = successor != children_.end() ? successor->second : asked->second;
  const auto used = std::max({use.last_in, use.last_out, asked->second.used});
  const bool inherits = successor != children_.end();
  if (inherits ? !child.idle_at : child.idle_at.has_value()) return;
  const auto* config = parts_.connection->child(child.name);
  if (config == nullptr || config->inactivity <= Duration{} || !child.is_current()) return;
  child.used = used;
  if (inherits || context.now < used + config->inactivity) {
    child.idle_at = used + config->inactivity;
    return;
  }
  submit(context, record, DeleteChildRequest{child.id, {}});
}

}  // namespace keypact::ike::v2
