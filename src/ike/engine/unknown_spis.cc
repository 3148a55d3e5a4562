// Messages and packets of SAs that are not here, and what others say in clear about SAs that are not there: answers and questions
// within limits, and never a change of any SA. RFC 7296 §1.5, §2.21.4.
#include "base/limits.h"
#include "ike/engine/engine.h"

namespace keypact::ike {
namespace {

/// The answer is a header and one notify: nobody gets more octets than he sent.
constexpr std::size_t kAnswerOctets = 36;

/// RFC 7296 §1.5: this one is no part of an exchange.
bool says_invalid_spi(OctetView datagram) {
  const auto message = wire::parse_message(datagram);
  return message && PayloadSet(message->clear.payloads).notify(NotifyType::INVALID_SPI) != nullptr;
}

}  // namespace

/// The peers are few that have lost their memory; whoever wants to make us search gets only so many searches.
v2::IkeSa* Engine::youngest_with(const IpAddress& local, const IpAddress& remote) {
  IkeSaId found;
  for (const auto& [id, sa] : table_.all())
    if (sa.record().remote.address == remote && sa.record().local.address == local && sa.established() != nullptr &&
        sa.established()->serves())
      found = id;
  return table_.find(found);
}

void Engine::on_unknown_ike_spi(Context& context, const DatagramView& datagram, const wire::Header& header) {
  ++counters_.unknown_spi;
  if (header.response) return;
  if (header.next_payload != PayloadType::SK && header.next_payload != PayloadType::SKF) {
    if (header.exchange != ExchangeType::INFORMATIONAL || !clear_hints_.take(context.now, limits::kClearHints)) return;
    auto* sa =
        says_invalid_spi(datagram.octets) ? youngest_with(datagram.local.address, datagram.remote.address) : nullptr;
    if (sa != nullptr) drive(context, *sa, [&](v2::IkeSa& owner) { owner.take_hint(context); });
    return;
  }
  const bool answerable = header.exchange != ExchangeType::IKE_SA_INIT && datagram.octets.size() >= kAnswerOctets;
  if (!answerable || !invalid_ike_spi_answers_.take(context.now, limits::kInvalidIkeSpiAnswers)) return;
  ++counters_.invalid_ike_spi_sent;
  auto answer = header;
  answer.response = true;
  answer.initiator = !header.initiator;
  const std::vector<wire::Payload> payloads = {notify_payload(NotifyType::INVALID_IKE_SPI)};
  auto octets = wire::encode_message(answer, payloads);
  v2::trace_sent_in_clear(context, {}, answer, payloads, octets.size());
  context.send({datagram.local, datagram.remote, std::move(octets)});
}

void Engine::on_unknown_esp_spi(Context& context, const ipsec::UnknownSpi& event) {
  auto* sa = youngest_with(event.local.address, event.remote.address);
  if (sa != nullptr)
    return drive(context, *sa, [&](v2::IkeSa& owner) { owner.report_unknown_spi(context, event.spi); });
  tell_in_clear(context, event);
}

/// RFC 7296 §1.5: no part of an exchange, without SPIs, and sent where the packet came from. The stack limits how often.
void Engine::tell_in_clear(Context& context, const ipsec::UnknownSpi& event) {
  ++counters_.invalid_spi_sent;
  wire::Header header;
  header.exchange = ExchangeType::INFORMATIONAL;
  header.initiator = true;
  const std::vector<wire::Payload> payloads = {notify_payload(NotifyType::INVALID_SPI, spi_octets(event.spi))};
  auto octets = wire::encode_message(header, payloads);
  v2::trace_sent_in_clear(context, {}, header, payloads, octets.size());
  const bool is_native = event.remote.port == 0;
  const Endpoint local{event.local.address, is_native ? options_.port : event.local.port};
  const Endpoint remote{event.remote.address, is_native ? std::uint16_t{500} : event.remote.port};
  context.send({local, remote, std::move(octets)});
}

}  // namespace keypact::ike
