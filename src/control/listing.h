// Listing: list-sas, list-policies, list-conns and the like on its way to one client, in pieces: the next one is made when the client has read
// most of those before, so that a list of any length needs the memory of a piece, and nothing else waits for it.
#pragma once

#include "control/host.h"
#include "vici/server_session.h"

namespace keypact::control {

class Listing {
 public:
  /// Nothing when the request is none for a list.
  [[nodiscard]] static std::optional<Listing> of(const vici::Request& request, const Configuration& configuration);

  /// Adds the events of the next piece. False: that was the last one, and the command is to be answered.
  [[nodiscard]] bool advance(Instant now, EngineAccess& access, Host& host, vici::ServerSession& client);

 private:
  enum class Kind : std::uint8_t { sas, policies, connections, certificates, authorities };
  Listing(Kind kind, vici::Message request, const Configuration& configuration)
      : kind_(kind),
        request_(std::move(request)),
        configuration_(configuration.current()),
        credentials_(configuration.credentials()) {}

  // Each adds one piece; false when there is no more.
  [[nodiscard]] bool add_sas(Instant now, EngineAccess& access, Host& host, vici::ServerSession& client);
  [[nodiscard]] bool add_policies(EngineAccess& access, vici::ServerSession& client);
  [[nodiscard]] bool add_connections(vici::ServerSession& client);
  [[nodiscard]] bool add_prepared(std::string_view event, vici::ServerSession& client);
  /// True when the request names nobody, or this one.
  [[nodiscard]] bool asks_for(std::string_view key, std::string_view name) const;
  [[nodiscard]] bool asks_for(std::string_view key, std::uint64_t id) const;
  void next_engine();

  Kind kind_;
  vici::Message request_;
  config::SnapshotPointer configuration_;
  CredentialsPointer credentials_;
  // Where it is: an engine, and what of it went out already. What is made while the list goes out is not on it.
  std::size_t engine_ = 0;
  IkeSaId after_;
  std::optional<IkeSaId> last_;
  ike::PolicyBook::Name after_policy_;
  std::size_t next_ = 0;  ///< of the connections, or of the events
  std::optional<std::vector<vici::Message>> events_;
};

}  // namespace keypact::control
