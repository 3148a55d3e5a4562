// The command line of keypactd.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "ike/core/budgets.h"

namespace keypact::daemon {

struct CommandLine {
  std::string config_directory = "/etc/keypact";
  std::string vici_path = "/run/keypact/keypact.vici";
  std::string backend = "auto";
  std::size_t engines = 1;
  bool keep_sas = false;  ///< at the end
  std::string tun_name = "keypact%d";
  std::uint16_t port = 500;
  std::uint16_t nat_port = 4500;
  std::uint16_t fragment_size = 1280;
  unsigned keep_alive = 20;    ///< seconds; 0: no keepalives
  unsigned give_up_after = 0;  ///< seconds; 0: when a request was sent often enough
  std::string redirect_to;     ///< an address; empty: nobody is redirected
  bool redirect_when_authenticated = false;
  bool follow_redirects = true;
  bool use_name_servers = true;                               ///< of gateways
  std::string leases_path;                                    ///< empty: leases end with the process
  unsigned fetch_timeout = 10;                                ///< seconds; 0: nothing is fetched
  std::vector<std::string> fetch_from;                        ///< prefixes
  std::string trust_anchor_path = "/usr/share/dns/root.key";  ///< of DNSSEC
  std::string export_keys_directory;                          ///< empty: no keys leave the process
  std::string log_level = "info";
  ike::Budgets budgets;
};

/// The parsed arguments, or the exit status when there is nothing to run (help, version, a usage error already told).
struct ParsedCommandLine {
  std::optional<CommandLine> command_line;
  int exit_status = 0;
};
/// "10.1.0.0/16", or an address alone.
[[nodiscard]] std::optional<Prefix> parse_prefix(const std::string& text);
[[nodiscard]] ParsedCommandLine parse_command_line(int argc, char** argv);

}  // namespace keypact::daemon
