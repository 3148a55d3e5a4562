// One connection as `status` shows it: what is configured and what there is of it.
#pragma once

#include "cli/records.h"

namespace keypact::cli {

enum class LinkState : std::uint8_t {
  up,       ///< an established IKE SA, and every configured child has an SA
  partial,  ///< established, but a configured child has none
  connecting,
  down,
};
[[nodiscard]] std::string_view to_string(LinkState state);

struct ConnectionStatus {
  Connection connection;
  std::vector<IkeSa> sas;
  std::optional<Verdict> last_failure;

  [[nodiscard]] LinkState state() const;
  /// How long the youngest established SA has existed.
  [[nodiscard]] std::optional<std::chrono::seconds> established() const;
  [[nodiscard]] std::uint64_t octets_in() const;
  [[nodiscard]] std::uint64_t octets_out() const;
};

/// What the daemon counts since its start, by name.
using Counters = std::vector<std::pair<std::string, std::uint64_t>>;

/// What an earlier run of the daemon left, which carries traffic until new SAs do.
struct KeptSas {
  std::uint64_t total = 0;
  std::vector<vici::Section> shown;  ///< the first of them, in the words of vici::kKeptCommand
};

/// The connections in their order, each with its SAs; SAs whose connection is no longer configured follow.
[[nodiscard]] std::vector<ConnectionStatus> join(std::vector<Connection> connections, std::vector<IkeSa> sas);

/// True for a Child SA that carries traffic.
[[nodiscard]] bool carries_traffic(const ChildSa& child);
/// True for an IKE SA that is established, also while it is being rekeyed.
[[nodiscard]] bool is_established(const IkeSa& sa);

}  // namespace keypact::cli
