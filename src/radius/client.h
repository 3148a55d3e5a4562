// Client: asks RADIUS servers, one after the other where one is silent, as a function of datagrams and time. RFC 2865 §2.4, §2.5, §3;
// RFC 5080. It knows no socket; what is asked and what an answer means is for others.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "base/instant.h"
#include "base/random_source.h"
#include "config/radius_server.h"
#include "radius/authenticator.h"

namespace keypact::radius {

using ServerPtr = std::shared_ptr<const config::RadiusServer>;

struct Question {
  std::vector<Attribute> attributes;  ///< of an Access-Request, without Message-Authenticator and NAS-Identifier
  ServerPtr server{};                 ///< who began the conversation alone goes on with it; null: any
};
/// It is authentic.
struct Answer {
  ServerPtr server;
  Code code{};  ///< Access-Accept, -Reject or -Challenge
  std::vector<Attribute> attributes;
  std::optional<MppeKeys> keys;
};
/// Nobody has answered; a sentence for people that says who was asked, and what to change.
struct Unanswered {
  std::string sentence;
};
using Outcome = std::variant<Answer, Unanswered>;

/// To be sent from the same socket to this server each time.
struct Transmit {
  ServerPtr server;
  Octets octets;
};
struct Finished {
  std::uint64_t question = 0;
  Outcome outcome;
};
using Output = std::variant<Transmit, Finished>;

class Client {
 public:
  explicit Client(RandomSource& random) : random_(random) {}

  /// `number` is the asker's, and not one that is still waiting. `servers` in order of preference.
  void ask(Instant now, std::uint64_t number, Question question, const std::vector<ServerPtr>& servers);
  /// A datagram that came from the address of `server`.
  void on_datagram(Instant now, const ServerPtr& server, OctetView octets);
  void on_deadline(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  [[nodiscard]] std::deque<Output> take_outputs() { return std::exchange(outputs_, {}); }
  /// Whether something waits for its answer.
  [[nodiscard]] bool waits_for(const ServerPtr& server) const;
  /// What is known of servers that are not among these and have nothing to answer is dropped.
  void keep_only(const std::vector<ServerPtr>& servers);

 private:
  struct Peer {
    Instant silent_until{};                       ///< it goes behind all others before
    std::map<std::uint8_t, std::uint64_t> asked;  ///< identifiers in use
    std::uint8_t last_identifier = 0;
  };
  struct Waiting {
    Question question;
    std::vector<ServerPtr> untried;
    ServerPtr server{};
    std::uint8_t identifier = 0;
    Authenticator authenticator{};
    Octets packet;
    unsigned sent = 0;
    Instant next{};
    Instant gives_up{};
    std::string refused;              ///< why what this server sent was no answer
    std::vector<std::string> silent;  ///< what there is to say of those that were tried
  };

  void try_next(Instant now, std::uint64_t number);
  [[nodiscard]] bool send_first(Instant now, std::uint64_t number, Waiting& waiting);
  void transmit(Instant now, Waiting& waiting);
  void leave(const Waiting& waiting);
  void finish(std::uint64_t number, Outcome outcome);

  RandomSource& random_;
  std::map<ServerPtr, Peer> peers_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::deque<Output> outputs_;
};

}  // namespace keypact::radius
