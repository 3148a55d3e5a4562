// The packets of EAP-MSCHAPv2: opcode, MS-CHAPv2-ID, MS-Length, and what the opcode has. Row F03: no length is taken from another.
#include <algorithm>

#include "base/reader.h"
#include "base/writer.h"
#include "eap/mschapv2.h"

namespace keypact::eap::mschapv2 {
namespace {

enum class Opcode : std::uint8_t { challenge = 1, response = 2, success = 3, failure = 4 };

constexpr std::size_t kHeaderOctets = 4;
constexpr std::uint8_t kChallengeOctets = 16;
constexpr std::uint8_t kResponseOctets = 49;
constexpr std::size_t kNameOctets = 256;  // RFC 2759 §4

struct Header {
  Opcode opcode{};
  std::uint8_t id = 0;
};

/// The MS-Length counts from the opcode on: all that came.
std::optional<Header> parse_header(Reader& in) {
  const std::size_t present = in.remaining();
  const auto opcode = in.u8();
  const auto id = in.u8();
  const auto length = in.u16();
  if (!length || *length != present) return std::nullopt;
  return Header{static_cast<Opcode>(*opcode), *id};
}

template <std::size_t Octets>
bool read(Reader& in, std::array<std::uint8_t, Octets>& out) {
  const auto octets = in.octets(Octets);
  if (octets) std::ranges::copy(*octets, out.begin());
  return octets.has_value();
}

template <class Body>
Octets encode_packet(Opcode opcode, std::uint8_t id, Body&& body) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(opcode));
  out.u8(id);
  out.length_prefixed(2, kHeaderOctets, std::forward<Body>(body));
  return std::move(out).take();
}

std::optional<ChallengePacket> parse_challenge(Reader& in, std::uint8_t id) {
  ChallengePacket packet{id, {}, {}};
  if (in.u8() != kChallengeOctets || !read(in, packet.challenge)) return std::nullopt;
  if (in.remaining() > kNameOctets) return std::nullopt;
  packet.name = as_text(in.rest());
  return packet;
}

std::optional<ResponsePacket> parse_response(Reader& in, std::uint8_t id) {
  ResponsePacket packet{id, {}, {}, {}};
  if (in.u8() != kResponseOctets || !read(in, packet.peer_challenge) || !in.skip(8) || !read(in, packet.response) ||
      !in.skip(1))
    return std::nullopt;
  if (in.remaining() > kNameOctets) return std::nullopt;
  packet.name = as_text(in.rest());
  return packet;
}

}  // namespace

std::optional<RequestPacket> parse_request(OctetView data) {
  Reader in(data);
  const auto header = parse_header(in);
  if (!header) return std::nullopt;
  switch (header->opcode) {
    case Opcode::challenge: return parse_challenge(in, header->id);
    case Opcode::success: return SuccessPacket{header->id, std::string(as_text(in.rest()))};
    case Opcode::failure: return FailurePacket{header->id, std::string(as_text(in.rest()))};
    default: return std::nullopt;
  }
}

std::optional<AnswerPacket> parse_answer(OctetView data) {
  // The acknowledgements are their opcode and nothing else; some send a whole header.
  if (!data.empty() && (data.size() == 1 || data.size() == kHeaderOctets)) {
    if (static_cast<Opcode>(data[0]) == Opcode::success) return SuccessAcknowledged{};
    if (static_cast<Opcode>(data[0]) == Opcode::failure) return FailureAcknowledged{};
    return std::nullopt;
  }
  Reader in(data);
  const auto header = parse_header(in);
  if (!header || header->opcode != Opcode::response) return std::nullopt;
  return parse_response(in, header->id);
}

Octets encode(const RequestPacket& packet) {
  if (const auto* const challenge = std::get_if<ChallengePacket>(&packet))
    return encode_packet(Opcode::challenge, challenge->id, [&](Writer& out) {
      out.u8(kChallengeOctets);
      out.octets(challenge->challenge);
      out.text(challenge->name);
    });
  if (const auto* const success = std::get_if<SuccessPacket>(&packet))
    return encode_packet(Opcode::success, success->id, [&](Writer& out) { out.text(success->message); });
  const auto& failure = std::get<FailurePacket>(packet);
  return encode_packet(Opcode::failure, failure.id, [&](Writer& out) { out.text(failure.message); });
}

Octets encode(const AnswerPacket& packet) {
  if (std::holds_alternative<SuccessAcknowledged>(packet)) return {static_cast<std::uint8_t>(Opcode::success)};
  if (std::holds_alternative<FailureAcknowledged>(packet)) return {static_cast<std::uint8_t>(Opcode::failure)};
  const auto& response = std::get<ResponsePacket>(packet);
  return encode_packet(Opcode::response, response.id, [&](Writer& out) {
    out.u8(kResponseOctets);
    out.octets(response.peer_challenge);
    out.zeros(8);
    out.octets(response.response);
    out.zeros(1);
    out.text(response.name);
  });
}

std::optional<AuthenticatorResponse> parse_success(std::string_view message) {
  constexpr std::size_t kDigits = 40;
  if (!message.starts_with("S=") || message.size() < 2 + kDigits) return std::nullopt;
  const auto digits = message.substr(2, kDigits);
  const auto octets = digits.find_first_of(" \t\r\n") == std::string_view::npos ? from_hex(digits) : std::nullopt;
  if (!octets) return std::nullopt;
  AuthenticatorResponse response{};
  std::ranges::copy(*octets, response.begin());
  return response;
}

std::string success_message(const AuthenticatorResponse& response) {
  std::string digits = to_hex(OctetView(response));
  // RFC 2759 §5: in upper case.
  for (char& c : digits)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  return "S=" + digits + " M=Authenticated";
}

std::string failure_sentence(std::string_view message) {
  struct Known {
    std::string_view code;
    std::string_view sentence;
  };
  static constexpr Known kKnown[] = {
      {"646", "the account may not be used at this hour"},
      {"647", "the account is disabled"},
      {"648", "the password has expired"},
      {"649", "the account may not dial in"},
      {"691", "the name or the password is wrong"},
      {"709", "the password could not be changed"},
  };
  const auto code = message.starts_with("E=") ? message.substr(2, message.find(' ') - 2) : std::string_view();
  const auto known = std::ranges::find(kKnown, code, &Known::code);
  return known != std::end(kKnown) ? std::string(known->sentence) + " (E=" + std::string(code) + ")"
                                   : "it does not say why";
}

}  // namespace keypact::eap::mschapv2
