// SecureChannel: an IKE SA's keys at work: seals what we send, opens what the peer sends, and traces both.
#pragma once

#include "ike/core/context.h"
#include "ike/core/protection.h"
#include "ike/v2/ike_sa_record.h"
#include "ike/v2/keys.h"

namespace keypact::ike::v2 {

/// One received message with the datagram that it came in.
struct Received {
  const Datagram& datagram;
  const wire::Message& message;
};

class SecureChannel {
 public:
  SecureChannel(IkeKeys keys, bool initiator) : keys_(std::move(keys)), initiator_(initiator) {}

  [[nodiscard]] const IkeKeys& keys() const { return keys_; }
  /// The message as octets; it is traced, but not sent.
  [[nodiscard]] Octets seal(Context& context, const IkeSaRecord& record, const wire::Header& header,
                            const std::vector<wire::Payload>& payloads);
  [[nodiscard]] Opened open(Context& context, const IkeSaRecord& record, const Received& received) const;

 private:
  IkeKeys keys_;
  bool initiator_;
  std::uint64_t sealed_ = 0;  ///< messages so far: the counter of IVs
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
