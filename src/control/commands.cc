#include "control/commands.h"

#include <algorithm>
#include <array>

#include "vici/extensions.h"

namespace keypact::control {

namespace {

constexpr std::array kCommands{
    Command{"version", version},
    Command{"stats", statistics},
    Command{"get-algorithms", get_algorithms},
    Command{"get-counters", get_counters},
    Command{"load-conn", load_connection},
    Command{"unload-conn", unload_connection},
    Command{"get-conns", get_connections},
    Command{"load-shared", load_shared},
    Command{"unload-shared", unload_shared},
    Command{"get-shared", get_shared},
    Command{"clear-creds", clear_credentials},
    Command{"load-cert", load_certificate},
    Command{"load-key", load_key},
    Command{"unload-key", unload_key},
    Command{"get-keys", get_keys},
    Command{"load-authority", load_authority},
    Command{"unload-authority", unload_authority},
    Command{"get-authorities", get_authorities},
    Command{"load-pool", load_pool},
    Command{"unload-pool", unload_pool},
    Command{"get-pools", get_pools},
    Command{"flush-certs", flush_certificates},
    Command{"reload-settings", reload},
    Command{vici::kReloadCommand, reload},
    Command{vici::kVerdictCommand, last_verdict},
    Command{vici::kDriftCommand, drift},
    Command{vici::kExplainRouteCommand, explain_route},
    Command{vici::kExplainCommand, explain_packets},
    Command{vici::kKeptCommand, kept_sas},
};

struct Refused {
  std::string_view name;
  std::string_view reason;
};

/// Commands of charon's that this version answers with a reason.
constexpr std::array kRefused{
    Refused{"load-token", "this version of keypactd takes no keys on tokens"},
    Refused{"install", "this version of keypactd installs policies when a tunnel is brought up, not by themselves"},
    Refused{"uninstall", "take the tunnel down with terminate, its policies go with it"},
    Refused{"reset-counters", "the counters of keypactd count since its start"},
};

constexpr std::array kRunning{
    std::string_view("initiate"),   std::string_view("terminate"),  std::string_view("rekey"),
    std::string_view("redirect"),   std::string_view("list-sas"),   std::string_view("list-policies"),
    std::string_view("list-conns"), std::string_view("list-certs"), std::string_view("list-authorities")};

constexpr std::array kEvents{
    std::string_view("log"),
    std::string_view("control-log"),
    std::string_view("list-sa"),
    std::string_view("list-conn"),
    std::string_view("list-policy"),
    std::string_view("list-cert"),
    std::string_view("list-authority"),
    std::string_view("ike-updown"),
    std::string_view("ike-rekey"),
    std::string_view("ike-update"),
    std::string_view("child-updown"),
    std::string_view("child-rekey"),
    std::string_view("alert"),
    vici::kLadderEvent,
    vici::kVerdictEvent,
};

constexpr auto kCommandNames = [] {
  std::array<std::string_view, kCommands.size() + kRefused.size() + kRunning.size()> names{};
  auto out = names.begin();
  for (const auto& command : kCommands) *out++ = command.name;
  for (const auto& refused : kRefused) *out++ = refused.name;
  for (const auto& running : kRunning) *out++ = running;
  return names;
}();

}  // namespace

const Command* find_command(std::string_view name) {
  const auto* found =
      std::find_if(kCommands.begin(), kCommands.end(), [name](const Command& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::optional<std::string_view> reason_against(std::string_view name) {
  for (const auto& refused : kRefused) {
    if (refused.name == name) return refused.reason;
  }
  return std::nullopt;
}

vici::Vocabulary vocabulary() { return {kCommandNames, kEvents}; }

}  // namespace keypact::control
