// TlsFragments: flights of TLS as EAP packets carry them, cut and put together. RFC 5216 §2.1.5 and §3, RFC 5281 §9, and PEAP.
#pragma once

#include <string_view>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::eap {

class TlsFragments {
 public:
  /// `version` is what TTLS and PEAP write into the lowest bits of the flags.
  TlsFragments(std::uint8_t version, std::size_t fragment_octets)
      : version_(version), fragment_octets_(fragment_octets) {}

  enum class Kind : std::uint8_t {
    start,     ///< the server begins
    more,      ///< a fragment, to be acknowledged by next()
    complete,  ///< `flight` is one; empty for an acknowledgement
  };
  struct Received {
    Kind kind{};
    Octets flight;
  };
  /// The type-data of a packet; the error is a part of a sentence about who sent it.
  [[nodiscard]] Result<Received, std::string_view> receive(OctetView data);

  /// Nothing is left of the flight before it.
  void send(Octets flight);
  [[nodiscard]] bool sending() const { return !outgoing_.empty(); }
  /// The type-data of the next packet: a fragment of the flight, or an acknowledgement.
  [[nodiscard]] Octets next();
  /// The type-data of the server's first packet.
  [[nodiscard]] Octets start() const;

 private:
  std::uint8_t version_;
  std::size_t fragment_octets_;
  Octets incoming_;
  std::size_t announced_ = 0;  ///< octets of the flight that comes in, when its length was told
  bool receiving_ = false;     ///< `incoming_` is a part of a flight
  Octets outgoing_;            ///< what was not sent yet
  bool cut_ = false;           ///< the flight's first fragment went out
};

}  // namespace keypact::eap
