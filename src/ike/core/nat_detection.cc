#include "ike/core/nat_detection.h"

#include "base/writer.h"

namespace keypact::ike {
namespace {

Octets endpoint_hash(crypto::Library& library, IkeSpi initiator_spi, IkeSpi responder_spi, const Endpoint& endpoint) {
  Writer input;
  input.u64(initiator_spi.value);
  input.u64(responder_spi.value);
  input.octets(endpoint.address.octets());
  input.u16(endpoint.port);
  return to_octets(crypto::sha1(library, {input.view()}));
}

wire::NotifyPayload notify(NotifyType type, Octets data) { return {ProtocolId::none, {}, type, std::move(data)}; }

}  // namespace

std::vector<wire::Payload> nat_detection_payloads(crypto::Library& library, IkeSpi initiator_spi, IkeSpi responder_spi,
                                                  const Endpoint& local, const Endpoint& remote, bool pretend_nat) {
  auto source = endpoint_hash(library, initiator_spi, responder_spi, local);
  if (pretend_nat) source.front() ^= 0xff;
  return {
      notify(NotifyType::NAT_DETECTION_SOURCE_IP, std::move(source)),
      notify(NotifyType::NAT_DETECTION_DESTINATION_IP, endpoint_hash(library, initiator_spi, responder_spi, remote))};
}

NatSituation detect_nat(crypto::Library& library, IkeSpi initiator_spi, IkeSpi responder_spi, const Endpoint& local,
                        const Endpoint& remote, const PayloadSet& payloads) {
  const auto sources = payloads.notifies(NotifyType::NAT_DETECTION_SOURCE_IP);
  const auto destination = payloads.notify(NotifyType::NAT_DETECTION_DESTINATION_IP);
  NatSituation situation;
  if (sources.empty() || destination == nullptr) return situation;
  situation.supported = true;
  const auto seen_source = endpoint_hash(library, initiator_spi, responder_spi, remote);
  // RFC 7296 §2.23: a multihomed peer may send several source hashes; one match is enough.
  situation.peer_behind_nat = true;
  for (const auto* source : sources)
    if (source->data == seen_source) situation.peer_behind_nat = false;
  situation.local_behind_nat = destination->data != endpoint_hash(library, initiator_spi, responder_spi, local);
  return situation;
}

}  // namespace keypact::ike
