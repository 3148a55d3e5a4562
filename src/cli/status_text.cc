#include "cli/status_text.h"

#include <algorithm>

#include "cli/human.h"
#include "cli/render.h"
#include "io/clock.h"

namespace keypact::cli {

namespace {

std::string peer_of(const ConnectionStatus& status) {
  if (status.sas.empty()) return joined(status.connection.remote_addrs, ", ");
  std::vector<std::string> hosts;
  for (const auto& sa : status.sas) {
    if (std::find(hosts.begin(), hosts.end(), sa.remote_host) == hosts.end()) hosts.push_back(sa.remote_host);
  }
  return hosts.size() <= 2 ? joined(hosts, ", ") : counted(hosts.size(), "peer");
}

std::string painted_dot(LinkState state, const Style& style) {
  switch (state) {
    case LinkState::up: return style.good(style.full_dot());
    case LinkState::partial:
    case LinkState::connecting: return style.uncertain(style.half_dot());
    case LinkState::down: break;
  }
  return style.faint(style.empty_dot());
}

std::string painted_state(LinkState state, std::size_t width, const Style& style) {
  const auto text = padded(to_string(state), width);
  if (state == LinkState::up) return style.good(text);
  return state == LinkState::down ? style.faint(text) : style.uncertain(text);
}

std::string ago(std::optional<std::chrono::seconds> time) {
  return time ? duration_text(*time) + " ago" : std::string("never");
}

std::string traffic(std::uint64_t octets, std::uint64_t packets, std::optional<std::chrono::seconds> last) {
  auto text = size_text(octets) + " (" + counted(packets, "packet");
  if (packets > 0 && last) text += ", " + ago(last);
  return text + ")";
}

void line(std::string& out, std::size_t indent, std::string_view label, const std::string& text, const Style& style) {
  out += std::string(indent, ' ') + style.faint(padded(label, 11)) + text + "\n";
}

std::string timers(std::string_view began, std::optional<std::chrono::seconds> age,
                   std::optional<std::chrono::seconds> rekey, std::optional<std::chrono::seconds> end,
                   std::string_view end_word) {
  std::vector<std::string> parts;
  if (age) parts.push_back(std::string(began) + " " + ago(age));
  if (rekey) parts.push_back("rekey in " + duration_text(*rekey));
  if (end) parts.push_back(std::string(end_word) + " in " + duration_text(*end));
  return joined(parts, ", ");
}

std::string algorithms_text(const Algorithms& algorithms) {
  std::vector<std::string> parts;
  for (const auto& name : {algorithms.encryption, algorithms.integrity, algorithms.prf, algorithms.key_exchange}) {
    if (!name.empty()) parts.push_back(name);
  }
  return joined(parts, ", ");
}

std::string endpoint(const std::string& host, const std::string& port) {
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

std::string nat_text(const IkeSa& sa) {
  const bool in_udp = std::ranges::any_of(sa.children, &ChildSa::udp_encapsulation);
  const std::string esp = in_udp ? ", ESP goes in UDP" : "";
  if (sa.nat_local && sa.nat_remote) return "both sides are behind a NAT" + esp;
  if (sa.nat_local) return "this side is behind a NAT" + esp;
  return (sa.nat_remote ? "the peer is behind a NAT" : "none") + esp;
}

void child_detail(std::string& out, const ChildSa& child, const Style& style) {
  out += "    " + style.strong("Child SA " + style.shown(child.name) + " #" + style.shown(child.id)) + "  " +
         style.shown(child.state) + "\n";
  line(out, 6, "selectors",
       style.shown(joined(child.local_ts, " ")) + " " + std::string(style.between()) + " " +
           style.shown(joined(child.remote_ts, " ")),
       style);
  auto protection = child.protocol + (child.udp_encapsulation ? " in UDP" : "") + ", " + child.mode;
  if (const auto names = algorithms_text(child.algorithms); !names.empty()) protection += ", " + names;
  if (child.esn) protection += ", extended sequence numbers";
  if (child.offload == "no") protection += ", not offloaded";
  else if (!child.offload.empty()) protection += ", offloaded (" + child.offload + ")";
  line(out, 6, "protection", style.shown(protection), style);
  line(out, 6, "SPIs", style.shown(child.spi_in) + " in, " + style.shown(child.spi_out) + " out", style);
  line(out, 6, "in", traffic(child.octets_in, child.packets_in, child.last_in), style);
  line(out, 6, "out", traffic(child.octets_out, child.packets_out, child.last_out), style);
  line(out, 6, "timers", timers("installed", child.installed, child.rekey_in, child.expires_in, "expires"), style);
}

void ike_detail(std::string& out, const IkeSa& sa, const Style& style) {
  out += "  " + style.strong("IKE SA #" + style.shown(sa.id)) + "  " + style.shown(sa.state) + ", IKEv" +
         style.shown(sa.version) + ", " + (sa.initiator ? "initiator" : "responder") + "\n";
  line(out, 4, "local", style.shown(sa.local_id + " @ " + endpoint(sa.local_host, sa.local_port)), style);
  line(out, 4, "peer", style.shown(sa.remote_id + " @ " + endpoint(sa.remote_host, sa.remote_port)), style);
  line(out, 4, "protection", style.shown(algorithms_text(sa.algorithms)), style);
  line(out, 4, "SPIs", style.shown(sa.initiator_spi) + " initiator, " + style.shown(sa.responder_spi) + " responder",
       style);
  line(out, 4, "NAT", nat_text(sa), style);
  if (!sa.inner_local.empty()) line(out, 4, "addresses", joined(sa.inner_local, ", ") + ", from the gateway", style);
  if (!sa.inner_remote.empty()) line(out, 4, "addresses", joined(sa.inner_remote, ", ") + ", for the peer", style);
  line(out, 4, "timers", timers("established", sa.established, sa.rekey_in, sa.reauthenticate_in, "reauthentication"),
       style);
  for (const auto& child : sa.children) child_detail(out, child, style);
}

std::string party(const std::vector<std::string>& addresses, const std::string& id, const std::string& auth) {
  auto text = joined(addresses, ", ");
  if (!id.empty()) text += ", identity " + id;
  return auth.empty() ? text : text + ", " + auth;
}

void configuration_detail(std::string& out, const ConnectionStatus& status, const Style& style) {
  const auto& connection = status.connection;
  line(out, 2, "local", style.shown(party(connection.local_addrs, connection.local_id, connection.local_auth)), style);
  line(out, 2, "peer", style.shown(party(connection.remote_addrs, connection.remote_id, connection.remote_auth)),
       style);
}

void missing_children(std::string& out, const ConnectionStatus& status, const Style& style) {
  for (const auto& config : status.connection.children) {
    const bool there = std::any_of(status.sas.begin(), status.sas.end(), [&](const IkeSa& sa) {
      return std::any_of(sa.children.begin(), sa.children.end(),
                         [&](const ChildSa& c) { return c.name == config.name; });
    });
    if (there) continue;
    line(out, 2, "no SA for",
         style.shown(config.name + ": " + joined(config.local_ts, " ")) + " " + std::string(style.between()) + " " +
             style.shown(joined(config.remote_ts, " ")),
         style);
  }
}

/// "  (failed 3 min ago: the peer never answered)"
std::string failure_in_short(const ConnectionStatus& status, const Style& style) {
  if (!status.last_failure || status.state() == LinkState::connecting) return {};
  const auto text = "failed " + ago(status.last_failure->failed_ago) + ": " + style.shown(status.last_failure->what);
  return "  " + style.faint("(" + text + ")");
}

}  // namespace

std::string status_lines(const std::vector<ConnectionStatus>& all, const Style& style) {
  std::size_t name_width = 0;
  std::size_t peer_width = 0;
  std::size_t state_width = 0;
  for (const auto& status : all) {
    name_width = std::max(name_width, width_of(style.shown(status.connection.name)));
    peer_width = std::max(peer_width, width_of(style.shown(peer_of(status))));
    state_width = std::max(state_width, to_string(status.state()).size());
  }
  std::string out;
  for (const auto& status : all) {
    const auto state = status.state();
    out += painted_dot(state, style) + " " + padded(style.shown(status.connection.name), name_width) + "  " +
           painted_state(state, state_width, style) + "  ";
    const auto established = status.established();
    if (!established) {
      out += style.shown(peer_of(status)) + failure_in_short(status, style) + "\n";
      continue;
    }
    out += padded(style.shown(peer_of(status)), peer_width) + "  since " + padded(duration_text(*established), 9) +
           "  in " + right_aligned(size_text(status.octets_in()), 9) + "  out " +
           right_aligned(size_text(status.octets_out()), 9);
    if (status.sas.size() > 1) out += "  " + counted(status.sas.size(), "IKE SA");
    out += "\n";
  }
  return out;
}

std::string status_detail(const ConnectionStatus& status, std::chrono::system_clock::time_point now,
                          const Style& style) {
  const auto state = status.state();
  std::string out = painted_dot(state, style) + " " + style.strong(style.shown(status.connection.name)) + "  " +
                    painted_state(state, 0, style);
  if (const auto established = status.established()) {
    out += " since " + duration_text(*established) + " (" + io::wall_clock_text(now - *established) + ")";
  }
  out += "\n";
  if (status.sas.empty()) configuration_detail(out, status, style);
  missing_children(out, status, style);
  for (const auto& sa : status.sas) ike_detail(out, sa, style);
  if (status.last_failure && state != LinkState::up) {
    out += "  last failure " + ago(status.last_failure->failed_ago) + ":\n";
    out += indented(verdict_text(*status.last_failure, style), 4);
  }
  return out;
}

}  // namespace keypact::cli
