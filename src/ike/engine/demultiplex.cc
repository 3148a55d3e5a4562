// What happens to a datagram before any IKE SA sees it: versions, malformed messages, the contract and the cookie gate of an
// IKE_SA_INIT request. RFC 7296 §2.5, §2.6, §2.21.1.
#include <algorithm>

#include "base/limits.h"
#include "ike/engine/engine.h"
#include "ike/v2/contracts.h"

namespace keypact::ike {

bool Engine::begins_an_ike_sa(const wire::Header& header) {
  return header.exchange == ExchangeType::IKE_SA_INIT && !header.response && header.initiator &&
         header.responder_spi.is_zero() && !header.initiator_spi.is_zero() && header.message_id == 0;
}

v2::IkeSa* Engine::find_addressed(const wire::Header& header) {
  // The initiator flag tells which of the two SPIs is ours (RFC 7296 §3.1).
  auto* sa = table_.find_by_local_spi(header.initiator ? header.responder_spi : header.initiator_spi);
  if (sa == nullptr) return nullptr;
  const auto& record = sa->record();
  const bool other_half_fits = header.initiator ? !record.initiator && record.initiator_spi == header.initiator_spi
                                                : record.initiator && (record.responder_spi.is_zero() ||
                                                                       record.responder_spi == header.responder_spi);
  return other_half_fits ? sa : nullptr;
}

/// A notify in clear to whoever sent this request; nothing is kept, and never more octets go out than came in.
void Engine::answer_in_clear(const Context& context, const DatagramView& datagram, const wire::Header& request,
                             wire::Payload notify) {
  wire::Header header;
  header.initiator_spi = request.initiator_spi;
  header.exchange = request.exchange;
  header.message_id = request.message_id;
  header.response = true;
  const std::vector<wire::Payload> payloads = {std::move(notify)};
  auto octets = wire::encode_message(header, payloads);
  if (octets.size() > datagram.octets.size()) return;
  v2::trace_sent_in_clear(context, {}, header, payloads, octets.size());
  context.send({datagram.local, datagram.remote, std::move(octets)});
}

void Engine::complain(const Context& context, const Endpoint& peer, NotifyType notify, std::string detail) {
  Refusal refusal;
  refusal.code = RefusalCode::malformed_message;
  refusal.exchange = ExchangeType::IKE_SA_INIT;
  refusal.notify = notify;
  refusal.detail = std::move(detail);
  context.emit(Refused{{}, peer, {}, std::move(refusal)});
}

bool Engine::may_complain(Instant now) {
  if (clear_errors_.take(now, options_.budgets.clear_errors)) return true;
  ++counters_.clear_errors_suppressed;
  return false;
}

/// True when nothing more is to be done: most of what a flood consists of ends here, before anything is parsed or allocated.
bool Engine::screen(Context& context, const DatagramView& datagram) {
  ++counters_.received;
  const auto header = wire::parse_header(datagram.octets);
  if (!header) {
    ++counters_.unparsable;
    return true;
  }
  if (header->major_version != 2) return false;
  if (begins_an_ike_sa(*header)) return screen_sa_init(context, datagram, *header);
  if (find_addressed(*header) != nullptr) return false;
  on_unknown_ike_spi(context, datagram, *header);
  return true;
}

bool Engine::screen_sa_init(Context& context, const DatagramView& datagram, const wire::Header& header) {
  if (table_.find_begun(header.initiator_spi, datagram.remote) != nullptr) return false;
  const auto glance = wire::glance_at_sa_init(header, datagram.octets);
  if (!glance) {
    // It is worth an answer, and a line in the log, as long as there are few.
    if (clear_errors_.has(context.now, options_.budgets.clear_errors)) return false;
    ++counters_.unparsable;
    ++counters_.clear_errors_suppressed;
    return true;
  }
  const auto& source = datagram.remote.address;
  switch (admission_.judge(context.now, source, glance->method, table_.occupancy(source))) {
    case Admission::Verdict::admit: return false;
    case Admission::Verdict::prove_address: return !has_good_cookie(context, datagram, header, *glance);
    case Admission::Verdict::too_many_half_open: ++counters_.half_open_refused; return true;
    case Admission::Verdict::too_many_of_source: ++counters_.source_refused; return true;
  }
  return true;
}

/// Where there is none, one is sent.
bool Engine::has_good_cookie(Context& context, const DatagramView& datagram, const wire::Header& header,
                             const wire::SaInitGlance& glance) {
  const CookieJar::Binding binding{header.initiator_spi, glance.nonce, datagram.remote.address};
  if (!glance.cookie.empty()) {
    if (cookies_.verify(library_, binding, glance.cookie, context.now)) {
      ++counters_.cookies_accepted;
      return true;
    }
    ++counters_.cookies_wrong;
  }
  ++counters_.cookies_sent;
  answer_in_clear(context, datagram, header,
                  notify_payload(NotifyType::COOKIE, cookies_.make(library_, binding, random_, context.now)));
  return false;
}

void Engine::on_other_version(Context& context, const Datagram& datagram, const wire::Header& header) {
  ++counters_.unparsable;
  // RFC 7296 §2.5: a higher major version is told so; a lower one is another protocol.
  if (header.major_version <= 2 || header.response || !header.responder_spi.is_zero()) return;
  if (!may_complain(context.now)) return;
  answer_in_clear(context, datagram, header, notify_payload(NotifyType::INVALID_MAJOR_VERSION, {2}));
}

void Engine::on_unparsable(Context& context, const Datagram& datagram, const wire::ParseError& error) {
  ++counters_.unparsable;
  const auto header = wire::parse_header(datagram.octets);
  if (!header || !begins_an_ike_sa(*header) || !may_complain(context.now)) return;
  complain(context, datagram.remote, error.notify(), error.to_string());
  Octets data;
  // RFC 7296 §3.10.1: UNSUPPORTED_CRITICAL_PAYLOAD names the payload type.
  if (error.notify() == NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD)
    data.push_back(static_cast<std::uint8_t>(error.payload));
  answer_in_clear(context, datagram, *header, notify_payload(error.notify(), std::move(data)));
}

bool Engine::keeps_contract(Context& context, const v2::Received& received) {
  const PayloadSet payloads(received.message.clear.payloads);
  const auto violation = v2::check_contract(*v2::contract_of(ExchangeType::IKE_SA_INIT, false, payloads), payloads);
  if (!violation && !received.message.encrypted) return true;
  ++counters_.unparsable;
  if (!may_complain(context.now)) return false;
  const auto& datagram = received.datagram;
  complain(context, datagram.remote, NotifyType::INVALID_SYNTAX,
           violation ? violation->to_string() : "an encrypted payload before there are keys");
  answer_in_clear(context, datagram, received.message.header, notify_payload(NotifyType::INVALID_SYNTAX));
  return false;
}

IkeSpi Engine::fresh_ike_spi() {
  for (;;) {
    // The low octet is the engine's, so that a receiver finds it without a table.
    const IkeSpi spi{(random_.u64() & ~std::uint64_t{0xff}) | options_.engine_index};
    if (spi.value > 0xff && table_.find_by_local_spi(spi) == nullptr) return spi;
  }
}

}  // namespace keypact::ike
