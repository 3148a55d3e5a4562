// Server: the authenticator's end of one EAP conversation, as a function of packets. RFC 3748. It is driven by whoever carries
// the packets, and reliably: each is sent and received once.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "eap/packet.h"
#include "eap/server_method.h"

namespace keypact::eap {

/// Methods that this server has, provided that the configuration gives what they need.
[[nodiscard]] bool server_speaks(Method method);

struct Send {
  Octets packet;
  std::optional<Refusal>
      decided{};  ///< it tells the peer that it failed: why, should the peer end it without an answer
};
struct ServerSucceeded {
  Octets packet;           ///< EAP-Success
  std::optional<Msk> msk;  ///< where the method makes one
  std::string identity;    ///< whom the method has authenticated: any octets
  Method method{};
};
struct ServerFailed {
  Octets packet;  ///< EAP-Failure
  Refusal refusal;
};
using ServerStep = std::variant<Send, ServerSucceeded, ServerFailed>;

class Server {
 public:
  /// `identity` is what the peer called itself before EAP (IDi), where that is to be the one that authenticates; a response to
  /// EAP-Identity takes its place. A method that carries a name of its own has to carry the same one, when there is one.
  explicit Server(std::shared_ptr<const ServerConfig> config, std::string identity = {});
  Server(Server&&) = default;
  Server& operator=(Server&&) = default;

  /// The first request. To be called once, before on_response().
  [[nodiscard]] ServerStep start(const ServerSurroundings& surroundings);
  /// Not to be called after an end.
  [[nodiscard]] ServerStep on_response(OctetView packet, const ServerSurroundings& surroundings);

 private:
  [[nodiscard]] ServerStep on_identity(const Packet& packet, const ServerSurroundings& surroundings);
  [[nodiscard]] ServerStep on_nak(const Packet& packet, const ServerSurroundings& surroundings);
  [[nodiscard]] ServerStep begin_method(std::size_t index, const ServerSurroundings& surroundings);
  [[nodiscard]] ServerStep carry_out(ServerMethodStep step);
  [[nodiscard]] ServerStep fail(Reason reason, std::string sentence);
  [[nodiscard]] Method current() const;

  std::shared_ptr<const ServerConfig> config_;
  std::string identity_;
  std::unique_ptr<ServerMethod> method_;  ///< null while the identity is asked for
  std::vector<bool> offered_;             ///< for each of the configuration's methods
  std::size_t index_ = 0;                 ///< of the method that runs
  bool answered_ = false;                 ///< the method got a response that was no Nak
  std::uint8_t identifier_ = 0;           ///< of the request that is outstanding
  unsigned rounds_ = 0;
};

}  // namespace keypact::eap
