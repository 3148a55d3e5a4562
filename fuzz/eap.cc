// EAP: every parser of it over any octets, and a server and a client that talk while somebody between them changes what they say. What
// is accepted encodes to what it was parsed from; who both believe to have succeeded have the same key. RFC 3748.
#include "eap/avp.h"
#include "eap/mschapv2.h"
#include "eap/peap.h"
#include "eap/simaka_message.h"
#include "eap/test_conversation.h"
#include "eap/tls_fragments.h"
#include "fuzz/script.h"

namespace {

using namespace keypact;
using namespace keypact::eap;
using keypact::fuzz::require;
using keypact::fuzz::Script;

constexpr std::string_view kName = "carol";

/// Everybody has the same secret: as a password, or as K and OPc.
class OneSecret final : public SecretSource {
 public:
  [[nodiscard]] std::optional<Password> find(Method /*method*/, std::string_view identity) const override {
    if (identity != kName) return std::nullopt;
    return Password{Secret::copy_of(Octets(32, 'k')), false};
  }
};

void parse_everything(OctetView octets) {
  if (const auto packet = parse_packet(octets)) require(same_octets(encode(*packet), octets));
  if (const auto expanded = parse_expanded(octets)) require(same_octets(encode(*expanded), octets));
  if (const auto request = mschapv2::parse_request(octets)) require(same_octets(encode(*request), octets));
  if (const auto answer = mschapv2::parse_answer(octets)) require(mschapv2::parse_answer(encode(*answer)).has_value());
  if (const auto avps = parse_avps(octets)) require(parse_avps(encode(*avps)).value() == *avps);
  if (const auto message = parse_sim_aka(octets)) require(parse_sim_aka(encode(*message)).value() == *message);
  (void)parse_nak(octets);
  (void)parse_peap_result(octets);
  (void)mschapv2::parse_success(as_text(octets));
  (void)mschapv2::failure_sentence(as_text(octets));
  (void)shown(as_text(octets));
}

/// The script as the type-data of packets, each after the octet that tells its length.
void put_fragments_together(Script& script) {
  TlsFragments fragments(0, 1024);
  std::size_t taken = 0;
  while (!script.is_over()) {
    const auto data = script.octets(script.u8());
    taken += data.size();
    const auto received = fragments.receive(data);
    if (!received) return;
    require(received->flight.size() <= taken);
    if (received->kind == TlsFragments::Kind::complete) taken = 0;
  }
}

Octets changed(Octets packet, Script& script) {
  const auto what = script.is_over() ? 0 : script.u8() % 8;
  switch (what) {
    case 1:
      if (packet.size() > 5) packet[5 + script.u16() % (packet.size() - 5)] ^= static_cast<std::uint8_t>(script.u8());
      return packet;
    case 2:
      return packet.size() < 5
                 ? packet
                 : encode(Packet{Code{packet[0]}, packet[1], Method{packet[4]}, to_octets(script.octets(script.u8()))});
    case 3: return to_octets(script.octets(script.u8()));
    case 4: return encode_result(script.u8() % 2 == 0 ? Code::Success : Code::Failure, packet[1]);
    case 5:
      return packet.size() < 5
                 ? packet
                 : encode(Packet{Code{packet[0]}, packet[1], Method{static_cast<std::uint8_t>(script.u8())}, {}});
    default: return packet;
  }
}

void converse(Script& script) {
  constexpr Method kMethods[] = {Method::MD5,       Method::GTC, Method::MSCHAPV2, Method::SIM, Method::AKA,
                                 Method::AKA_PRIME, Method::TLS, Method::TTLS,     Method::PEAP};
  const auto method = kMethods[script.below(std::size(kMethods))];
  ClientConfig client{{method}, std::string(kName), {Secret::copy_of(Octets(32, 'k')), false}};
  // The client of TLS begins without a certificate; the server has none, and refuses.
  client.tls = std::make_shared<const TlsSettings>();
  Conversation both(offering({method, Method::MSCHAPV2}), std::move(client));
  both.secrets = std::make_unique<OneSecret>();
  both.between = [&](Octets packet) { return changed(std::move(packet), script); };
  both.run();
  if (!both.server_succeeded || !both.client_succeeded) return;
  require(mschapv2::without_domain(both.server_succeeded->identity) == kName);
  if (both.server_succeeded->msk && both.client_succeeded->msk)
    require(secret_equal(both.server_succeeded->msk->reveal(), both.client_succeeded->msk->reveal()));
}

/// A server that says anything to a client.
void hostile_server(Script& script) {
  ClientConfig config{{Method::TTLS, Method::PEAP, Method::AKA, Method::MSCHAPV2},
                      std::string(kName),
                      {Secret::copy_of(Octets(32, 'k')), false}};
  config.tls = std::make_shared<const TlsSettings>();
  Client client(std::make_shared<const ClientConfig>(std::move(config)));
  SeededRandom random(1);
  while (!script.is_over()) {
    const Method method{static_cast<std::uint8_t>(script.u8())};
    const auto packet = encode_request(0, method, script.octets(script.u16()));
    if (!std::holds_alternative<ClientSend>(client.on_packet(packet, {random, 1780272000}))) return;
  }
  const auto end = client.on_packet(encode_result(Code::Success, 0), {random, 1780272000});
  require(!std::holds_alternative<ClientSucceeded>(end));
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Script script(OctetView(data, size));
  switch (script.u8() % 4) {
    case 0: parse_everything(script.octets(size)); break;
    case 1: put_fragments_together(script); break;
    case 2: converse(script); break;
    default: hostile_server(script); break;
  }
  return 0;
}
