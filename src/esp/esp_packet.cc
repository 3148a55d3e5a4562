#include "esp/esp_packet.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "esp/byte_order.h"

namespace keypact::esp {
namespace {

/// What the ICV covers besides IV and text. An AEAD takes SPI and the whole number in front (RFC 4106 §5, RFC 7634 §2.1); a
/// separate MAC takes the transmitted header in front and the upper half behind (RFC 4303 §2.2.1).
struct Covered {
  Covered(const EspFormat& format, EspSpi spi, std::uint64_t sequence) {
    store32(std::span(octets).subspan<0, 4>(), spi.value);
    const auto high = static_cast<std::uint32_t>(sequence >> 32);
    const auto low = static_cast<std::uint32_t>(sequence);
    const bool high_in_front = format.esn() && format.aead();
    store32(std::span(octets).subspan<4, 4>(), high_in_front ? high : low);
    store32(std::span(octets).subspan<8, 4>(), high_in_front ? low : high);
    const OctetView all(octets);
    associated = all.first(high_in_front ? 12 : 8);
    if (format.esn() && !format.aead()) suffix = all.subspan(8, 4);
  }
  Covered(const Covered&) = delete;
  Covered& operator=(const Covered&) = delete;

  std::array<std::uint8_t, 12> octets{};
  OctetView associated;
  OctetView suffix;
};

/// RFC 4303 §2.4: 1, 2, 3, ...
constexpr auto kPadding = [] {
  std::array<std::uint8_t, 255> padding{};
  for (std::size_t i = 0; i < padding.size(); ++i) padding[i] = static_cast<std::uint8_t>(i + 1);
  return padding;
}();

template <class OpenSsl>
std::variant<OpenSsl, MultiBufferKey> choose_cipher(crypto::Library& library, const MultiBuffer* multi_buffer,
                                                    const PacketKeys& keys) {
  if (multi_buffer != nullptr) {
    if (auto key = multi_buffer->key(keys)) return std::move(*key);
  }
  return OpenSsl(library, keys);
}

}  // namespace

std::optional<EspFormat> EspFormat::of(const PacketAlgorithms& algorithms, bool esn) {
  const auto sizes = crypto::packet_sizes(algorithms);
  if (sizes.icv == 0) return std::nullopt;
  EspFormat format;
  format.algorithms_ = algorithms;
  format.iv_ = sizes.iv;
  format.icv_ = sizes.icv;
  format.block_ = sizes.block;
  format.alignment_ = std::max<std::size_t>(sizes.block, 4);
  format.aead_ = algorithms.integrity == IntegrityId::NONE;
  format.esn_ = esn;
  return format;
}

std::size_t EspFormat::largest_payload(std::size_t room) const {
  const std::size_t around = kEspHeaderOctets + iv_ + icv_;
  if (room < around + alignment_) return 0;
  return ((room - around) & ~(alignment_ - 1)) - 2;
}

EspSealer::EspSealer(crypto::Library& library, const MultiBuffer* multi_buffer, const PacketKeys& keys,
                     const EspFormat& format, EspSpi spi)
    : format_(format), spi_(spi), cipher_(choose_cipher<crypto::PacketSealer>(library, multi_buffer, keys)) {}

void EspSealer::seal(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, RandomSource& random,
                     MutableOctets out) {
  CHECK(out.size() == format_.sealed_octets(payload.size()));
  crypto::make_iv(format_.algorithms(), sequence, random, out.subspan(kEspHeaderOctets, format_.iv()));
  finish(sequence, next_header, payload, out);
}

void EspSealer::seal_with_iv(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, OctetView iv,
                             MutableOctets out) {
  CHECK(out.size() == format_.sealed_octets(payload.size()) && iv.size() == format_.iv());
  std::ranges::copy(iv, out.subspan(kEspHeaderOctets).begin());
  finish(sequence, next_header, payload, out);
}

void EspSealer::finish(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, MutableOctets out) {
  store32(out.subspan<0, 4>(), spi_.value);
  store32(out.subspan<4, 4>(), static_cast<std::uint32_t>(sequence));
  const auto iv = out.subspan(kEspHeaderOctets, format_.iv());
  const auto text = out.subspan(kEspHeaderOctets + format_.iv(), format_.text_octets(payload.size()));
  const auto padding = text.subspan(payload.size(), text.size() - payload.size() - 2);
  if (!payload.empty()) std::memcpy(text.data(), payload.data(), payload.size());
  std::memcpy(padding.data(), kPadding.data(), padding.size());
  text[text.size() - 2] = static_cast<std::uint8_t>(padding.size());
  text[text.size() - 1] = next_header;
  const Covered covered(format_, spi_, sequence);
  const crypto::PacketView view{covered.associated, iv, text, covered.suffix};
  std::visit([&](auto& cipher) { cipher.seal(view, out.last(format_.icv())); }, cipher_);
}

std::optional<EspHeader> EspHeader::of(OctetView packet) {
  if (packet.size() < kEspHeaderOctets) return std::nullopt;
  return EspHeader{{load32(packet.subspan<0, 4>())}, load32(packet.subspan<4, 4>())};
}

EspOpener::EspOpener(crypto::Library& library, const MultiBuffer* multi_buffer, const PacketKeys& keys,
                     const EspFormat& format, EspSpi spi)
    : format_(format), spi_(spi), cipher_(choose_cipher<crypto::PacketOpener>(library, multi_buffer, keys)) {}

bool EspOpener::accepts_size(std::size_t octets) const {
  const std::size_t around = kEspHeaderOctets + format_.iv() + format_.icv();
  if (octets < around + 2) return false;
  return (octets - around) % format_.block() == 0;
}

MutableOctets EspOpener::text_of(MutableOctets packet) const {
  return packet.first(packet.size() - format_.icv()).subspan(kEspHeaderOctets + format_.iv());
}

bool EspOpener::open(std::uint64_t sequence, MutableOctets packet) {
  CHECK(accepts_size(packet.size()));
  const Covered covered(format_, spi_, sequence);
  const auto iv = packet.subspan(kEspHeaderOctets, format_.iv());
  const crypto::PacketView view{covered.associated, iv, text_of(packet), covered.suffix};
  return std::visit([&](auto& cipher) { return cipher.open(view, packet.last(format_.icv())); }, cipher_);
}

std::expected<OpenedEsp, DropReason> EspOpener::take_off_trailer(MutableOctets packet) const {
  const auto text = text_of(packet);
  const std::size_t padding = text[text.size() - 2];
  if (padding > text.size() - 2) return std::unexpected(DropReason::padding);
  const auto payload = text.first(text.size() - 2 - padding);
  // RFC 4303 §2.4: the receiver inspects the padding, all of our algorithms use the default scheme.
  if (std::memcmp(text.data() + payload.size(), kPadding.data(), padding) != 0) {
    return std::unexpected(DropReason::padding);
  }
  return OpenedEsp{text.back(), payload};
}

}  // namespace keypact::esp
