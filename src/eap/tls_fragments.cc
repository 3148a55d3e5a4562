#include "eap/tls_fragments.h"

#include <algorithm>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

namespace keypact::eap {
namespace {

constexpr std::uint8_t kLengthIncluded = 0x80;
constexpr std::uint8_t kMoreFragments = 0x40;
constexpr std::uint8_t kStart = 0x20;

}  // namespace

Result<TlsFragments::Received, std::string_view> TlsFragments::receive(OctetView data) {
  Reader in(data);
  // RFC 5216 §3.1: the flags are always there; some acknowledge without.
  const std::uint8_t flags = in.u8().value_or(0);
  if ((flags & kStart) != 0) {
    if (receiving_) return failure(std::string_view("sent a start in the middle of a flight"));
    return Received{Kind::start, {}};
  }
  const bool more = (flags & kMoreFragments) != 0;
  if ((flags & kLengthIncluded) != 0) {
    const auto length = in.u32();
    if (!length) return failure(std::string_view("sent a TLS message length of less than four octets"));
    // Row F12: bounded before anything is kept.
    if (*length > limits::kEapTlsOctets)
      return failure(std::string_view("announced more than 64 KiB of TLS in one flight"));
    if (receiving_ && announced_ != 0 && announced_ != *length)
      return failure(std::string_view("announced two lengths for one flight of TLS"));
    announced_ = *length;
  }
  const auto fragment = in.rest();
  if (more && fragment.empty()) return failure(std::string_view("sent a fragment of TLS without octets"));
  if (incoming_.size() + fragment.size() > (announced_ != 0 ? announced_ : limits::kEapTlsOctets))
    return failure(std::string_view(announced_ != 0 ? "sent more of a flight of TLS than it announced"
                                                    : "sent more than 64 KiB of TLS in one flight"));
  append(incoming_, fragment);
  receiving_ = more;
  if (more) return Received{Kind::more, {}};
  if (announced_ != 0 && incoming_.size() != announced_)
    return failure(std::string_view("sent less of a flight of TLS than it announced"));
  announced_ = 0;
  return Received{Kind::complete, std::exchange(incoming_, {})};
}

void TlsFragments::send(Octets flight) {
  CHECK(!sending());
  outgoing_ = std::move(flight);
  cut_ = false;
}

Octets TlsFragments::next() {
  const std::size_t count = std::min(outgoing_.size(), fragment_octets_);
  const bool more = count < outgoing_.size();
  Writer out(5 + count);
  // RFC 5216 §3.1, RFC 9190 §2.1.9: the length is told in the first one of several, and not in one that is alone.
  const bool first = more && !cut_;
  out.u8(static_cast<std::uint8_t>(version_ | (more ? kMoreFragments : 0) | (first ? kLengthIncluded : 0)));
  if (first) out.u32(static_cast<std::uint32_t>(outgoing_.size()));
  out.octets(OctetView(outgoing_).first(count));
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(count));
  cut_ = more;
  return std::move(out).take();
}

Octets TlsFragments::start() const { return {static_cast<std::uint8_t>(kStart | version_)}; }

}  // namespace keypact::eap
