// What happens to a datagram before any IKE SA sees it: versions, malformed messages, the contract and the cookie gate of an
// IKE_SA_INIT request. RFC 7296 §2.5, §2.6, §2.21.1.
#include <algorithm>

#include "base/limits.h"
#include "ike/engine/engine.h"
#include "ike/v2/contracts.h"

namespace keypact::ike {
namespace {

/// A notify in clear to whoever sent this request; nothing is kept.
void answer_in_clear(const Context& context, const Datagram& datagram, const wire::Header& request,
                     wire::Payload notify) {
  wire::Header header;
  header.initiator_spi = request.initiator_spi;
  header.exchange = request.exchange;
  header.message_id = request.message_id;
  header.response = true;
  const std::vector<wire::Payload> payloads = {std::move(notify)};
  auto octets = wire::encode_message(header, payloads);
  v2::trace_sent_in_clear(context, {}, header, payloads, octets.size());
  context.send({datagram.local, datagram.remote, std::move(octets)});
}

bool begins_an_ike_sa(const wire::Header& header) {
  return header.exchange == ExchangeType::IKE_SA_INIT && !header.response && header.initiator &&
         header.responder_spi.is_zero() && !header.initiator_spi.is_zero() && header.message_id == 0;
}

void report(const Context& context, const Datagram& datagram, NotifyType notify, std::string detail) {
  Refusal refusal;
  refusal.code = RefusalCode::malformed_message;
  refusal.exchange = ExchangeType::IKE_SA_INIT;
  refusal.notify = notify;
  refusal.detail = std::move(detail);
  context.emit(Refused{{}, datagram.remote, {}, std::move(refusal)});
}

}  // namespace

void Engine::on_other_version(Context& context, const Datagram& datagram, const wire::Header& header) {
  ++counters_.unparsable;
  // RFC 7296 §2.5: a higher major version is told so; a lower one is another protocol.
  if (header.major_version > 2 && !header.response && header.responder_spi.is_zero())
    answer_in_clear(context, datagram, header, notify_payload(NotifyType::INVALID_MAJOR_VERSION, {2}));
}

void Engine::on_unparsable(Context& context, const Datagram& datagram, const wire::ParseError& error) {
  ++counters_.unparsable;
  const auto header = wire::parse_header(datagram.octets);
  if (!header || !begins_an_ike_sa(*header)) return;
  report(context, datagram, error.notify(), error.to_string());
  Octets data;
  // RFC 7296 §3.10.1: UNSUPPORTED_CRITICAL_PAYLOAD names the payload type.
  if (error.notify() == NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD) data.push_back(static_cast<std::uint8_t>(error.payload));
  answer_in_clear(context, datagram, *header, notify_payload(error.notify(), std::move(data)));
}

bool Engine::passes_cookie_gate(Context& context, const v2::Received& received) {
  const auto& header = received.message.header;
  const PayloadSet payloads(received.message.clear.payloads);
  const auto violation = v2::check_contract(*v2::contract_of(ExchangeType::IKE_SA_INIT, false, payloads), payloads);
  if (violation || received.message.encrypted) {
    ++counters_.unparsable;
    const auto detail = violation ? violation->to_string() : "an encrypted payload before there are keys";
    report(context, received.datagram, NotifyType::INVALID_SYNTAX, detail);
    answer_in_clear(context, received.datagram, header, notify_payload(NotifyType::INVALID_SYNTAX));
    return false;
  }
  const auto& source = received.datagram.remote.address;
  const auto from_source = table_.half_open_from(source);
  if (table_.half_open() >= limits::kHalfOpen || from_source >= limits::kHalfOpenPerSource) {
    ++counters_.half_open_refused;
    return false;
  }
  if (table_.half_open() < limits::kHalfOpenBeforeCookies) return true;

  const CookieJar::Binding binding{header.initiator_spi, payloads.find<wire::NoncePayload>()->nonce, source};
  // RFC 7296 §2.6: the cookie is the first payload; anywhere else it is no cookie.
  const auto* first = std::get_if<wire::NotifyPayload>(&payloads.all().front().body);
  if (first != nullptr && first->type == NotifyType::COOKIE) {
    if (cookies_.verify(library_, binding, first->data)) return true;
    ++counters_.cookies_wrong;
  }
  ++counters_.cookies_sent;
  answer_in_clear(context, received.datagram, header,
                  notify_payload(NotifyType::COOKIE, cookies_.make(library_, binding, random_, context.now)));
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
