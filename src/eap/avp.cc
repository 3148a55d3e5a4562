#include "eap/avp.h"

#include <algorithm>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

namespace keypact::eap {
namespace {

constexpr std::uint8_t kVendor = 0x80;
constexpr std::uint8_t kMandatory = 0x40;

std::size_t padding(std::size_t octets) { return (4 - octets % 4) % 4; }

}  // namespace

Avp avp(AvpCode code, OctetView data) { return {static_cast<std::uint32_t>(code), 0, true, to_octets(data)}; }
Avp avp(MicrosoftAvpCode code, OctetView data) {
  return {static_cast<std::uint32_t>(code), kMicrosoft, true, to_octets(data)};
}

Result<std::vector<Avp>, std::string_view> parse_avps(OctetView octets) {
  Reader in(octets);
  std::vector<Avp> avps;
  while (!in.at_end()) {
    if (avps.size() == limits::kEapAvps) return failure(std::string_view("more AVPs than we take in one message"));
    const std::size_t begin = in.position();
    const auto code = in.u32();
    const auto flags_and_length = in.u32();
    if (!flags_and_length) return failure(std::string_view("an AVP that is shorter than its header"));
    Avp one{*code, 0, (*flags_and_length >> 24 & kMandatory) != 0, {}};
    if ((*flags_and_length >> 24 & kVendor) != 0) {
      const auto vendor = in.u32();
      if (!vendor) return failure(std::string_view("an AVP that is shorter than its header"));
      one.vendor = *vendor;
    }
    // Row F04: the length counts the header, which may not be taken off it unseen.
    const std::size_t length = *flags_and_length & 0xffffff;
    const std::size_t header = in.position() - begin;
    if (length < header) return failure(std::string_view("an AVP whose length is less than its header"));
    const auto data = in.octets(length - header);
    if (!data) return failure(std::string_view("an AVP that is longer than what came"));
    one.data = to_octets(*data);
    // hostapd leaves the padding of the last one away.
    CHECK(in.skip(std::min(padding(length), in.remaining())));
    avps.push_back(std::move(one));
  }
  return avps;
}

Octets encode(const std::vector<Avp>& avps) {
  Writer out;
  for (const auto& one : avps) {
    const bool vendor = one.vendor != 0;
    const std::size_t length = (vendor ? 12 : 8) + one.data.size();
    out.u32(one.code);
    out.u32(std::uint32_t{one.mandatory ? kMandatory : std::uint8_t{0}} << 24 |
            std::uint32_t{vendor ? kVendor : std::uint8_t{0}} << 24 | static_cast<std::uint32_t>(length));
    if (vendor) out.u32(one.vendor);
    out.octets(one.data);
    out.zeros(padding(length));
  }
  return std::move(out).take();
}

std::optional<Octets> eap_message(const std::vector<Avp>& avps) {
  std::optional<Octets> message;
  for (const auto& one : avps) {
    if (!one.is(AvpCode::EAP_Message)) continue;
    if (!message) message.emplace();
    append(*message, one.data);
  }
  return message;
}

}  // namespace keypact::eap
