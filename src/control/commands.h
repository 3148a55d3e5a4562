// The commands that are answered at once, in groups: a file a group. Those that take time are Operations, lists are Listing.
#pragma once

#include "control/configuration.h"
#include "control/sa_facts.h"
#include "control/verdict_section.h"
#include "vici/server_session.h"

namespace keypact::control {

struct Services {
  Host& host;
  EngineAccess& access;
  Configuration& configuration;
  LastFailures& failures;
  Instant started;
};

/// One command of one client.
struct Call {
  const Services& services;
  Instant now;
  const vici::Message& request;
};

/// What a command asks the server to do with the configuration after it, before the answer goes out.
struct Answer {
  vici::Message message;
  bool configuration_changed = false;

  Answer(vici::Message answer) : message(std::move(answer)) {}  // NOLINT: most commands change nothing
  Answer(vici::Message answer, bool changed) : message(std::move(answer)), configuration_changed(changed) {}
};

using Handler = Answer (*)(const Call& call);

struct Command {
  std::string_view name;
  Handler handler;
};

/// Commands that need no more than a Call.
[[nodiscard]] const Command* find_command(std::string_view name);
/// Why a command of charon's is not to be had; nothing for those that are.
[[nodiscard]] std::optional<std::string_view> reason_against(std::string_view name);
/// All commands and events that clients may name.
[[nodiscard]] vici::Vocabulary vocabulary();

// commands_information.cc
[[nodiscard]] Answer version(const Call& call);
[[nodiscard]] Answer statistics(const Call& call);
[[nodiscard]] Answer get_algorithms(const Call& call);
[[nodiscard]] Answer get_counters(const Call& call);
[[nodiscard]] Answer last_verdict(const Call& call);
[[nodiscard]] Answer drift(const Call& call);
[[nodiscard]] Answer explain_route(const Call& call);
[[nodiscard]] Answer explain_packets(const Call& call);
[[nodiscard]] Answer kept_sas(const Call& call);

// commands_configuration.cc
[[nodiscard]] Answer load_connection(const Call& call);
[[nodiscard]] Answer unload_connection(const Call& call);
[[nodiscard]] Answer get_connections(const Call& call);
[[nodiscard]] Answer load_shared(const Call& call);
[[nodiscard]] Answer unload_shared(const Call& call);
[[nodiscard]] Answer get_shared(const Call& call);
[[nodiscard]] Answer reload(const Call& call);

// commands_pools.cc
[[nodiscard]] Answer load_pool(const Call& call);
[[nodiscard]] Answer unload_pool(const Call& call);
[[nodiscard]] Answer get_pools(const Call& call);

// commands_credentials.cc
[[nodiscard]] Answer load_certificate(const Call& call);
[[nodiscard]] Answer load_key(const Call& call);
[[nodiscard]] Answer unload_key(const Call& call);
[[nodiscard]] Answer get_keys(const Call& call);
[[nodiscard]] Answer load_authority(const Call& call);
[[nodiscard]] Answer unload_authority(const Call& call);
[[nodiscard]] Answer get_authorities(const Call& call);
[[nodiscard]] Answer flush_certificates(const Call& call);
[[nodiscard]] Answer clear_credentials(const Call& call);

}  // namespace keypact::control
