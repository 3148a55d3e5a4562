#include "radius/client.h"

#include <algorithm>

namespace keypact::radius {
namespace {

/// RFC 5080: each wait is twice as long as the one before. After 7 seconds a server is silent.
constexpr Duration kFirstWait = seconds(1);
constexpr unsigned kTransmissions = 3;
/// What one question may take in all: an IKE SA that is half open lives for 30 seconds.
constexpr Duration kPatience = seconds(20);
/// So long a server that was silent is asked behind all others.
constexpr Duration kSilence = seconds(60);
/// Identifiers have 8 bits.
constexpr std::size_t kOutstanding = 256;

bool is_answer(Code code) {
  return code == Code::Access_Accept || code == Code::Access_Reject || code == Code::Access_Challenge;
}

}  // namespace

void Client::ask(Instant now, std::uint64_t number, Question question, const std::vector<ServerPtr>& servers) {
  Waiting waiting;
  waiting.untried = question.server ? std::vector{question.server} : servers;
  std::ranges::stable_partition(waiting.untried, [&](const ServerPtr& server) {
    const auto known = peers_.find(server);
    return known == peers_.end() || known->second.silent_until <= now;
  });
  waiting.question = std::move(question);
  waiting.gives_up = now + kPatience;
  waiting_.insert_or_assign(number, std::move(waiting));
  try_next(now, number);
}

void Client::try_next(Instant now, std::uint64_t number) {
  auto& waiting = waiting_.at(number);
  while (!waiting.untried.empty() && now < waiting.gives_up) {
    waiting.server = waiting.untried.front();
    waiting.untried.erase(waiting.untried.begin());
    if (send_first(now, number, waiting)) return;
  }
  std::string sentence;
  for (const auto& each : waiting.silent) sentence += (sentence.empty() ? "" : "; ") + each;
  finish(number, Unanswered{sentence.empty()
                                ? "no RADIUS server is configured: add radius { NAME { address = ... secret = ... } }"
                                : std::move(sentence)});
}

bool Client::send_first(Instant now, std::uint64_t number, Waiting& waiting) {
  auto& peer = peers_[waiting.server];
  if (peer.asked.size() >= kOutstanding) {
    waiting.silent.push_back("the RADIUS server " + waiting.server->to_string() + " has " +
                             std::to_string(kOutstanding) + " requests of ours to answer already");
    return false;
  }
  while (peer.asked.contains(++peer.last_identifier)) continue;
  waiting.identifier = peer.last_identifier;
  random_.fill(waiting.authenticator);
  Packet packet{Code::Access_Request, waiting.identifier, waiting.authenticator, waiting.question.attributes};
  packet.attributes.push_back({Type::NAS_Identifier, to_octets(as_octets(waiting.server->nas_identifier))});
  auto octets = sign_access_request(std::move(packet), waiting.server->secret.reveal());
  if (!octets) {
    waiting.silent.emplace_back("what the peer sent does not fit into an Access-Request of 4096 octets (RFC 2865 §3)");
    return false;
  }
  peer.asked.emplace(waiting.identifier, number);
  waiting.packet = std::move(*octets);
  waiting.sent = 0;
  waiting.refused.clear();
  transmit(now, waiting);
  return true;
}

void Client::transmit(Instant now, Waiting& waiting) {
  waiting.next = std::min(now + kFirstWait * (1U << waiting.sent), waiting.gives_up);
  ++waiting.sent;
  outputs_.emplace_back(Transmit{waiting.server, waiting.packet});
}

void Client::leave(const Waiting& waiting) {
  if (waiting.server) peers_[waiting.server].asked.erase(waiting.identifier);
}

void Client::finish(std::uint64_t number, Outcome outcome) {
  waiting_.erase(number);
  outputs_.emplace_back(Finished{number, std::move(outcome)});
}

void Client::on_datagram(Instant now, const ServerPtr& server, OctetView octets) {
  const auto peer = peers_.find(server);
  auto packet = parse_packet(octets);
  if (peer == peers_.end() || !packet || !is_answer(packet->code)) return;
  const auto asked = peer->second.asked.find(packet->identifier);
  if (asked == peer->second.asked.end()) return;
  const auto number = asked->second;
  auto& waiting = waiting_.at(number);
  // RFC 2865 §3: what is not authentic is dropped without a word, and the answer may still come.
  const auto verdict = verify_answer(*packet, waiting.authenticator, server->secret.reveal());
  if (!verdict) {
    waiting.refused = sentence(verdict.error());
    return;
  }
  auto keys = mppe_keys(packet->attributes, waiting.authenticator, server->secret.reveal());
  peer->second.silent_until = now;
  leave(waiting);
  finish(number, Answer{server, packet->code, std::move(packet->attributes), std::move(keys)});
}

void Client::on_deadline(Instant now) {
  std::vector<std::uint64_t> due;
  for (const auto& [number, waiting] : waiting_)
    if (waiting.next <= now) due.push_back(number);
  for (const auto number : due) {
    auto& waiting = waiting_.at(number);
    if (waiting.sent < kTransmissions && now < waiting.gives_up) {
      transmit(now, waiting);
      continue;
    }
    leave(waiting);
    peers_[waiting.server].silent_until = now + kSilence;
    const auto who = "the RADIUS server " + waiting.server->to_string();
    waiting.silent.push_back(waiting.refused.empty() ? who +
                                                           " does not answer: is it reached there, does it know this "
                                                           "gateway as a client, and with the same secret? "
                                                           "It is silent to others (RFC 2865 §3)"
                                                     : who + " sends no answer that is authentic: " + waiting.refused +
                                                           "; set the same secret at both ends");
    try_next(now, number);
  }
}

std::optional<Instant> Client::deadline() const {
  std::optional<Instant> first;
  for (const auto& [number, waiting] : waiting_)
    if (!first || waiting.next < *first) first = waiting.next;
  return first;
}

bool Client::waits_for(const ServerPtr& server) const {
  const auto peer = peers_.find(server);
  return peer != peers_.end() && !peer->second.asked.empty();
}

void Client::keep_only(const std::vector<ServerPtr>& servers) {
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.asked.empty() && std::ranges::find(servers, entry.first) == servers.end();
  });
}

}  // namespace keypact::radius
