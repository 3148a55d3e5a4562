#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {

void send(const Context& context, const Path& path, const SealedMessage& message) {
  for (const auto& datagram : message.datagrams) context.send({path.local, path.remote, datagram});
}

void send_request_again(Context& context, const IkeSaRecord& record, const Path& path, const RequestWindow& window) {
  const auto* request = window.outstanding();
  if (request == nullptr) return;
  ++context.counters.retransmissions_sent;
  for (const auto& datagram : request->datagrams)
    trace_retransmission(context, record.id, datagram, window.transmissions());
  send(context, path, *request);
}

bool retransmit(Context& context, const IkeSaRecord& record, const std::vector<Path>& paths, SecureChannel& channel,
                RequestWindow& window) {
  const auto size_was_tried = window.transmissions_of_this_size() >= kTransmissionsPerSize;
  auto* request = window.retransmit(context.now);
  if (request == nullptr) return false;
  ++context.counters.retransmissions_sent;
  // When a part of the response is here, the path carries our size, and what is missing was lost.
  const bool seems_to_vanish = size_was_tried && !channel.has_part_of_response(window.next_id() - 1);
  if (seems_to_vanish && channel.shrink(context, record, *request)) {
    window.restart(context.now);
  } else {
    for (const auto& datagram : request->datagrams)
      trace_retransmission(context, record.id, datagram, window.transmissions() - 1);
  }
  for (const auto& path : paths) send(context, path, *request);
  return true;
}

void answer_again(Context& context, const IkeSaRecord& record, SecureChannel& channel, ResponseWindow& window,
                  const Received& received) {
  auto& response = window.response();
  const auto& datagram = received.datagram;
  bool smaller = false;
  if (window.judge(received.message, datagram.octets) == ResponseWindow::Verdict::refragmented) {
    if (!channel.is_authentic(context, received)) {
      ++context.counters.not_authentic;
      return;
    }
    // RFC 7383 §2.5.1: the size of the fragments that come is a measure for those that go.
    smaller = channel.shrink_like(context, record, response, received);
  } else if (window.repeated() >= kTransmissionsPerSize) {
    // RFC 7383 §2.4: a request that comes again and again tells that its response does not get through.
    smaller = channel.shrink(context, record, response);
  }
  if (smaller) window.refragmented();
  ++context.counters.retransmissions_answered;
  for (const auto& octets : response.datagrams) {
    if (!smaller) trace_retransmission(context, record.id, octets, 1);
    context.send({datagram.local, datagram.remote, octets});
  }
}

}  // namespace keypact::ike::v2
