#include "eap/peap.h"

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::eap {
namespace {

constexpr std::size_t kHeaderOctets = 4;
constexpr Method kEapTlv{33};
constexpr std::uint16_t kMandatory = 0x8000;
constexpr std::uint16_t kTypeMask = 0x3fff;
constexpr std::uint16_t kResultTlv = 3;
constexpr std::uint16_t kResultSuccess = 1;
constexpr std::uint16_t kResultFailure = 2;

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::PEAP, std::move(sentence)}; }

std::shared_ptr<const ServerConfig> inner_config(const ServerConfig& outer) {
  auto inner = std::make_shared<ServerConfig>();
  inner->methods = outer.inner.methods;
  inner->name = outer.name;
  return inner;
}

}  // namespace

Octets encode_peap_result(Code code, std::uint8_t identifier, bool success) {
  Writer data;
  data.u16(kMandatory | kResultTlv);
  data.length_prefixed(2, 0, [&](Writer& value) { value.u16(success ? kResultSuccess : kResultFailure); });
  return encode(Packet{code, identifier, kEapTlv, std::move(data).take()});
}

std::optional<bool> parse_peap_result(OctetView data) {
  Reader in(data);
  std::optional<bool> result;
  while (!in.at_end()) {
    const auto type = in.u16();
    const auto length = in.u16();
    const auto value = length ? in.octets(*length) : std::nullopt;
    if (!value) return std::nullopt;
    if ((*type & kTypeMask) != kResultTlv) continue;
    Reader status(*value);
    const auto number = status.u16();
    if (!number || !status.finish() || result) return std::nullopt;
    result = *number == kResultSuccess;
  }
  return result;
}

Octets with_header(OctetView clear, Code code, std::uint8_t identifier) {
  if (const auto packet = parse_packet(clear); packet && packet->code == code) return to_octets(clear);
  Writer out(kHeaderOctets + clear.size());
  out.u8(static_cast<std::uint8_t>(code));
  out.u8(identifier);
  out.length_prefixed(2, kHeaderOctets, [&](Writer& body) { body.octets(clear); });
  return std::move(out).take();
}

Octets without_header(OctetView packet) { return to_octets(packet.subspan(kHeaderOctets)); }

PeapServer::PeapServer(const ServerConfig& config) : eap_(inner_config(config)) {}

TunnelServerStep PeapServer::begin(const TlsSession& /*tls*/, const ServerSurroundings& surroundings) {
  return carry_out(eap_.start(surroundings));
}

TunnelServerStep PeapServer::on_acknowledgement() { return refusal(Reason::out_of_place, "the peer says nothing"); }

TunnelServerStep PeapServer::on_clear(OctetView clear, const TlsSession& /*tls*/,
                                      const ServerSurroundings& surroundings) {
  if (clear.size() > kPacketOctets - kHeaderOctets)
    return refusal(Reason::malformed, "the peer sent more than a packet");
  const auto octets = with_header(clear, Code::Response, identifier_);
  if (!ended_) return carry_out(eap_.on_response(octets, surroundings));
  const auto packet = parse_packet(octets);
  if (!packet) return refusal(Reason::malformed, "the peer sent what is no EAP packet");
  return on_result(*packet);
}

TunnelServerStep PeapServer::carry_out(ServerStep step) {
  if (auto* const send = std::get_if<Send>(&step)) {
    identifier_ = send->packet[1];
    return TunnelSay{without_header(send->packet), std::move(send->decided)};
  }
  ended_ = true;
  if (auto* const succeeded = std::get_if<ServerSucceeded>(&step)) identity_ = std::move(succeeded->identity);
  else refusal_ = std::get<ServerFailed>(std::move(step)).refusal;
  return TunnelSay{encode_peap_result(Code::Request, ++identifier_, !refusal_), refusal_};
}

TunnelServerStep PeapServer::on_result(const Packet& packet) {
  if (refusal_) return *refusal_;
  if (packet.type != kEapTlv) return refusal(Reason::out_of_place, "the peer did not answer how it ended");
  if (parse_peap_result(packet.data) != true)
    return refusal(Reason::refused_by_peer, "the peer says that it did not succeed");
  return TunnelSucceeded{identity_};
}

PeapClient::PeapClient(const ClientConfig& config) : eap_(inner_of(config)) {}

Result<Octets, Refusal> PeapClient::begin(const TlsSession& /*tls*/, const ClientSurroundings& /*surroundings*/) {
  return Octets();
}

Result<Octets, Refusal> PeapClient::on_clear(OctetView clear, const ClientSurroundings& surroundings) {
  if (clear.size() > kPacketOctets - kHeaderOctets || ended_)
    return failure(refusal(Reason::out_of_place, "the server said what has no place there"));
  const auto octets = with_header(clear, Code::Request, 0);
  const auto packet = parse_packet(octets);
  if (packet && packet->type == kEapTlv) return on_result(*packet, surroundings);
  auto step = eap_.on_packet(octets, surroundings);
  if (auto* const send = std::get_if<ClientSend>(&step)) return without_header(send->packet);
  ended_ = true;
  if (auto* const failed = std::get_if<ClientFailed>(&step)) return failure(std::move(failed->refusal));
  return failure(refusal(Reason::out_of_place, "the server ended EAP inside of the tunnel without a result"));
}

Result<Octets, Refusal> PeapClient::on_result(const Packet& packet, const ClientSurroundings& surroundings) {
  ended_ = true;
  // What the method says of it counts for more than the result.
  const auto finished =
      finish_inner(parse_peap_result(packet.data) == true ? Code::Success : Code::Failure, surroundings);
  content_ = finished.has_value();
  if (!finished) told_ = finished.error().sentence;
  return encode_peap_result(Code::Response, packet.identifier, content_);
}

Result<void, Refusal> PeapClient::finish_inner(Code code, const ClientSurroundings& surroundings) {
  auto step = eap_.on_packet(encode_result(code, 0), surroundings);
  if (auto* const failed = std::get_if<ClientFailed>(&step)) return failure(std::move(failed->refusal));
  return {};
}

Result<void, Refusal> PeapClient::on_success(const ClientSurroundings& /*surroundings*/) {
  if (content_) return {};
  return failure(
      refusal(Reason::server_not_authenticated,
              told_.empty() ? "the server sent EAP-Success before it said inside the tunnel how it ended" : told_));
}

}  // namespace keypact::eap
