// Client: the peer's end of one EAP conversation, as a function of packets. RFC 3748. Driven as server.h.
#pragma once

#include <algorithm>
#include <memory>
#include <variant>

#include "eap/client_method.h"
#include "eap/packet.h"

namespace keypact::eap {

[[nodiscard]] bool client_speaks(Method method);

struct ClientSend {
  Octets packet;
};
struct ClientSucceeded {
  std::optional<Msk> msk;  ///< where the method makes one
  Method method{};
};
struct ClientFailed {
  Refusal refusal;
};
using ClientStep = std::variant<ClientSend, ClientSucceeded, ClientFailed>;

class Client {
 public:
  explicit Client(std::shared_ptr<const ClientConfig> config);
  Client(Client&&) = default;
  Client& operator=(Client&&) = default;

  /// Any packet of the server: requests, Success, Failure. Not to be called after an end.
  [[nodiscard]] ClientStep on_packet(OctetView packet, const ClientSurroundings& surroundings);

  /// The most that is known of why the server refuses us; "" where no method began.
  [[nodiscard]] std::string told() const { return method_ ? method_->on_failure().sentence : std::string(); }
  /// Of AKA and AKA': the greatest sequence number that the card has seen, for the next client's configuration.
  [[nodiscard]] std::uint64_t card_sequence() const {
    return method_ ? std::max(method_->card_sequence(), config_->card_sequence) : config_->card_sequence;
  }

 private:
  [[nodiscard]] ClientStep on_request(const Packet& packet, const ClientSurroundings& surroundings);
  [[nodiscard]] ClientStep on_first_request(const Packet& packet, const ClientSurroundings& surroundings);
  [[nodiscard]] ClientStep answer(const Packet& packet, const ClientSurroundings& surroundings);
  [[nodiscard]] ClientStep on_success(const ClientSurroundings& surroundings);
  [[nodiscard]] ClientStep on_failure() const;
  [[nodiscard]] std::string_view told_identity() const;
  [[nodiscard]] ClientStep fail(Reason reason, std::string sentence) const;

  std::shared_ptr<const ClientConfig> config_;
  std::unique_ptr<ClientMethod> method_;  ///< null until the server began one that we allow
  Method type_ = Method::Identity;
  std::vector<Method> refused_;  ///< what we answered with a Nak
  unsigned rounds_ = 0;
};

}  // namespace keypact::eap
