// What the messages of IKE_INTERMEDIATE add to what AUTH covers. RFC 9242 §3.3.2.
#pragma once

#include "ike/v2/keys.h"
#include "wire/message.h"

namespace keypact::ike::v2 {

/// What AUTH covers of the IKE_INTERMEDIATE exchanges so far.
class IntermediateAuth {
 public:
  /// An exchange is complete that ran under `keys`. Both messages as covered_octets() or SecureChannel::open() tell.
  void add(crypto::Library& library, const IkeKeys& keys, OctetView request, OctetView response);
  /// The message ID of the next request of the initiator.
  [[nodiscard]] std::uint32_t next_id() const { return exchanges_ + 1; }
  /// IntAuth, when IKE_AUTH comes next; empty when there was no exchange.
  [[nodiscard]] OctetView octets() const { return octets_; }

 private:
  std::uint32_t exchanges_ = 0;
  Octets initiator_;  ///< IntAuth_iN
  Octets responder_;  ///< IntAuth_rN
  Octets octets_;
};

/// What a message of our own counts with: as if it were sent whole, before encryption.
[[nodiscard]] Octets covered_octets(const wire::Header& header, const std::vector<wire::Payload>& payloads);
/// What a message counts with whose decrypted text is `text`: `datagram` is what it came in, or its first fragment.
[[nodiscard]] Octets covered_octets(OctetView datagram, const wire::EncryptedPart& part, OctetView text);

}  // namespace keypact::ike::v2
