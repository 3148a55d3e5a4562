// ServerSession: the server's side of one vici connection without a socket: octets in, commands out; answers and events in, octets
// out. Packets are served strictly in the order in which they came, however many were sent at once; events may go between any
// two answers, also while a command runs.
#pragma once

#include <set>
#include <span>
#include <utility>

#include "vici/packet.h"

namespace keypact::vici {

/// What the server knows; everything else is answered with CMD_UNKNOWN and EVENT_UNKNOWN. The arrays stay where they are.
struct Vocabulary {
  std::span<const std::string_view> commands;
  std::span<const std::string_view> events;
};

struct Request {
  std::string command;
  Message message;
};

class ServerSession {
 public:
  /// What a client may send ahead while a command runs; one that sends more is to be disconnected.
  static constexpr std::size_t kInputOctets = 8 * kPacketOctets;

  explicit ServerSession(Vocabulary vocabulary) : vocabulary_(vocabulary) {}

  void receive(OctetView octets);
  /// Serves registrations and unknown names, up to and with the next known command. Nothing while a command runs or when no
  /// packet is complete. An error means: close the connection.
  [[nodiscard]] std::expected<std::optional<Request>, PacketFault> next_request();
  /// True between a command that next_request() gave and its respond().
  [[nodiscard]] bool command_runs() const { return command_runs_; }
  /// The answer to the running command. An answer that no packet holds becomes a refusal that says so.
  void respond(const Message& answer);

  [[nodiscard]] bool registered(std::string_view event) const { return registrations_.contains(event); }
  /// Sent if the client registered for it; an event that no packet holds is left out.
  void event(std::string_view name, const Message& message);

  [[nodiscard]] std::size_t output_waiting() const { return output_.size(); }
  [[nodiscard]] Octets take_output() { return std::exchange(output_, {}); }

 private:
  void send(PacketType type) { send(Packet{type, {}, {}}); }
  bool send(const Packet& packet);
  void change_registration(const Packet& packet);

  Vocabulary vocabulary_;
  FrameDecoder frames_;
  std::set<std::string, std::less<>> registrations_;
  bool command_runs_ = false;
  std::optional<PacketFault> fault_;
  Octets output_;
};

}  // namespace keypact::vici
