// SecureChannel: an IKE SA's keys at work: seals what we send, whole or in fragments, opens what the peer sends and puts its
// fragments together, and traces both. RFC 7296 §3.14, RFC 7383.
#pragma once

#include "ike/core/context.h"
#include "ike/core/fragmentation.h"
#include "ike/core/reassembly.h"
#include "ike/v2/ike_sa_record.h"
#include "ike/v2/keys.h"

namespace keypact::ike::v2 {

/// One received message with the datagram that it came in.
struct Received {
  const Datagram& datagram;
  const wire::Message& message;
};

/// One message as it goes out: itself, or its fragments in order.
struct SealedMessage {
  std::vector<Octets> datagrams;
  [[nodiscard]] bool empty() const { return datagrams.empty(); }
  [[nodiscard]] std::size_t largest() const;
};

class SecureChannel {
 public:
  SecureChannel(IkeKeys keys, bool initiator, FragmentationUse fragmentation = {})
      : keys_(std::move(keys)), fragmentation_(fragmentation), initiator_(initiator) {}

  [[nodiscard]] const IkeKeys& keys() const { return keys_; }
  /// What the two ends agreed on; for an IKE SA that rekeys this one.
  [[nodiscard]] const FragmentationUse& fragmentation() const { return fragmentation_; }
  /// An additional key exchange made new ones (RFC 9370 §2.2.2): they hold from the next message on.
  void set_keys(IkeKeys keys) { keys_ = std::move(keys); }
  /// The same; what can be sealed again under the keys before goes through the channel that this gives. No IV is used by both.
  [[nodiscard]] SecureChannel succeed(IkeKeys keys);
  /// A post-quantum preshared key is in use: what it is mixed into. What protects messages stays (RFC 8784 §3).
  void take(PpkKeys mixed) {
    keys_.d = std::move(mixed.d);
    keys_.pi = std::move(mixed.pi);
    keys_.pr = std::move(mixed.pr);
  }
  /// What was found out about the path holds no more.
  void forget_path() { fragmentation_.threshold = 0; }
  void send_fragments(bool wanted) { fragmentation_.send = fragmentation_.negotiated && wanted; }

  /// The message as it is to be sent; it is traced, but not sent.
  [[nodiscard]] SealedMessage seal(Context& context, const IkeSaRecord& record, const wire::Header& header,
                                   const std::vector<wire::Payload>& payloads);
  /// Seals a message again in more and smaller fragments, now and for all later messages. False: it stays as it is, since it is
  /// small enough, or nothing smaller is allowed. RFC 7383 §2.5.2.
  [[nodiscard]] bool shrink(Context& context, const IkeSaRecord& record, SealedMessage& message);
  /// The same for a response, when the first fragment of its request has come again and is smaller than our own fragments.
  [[nodiscard]] bool shrink_like(Context& context, const IkeSaRecord& record, SealedMessage& message,
                                 const Received& received);

  /// `most_octets`: what a message in fragments may add up to.
  [[nodiscard]] Opened open(Context& context, const IkeSaRecord& record, const Received& received,
                            std::size_t most_octets = limits::kReassembledOctets);
  /// Nothing is stored, whatever it is.
  [[nodiscard]] bool is_authentic(Context& context, const Received& received) const;
  /// By what a retransmission of the request that was opened last is known: its datagram, or that of its first fragment.
  [[nodiscard]] Octets identity_of(const Received& received);
  /// A part of the response to this request has come: the path carries our fragments.
  [[nodiscard]] bool has_part_of_response(std::uint32_t message_id) const;

  /// When incomplete messages must be forgotten, if there are any.
  [[nodiscard]] std::optional<Instant> deadline() const;
  void on_deadline(Context& context);

 private:
  [[nodiscard]] SealedMessage seal_parts(Context& context, const wire::Header& header,
                                         const std::vector<ProtectedPart>& parts);
  [[nodiscard]] bool reseal(Context& context, const IkeSaRecord& record, SealedMessage& message, std::size_t threshold);
  [[nodiscard]] Opened open_fragment(Context& context, const IkeSaRecord& record, const Received& received,
                                     std::size_t most_octets);
  [[nodiscard]] Opened put_together(Context& context, const IkeSaRecord& record, const Received& received);
  /// Octets of the largest IP packets that we send.
  [[nodiscard]] std::size_t threshold(const Context& context, const Envelope& envelope) const;
  [[nodiscard]] const PacketKeys& our_keys() const { return initiator_ ? keys_.initiator : keys_.responder; }
  [[nodiscard]] const PacketKeys& peer_keys() const { return initiator_ ? keys_.responder : keys_.initiator; }

  IkeKeys keys_;
  FragmentationUse fragmentation_;
  bool initiator_;
  std::uint64_t sealed_ = 0;  ///< messages so far: the counter of IVs
  Reassembly requests_;
  Reassembly responses_;
  Octets first_fragment_;  ///< of the request that was put together last, until it is asked for
};

/// Emits IkeKeysDerived, where key export was asked for at start.
void export_ike_keys(const Context& context, const IkeSaRecord& record, const IkeKeys& keys);

/// Emits MessageTraced when somebody traces. `inner` are the payloads inside SK, nullptr for a message in clear.
void trace_message(const Context& context, IkeSaId ike_sa, bool sent, const wire::Message& message,
                   const std::vector<wire::Payload>* inner, std::size_t octets);
void trace_sent_in_clear(const Context& context, IkeSaId ike_sa, const wire::Header& header,
                         const std::vector<wire::Payload>& payloads, std::size_t octets);
void trace_retransmission(const Context& context, IkeSaId ike_sa, OctetView message, unsigned retransmission);

}  // namespace keypact::ike::v2
