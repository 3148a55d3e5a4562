// What the codecs of the single payloads share, internal to wire: the reader over one payload body, and the pair of
// functions that each <name>_payload.cc provides.
#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "wire/parse_error.h"
#include "wire/payload.h"

namespace keypact::wire {

/// Reads one payload body or a substructure of it. A read beyond the end is an error with the code given at construction;
/// RESERVED fields are skipped, and remembered when they were not zero (RFC 7296 §2.5).
class BodyReader {
 public:
  struct Place {
    PayloadType payload = PayloadType::None;
    std::size_t offset = 0;  ///< of the octets' first one
    ParseErrorCode when_short = ParseErrorCode::payload_truncated;
    bool* reserved_bits_set = nullptr;
  };
  BodyReader(OctetView octets, const Place& place) : reader_(octets), place_(place) {}

  [[nodiscard]] PayloadType payload() const { return place_.payload; }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }
  [[nodiscard]] bool at_end() const { return reader_.at_end(); }

  [[nodiscard]] Parsed<std::uint8_t> u8() { return or_short(reader_.u8()); }
  [[nodiscard]] Parsed<std::uint16_t> u16() { return or_short(reader_.u16()); }
  [[nodiscard]] Parsed<std::uint32_t> u32() { return or_short(reader_.u32()); }
  [[nodiscard]] Parsed<OctetView> octets(std::size_t count) { return or_short(reader_.octets(count)); }
  [[nodiscard]] OctetView rest() { return reader_.rest(); }
  [[nodiscard]] Parsed<void> reserved(std::size_t count) {
    const auto skipped = reader_.octets(count);
    if (!skipped) return error(place_.when_short);
    for (const auto octet : *skipped) reserved_bits(octet);
    return {};
  }
  /// RESERVED bits that share an octet with other fields.
  void reserved_bits(unsigned bits) {
    if (bits != 0) *place_.reserved_bits_set = true;
  }

  /// A reader over the next `count` octets alone, whose errors have the code `when_short`.
  [[nodiscard]] Parsed<BodyReader> part(std::size_t count, ParseErrorCode when_short);

  /// An error at the next octet.
  [[nodiscard]] std::unexpected<ParseError> error(ParseErrorCode code) const;

 private:
  template <class T>
  Parsed<T> or_short(const std::optional<T>& value) const {
    if (!value) return error(place_.when_short);
    return *value;
  }

  Reader reader_;
  Place place_;
};

[[nodiscard]] Parsed<SaPayload> parse_sa(BodyReader& in);
[[nodiscard]] Parsed<KePayload> parse_ke(BodyReader& in);
[[nodiscard]] Parsed<IdPayload> parse_id(BodyReader& in);
[[nodiscard]] Parsed<CertPayload> parse_cert(BodyReader& in);
[[nodiscard]] Parsed<CertreqPayload> parse_certreq(BodyReader& in);
[[nodiscard]] Parsed<AuthPayload> parse_auth(BodyReader& in);
[[nodiscard]] Parsed<NoncePayload> parse_nonce(BodyReader& in);
[[nodiscard]] Parsed<NotifyPayload> parse_notify(BodyReader& in);
[[nodiscard]] Parsed<DeletePayload> parse_delete(BodyReader& in);
[[nodiscard]] Parsed<VendorIdPayload> parse_vendor_id(BodyReader& in);
[[nodiscard]] Parsed<TsPayload> parse_ts(BodyReader& in);
[[nodiscard]] Parsed<CpPayload> parse_cp(BodyReader& in);
[[nodiscard]] Parsed<EapPayload> parse_eap(BodyReader& in);
[[nodiscard]] Parsed<UnknownPayload> parse_unknown(BodyReader& in);

void encode(Writer& out, const SaPayload& payload);
void encode(Writer& out, const KePayload& payload);
void encode(Writer& out, const IdPayload& payload);
void encode(Writer& out, const CertPayload& payload);
void encode(Writer& out, const CertreqPayload& payload);
void encode(Writer& out, const AuthPayload& payload);
void encode(Writer& out, const NoncePayload& payload);
void encode(Writer& out, const NotifyPayload& payload);
void encode(Writer& out, const DeletePayload& payload);
void encode(Writer& out, const VendorIdPayload& payload);
void encode(Writer& out, const TsPayload& payload);
void encode(Writer& out, const CpPayload& payload);
void encode(Writer& out, const EapPayload& payload);
void encode(Writer& out, const UnknownPayload& payload);

/// Any payload's body, by its type; a type that we do not process becomes an UnknownPayload.
[[nodiscard]] Parsed<PayloadBody> parse_payload_body(BodyReader& in);
/// RFC 7296 §2.5: the types whose critical bit means nothing, because we understand them.
[[nodiscard]] bool is_understood(PayloadType type);
void encode_payload_body(Writer& out, const PayloadBody& body);

}  // namespace keypact::wire
