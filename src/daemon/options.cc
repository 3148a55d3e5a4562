#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace keypact::daemon {

namespace {

/// What one address, one identity and everybody together may cost; the defaults stand in base/limits.h.
void add_budgets(CLI::App& app, CommandLine& line) {
  auto& budgets = line.budgets;
  const auto add = [&](const char* name, auto& value, const char* text) {
    app.add_option(name, value, text)->group("Budgets (0: none)")->capture_default_str();
  };
  add("--init-rate", budgets.init_per_source.per_second,
      "IKE_SA_INIT requests a second that one address, or IPv6 /64, may make without a cookie");
  add("--network-init-rate", budgets.init_per_network.per_second, "The same of one IPv4 /24 or IPv6 /48");
  add("--key-exchange-share", budgets.key_exchange_percent,
      "Percent of a processor for key exchanges with whoever brought no cookie");
  add("--cookies-from", budgets.half_open_before_cookies,
      "Half-open IKE SAs from which on everybody must bring a cookie");
  add("--half-open", budgets.half_open, "Half-open IKE SAs in all");
  add("--half-open-per-source", budgets.half_open_per_source, "Half-open IKE SAs of one address");
  add("--sas-per-source", budgets.ike_sas_per_source, "Established IKE SAs of one address");
  add("--sas-per-identity", budgets.ike_sas_per_identity, "Established IKE SAs of one identity");
  add("--create-child-rate", budgets.create_child.per_second,
      "CREATE_CHILD_SA requests a second that one IKE SA may make");
}

std::string why_no_prefix(const std::string& text) {
  return parse_prefix(text) ? std::string() : text + " is neither an address nor a network as 192.0.2.0/24";
}

/// CRLs, answers of OCSP responders, and keys from the DNS.
void add_fetching(CLI::App& app, CommandLine& line) {
  app.add_option("--fetch-timeout", line.fetch_timeout,
                 "Seconds after which a CRL, an OCSP response or a key from the DNS that has not come is given up; 0: "
                 "nothing is fetched")
      ->check(CLI::Range(0u, 15u))
      ->capture_default_str();
  app.add_option("--fetch-from", line.fetch_from,
                 "Addresses that are not public, as 10.1.0.0/16, where the certificates of peers may say that CRLs and "
                 "OCSP responders are. What the configuration names may be anywhere")
      ->check(why_no_prefix);
  app.add_option("--trust-anchor", line.trust_anchor_path,
                 "DNSKEY or DS records that signatures in the DNS lead to, as in a zone file")
      ->capture_default_str();
}

}  // namespace

std::optional<Prefix> parse_prefix(const std::string& text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || slash == std::string::npos)
    return address ? std::optional(prefix_of(*address, address->bits())) : std::nullopt;
  int length = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + slash + 1, end, length);
  if (error != std::errc() || at != end || length < 0 || length > address->bits()) return std::nullopt;
  const auto prefix = prefix_of(*address, length);
  return prefix.address == *address ? std::optional(prefix) : std::nullopt;
}

ParsedCommandLine parse_command_line(int argc, char** argv) {
  CLI::App app("keypactd: IKEv2 daemon with an IPsec data plane of its own. Runs in the foreground.", "keypactd");
  CommandLine line;
  app.set_version_flag("--version", std::string("keypactd ") + KEYPACT_VERSION);
  app.add_option("--config", line.config_directory, "Directory that holds swanctl.conf")->capture_default_str();
  app.add_option("--vici", line.vici_path, "Unix socket for keypact, swanctl and other vici clients")
      ->capture_default_str();
  app.add_option("--backend", line.backend,
                 "IPsec stack: kernel; userspace; auto: the kernel's where it has ESP, else userspace; or memory, "
                 "which negotiates and carries no traffic, for measuring")
      ->check(CLI::IsMember({"auto", "kernel", "userspace", "memory"}))
      ->capture_default_str();
  app.add_option("--engines", line.engines, "Threads that negotiate, each with the peers whose addresses lead to it")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_option("--tun", line.tun_name, "Name of the tunnel device; %d becomes a free number")->capture_default_str();
  app.add_flag("--keep-sas", line.keep_sas,
               "At the end leave the kernel's SAs, policies and routes in force, and tell the peers nothing: traffic "
               "goes on, and "
               "the next start takes over");
  app.add_option("--port", line.port, "UDP port of IKE")->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--nat-port", line.nat_port, "UDP port of IKE and ESP with NAT traversal")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--fragment-size", line.fragment_size,
                 "Octets of the largest IP packet of an IKE message, which is else sent in fragments (RFC 7383); "
                 "0: 576 for IPv4, 1280 for IPv6")
      ->check(CLI::IsMember({0}) | CLI::Range(256, 65535))
      ->capture_default_str();
  app.add_option("--keep-alive", line.keep_alive,
                 "Seconds after which a NAT in front of us is sent a keepalive when nothing else goes out (RFC 3948); "
                 "0: none")
      ->check(CLI::Range(0u, 3600u))
      ->capture_default_str();
  app.add_option("--give-up-after", line.give_up_after,
                 "Seconds without any answer to a request, sent again and again, after which a peer counts as gone; "
                 "0: about 200")
      ->check(CLI::IsMember({0}) | CLI::Range(5, 3600))
      ->capture_default_str();
  app.add_option("--redirect-to", line.redirect_to,
                 "Send new clients that can be redirected to the gateway at this address, for maintenance (RFC 5685)")
      ->check(
          [](const std::string& text) { return IpAddress::parse(text) ? std::string() : text + " is no IP address"; });
  app.add_flag("--redirect-authenticated", line.redirect_when_authenticated,
               "With --redirect-to: clients are sent on once they are authenticated, not at their first message");
  app.add_flag("!--no-redirects", line.follow_redirects,
               "Go to no other gateway when a gateway sends us there (RFC 5685)");
  app.add_flag("!--no-name-servers", line.use_name_servers,
               "Leave the system's resolver as it is when a gateway tells us name servers");
  app.add_option("--leases", line.leases_path,
                 "Keep the leases of pools in this file, a SQLite database: clients find their addresses again when "
                 "keypactd starts anew");
  app.add_option("--export-keys", line.export_keys_directory,
                 "Write the keys of all SAs into this directory, as tables for Wireshark. Whoever reads them reads the "
                 "traffic");
  app.add_option("--log-level", line.log_level, "What is logged to stderr")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->capture_default_str();
  add_fetching(app, line);
  add_budgets(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {std::nullopt, app.exit(error) == 0 ? 0 : 2};
  }
  return {std::move(line), 0};
}

}  // namespace keypact::daemon
