// Transmission: messages go out, again when nothing comes back, and in smaller fragments when large ones seem to vanish. RFC 7296
// §2.1, RFC 7383 §2.4, §2.5.2, §2.6.1.
#pragma once

#include "ike/v2/message_window.h"

namespace keypact::ike::v2 {

/// So often a message is sent in one size before the next smaller one is tried.
inline constexpr unsigned kTransmissionsPerSize = 4;

void send(const Context& context, const Path& path, const SealedMessage& message);

/// At the deadline of our request: sends it again, over each of the paths. False when it was sent often enough.
[[nodiscard]] bool retransmit(Context& context, const IkeSaRecord& record, const std::vector<Path>& paths,
                              SecureChannel& channel, RequestWindow& window);

/// Sends what waits for its response again, out of turn; its deadline stays.
void send_request_again(Context& context, const IkeSaRecord& record, const Path& path, const RequestWindow& window);

/// The peer's request came again, as judge() says (retransmission or refragmented): sends the response again, to where it came
/// from.
void answer_again(Context& context, const IkeSaRecord& record, SecureChannel& channel, ResponseWindow& window,
                  const Received& received);

}  // namespace keypact::ike::v2
