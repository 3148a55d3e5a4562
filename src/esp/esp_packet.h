// One ESP packet: SPI, sequence number, IV, encrypted payload with padding and trailer, ICV. RFC 4303 §2, §3.3, §3.4.4. The keys
// and the algorithms are crypto's; sequence numbers and replay are the caller's.
#pragma once

#include <expected>
#include <optional>
#include <variant>

#include "esp/drop_reason.h"
#include "esp/multi_buffer.h"
#include "proto/spi.h"

namespace keypact::esp {

/// SPI and sequence number, RFC 4303 §2.1, §2.2.
inline constexpr std::size_t kEspHeaderOctets = 8;

/// Next Header numbers that ESP itself knows. RFC 4303 §2.6.
inline constexpr std::uint8_t kNextHeaderIpv4 = 4;
inline constexpr std::uint8_t kNextHeaderIpv6 = 41;
inline constexpr std::uint8_t kNextHeaderNone = 59;

/// Where things stand in the packets of one SA.
class EspFormat {
 public:
  /// Nothing for algorithms that cannot protect ESP: unknown, or encryption without integrity.
  [[nodiscard]] static std::optional<EspFormat> of(const PacketAlgorithms& algorithms, bool esn);

  /// Octets of the ESP packet around a payload of `payload` octets.
  [[nodiscard]] std::size_t sealed_octets(std::size_t payload) const {
    return kEspHeaderOctets + iv_ + text_octets(payload) + icv_;
  }
  /// The largest payload whose ESP packet has at most `room` octets; 0 when there is none.
  [[nodiscard]] std::size_t largest_payload(std::size_t room) const;

  [[nodiscard]] const PacketAlgorithms& algorithms() const { return algorithms_; }
  [[nodiscard]] bool esn() const { return esn_; }
  [[nodiscard]] bool aead() const { return aead_; }
  [[nodiscard]] std::size_t iv() const { return iv_; }
  [[nodiscard]] std::size_t block() const { return block_; }
  [[nodiscard]] std::size_t icv() const { return icv_; }
  /// Payload, padding and trailer: a multiple of the block and, RFC 4303 §2.4, of 4.
  [[nodiscard]] std::size_t text_octets(std::size_t payload) const {
    return (payload + 2 + alignment_ - 1) & ~(alignment_ - 1);
  }

 private:
  EspFormat() = default;

  PacketAlgorithms algorithms_;
  std::size_t iv_ = 0;
  std::size_t icv_ = 0;
  std::size_t block_ = 1;
  std::size_t alignment_ = 4;  ///< a power of two
  bool aead_ = false;
  bool esn_ = false;
};

/// The outbound keys of an SA.
class EspSealer {
 public:
  /// `keys` fit `format`. `multi_buffer` may be null; else it outlives this object.
  EspSealer(crypto::Library& library, const MultiBuffer* multi_buffer, const PacketKeys& keys, const EspFormat& format,
            EspSpi spi);

  [[nodiscard]] const EspFormat& format() const { return format_; }
  [[nodiscard]] EspSpi spi() const { return spi_; }

  /// Writes the whole packet; `out` has format().sealed_octets(payload.size()) octets and does not overlap `payload`. No
  /// `sequence` may be used twice: the IVs of counter modes are made of it.
  void seal(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, RandomSource& random,
            MutableOctets out);
  /// As above with a given IV of format().iv() octets, for published examples.
  void seal_with_iv(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, OctetView iv,
                    MutableOctets out);

 private:
  void finish(std::uint64_t sequence, std::uint8_t next_header, OctetView payload, MutableOctets out);

  EspFormat format_;
  EspSpi spi_;
  std::variant<crypto::PacketSealer, MultiBufferKey> cipher_;
};

/// What an ESP packet carried.
struct OpenedEsp {
  std::uint8_t next_header = 0;
  MutableOctets payload;  ///< within the packet; TFC padding may be at its end
};

/// SPI and transmitted sequence number; nothing when the packet is too short for them.
struct EspHeader {
  EspSpi spi;
  std::uint32_t sequence = 0;
  [[nodiscard]] static std::optional<EspHeader> of(OctetView packet);
};

/// The inbound keys of an SA.
class EspOpener {
 public:
  /// As EspSealer.
  EspOpener(crypto::Library& library, const MultiBuffer* multi_buffer, const PacketKeys& keys, const EspFormat& format,
            EspSpi spi);

  [[nodiscard]] const EspFormat& format() const { return format_; }
  [[nodiscard]] EspSpi spi() const { return spi_; }

  /// A size that a packet of this SA can have. RFC 4303 §3.4.4.1.
  [[nodiscard]] bool accepts_size(std::size_t octets) const;
  /// Verifies and decrypts in place a packet whose size is accepted; `sequence` is the whole number. After false the packet's
  /// octets are of no use.
  [[nodiscard]] bool open(std::uint64_t sequence, MutableOctets packet);
  /// Takes padding and trailer off a packet that open() decrypted. RFC 4303 §2.4.
  [[nodiscard]] std::expected<OpenedEsp, DropReason> take_off_trailer(MutableOctets packet) const;

 private:
  [[nodiscard]] MutableOctets text_of(MutableOctets packet) const;

  EspFormat format_;
  EspSpi spi_;
  std::variant<crypto::PacketOpener, MultiBufferKey> cipher_;
};

}  // namespace keypact::esp
