// What keypact adds to the commands and events of charon. Other clients never meet it: they neither send nor register these.
#pragma once

#include <string_view>

namespace keypact::vici {

/// Command without keys: reads the configuration directory again. Answer: success, errmsg; list diagnostics ("file:line:column:
/// ..." lines, warnings too); on success connections, secrets (numbers) and lists added, changed, removed (connection names).
inline constexpr std::string_view kReloadCommand = "keypact-reload";

/// Event to the client that runs initiate or terminate: one IKE message of the IKE SA concerned. Keys: ike (connection),
/// ike-id, offset-us (since the command began), direction (out, in), exchange, kind (request, response), message-id, notation
/// ("HDR, SK {...}"), octets, retransmission (0: first transmission), note (may be absent).
inline constexpr std::string_view kLadderEvent = "keypact-ladder";

/// Event to the client whose initiate or terminate failed, before its answer. Keys: code, what, phase, rule, side, remedy,
/// detail (may be absent), connection; lists ours and theirs. A client that did not register finds `what` in errmsg.
inline constexpr std::string_view kVerdictEvent = "keypact-verdict";

/// Command with key ike: the keys of kVerdictEvent for the connection's last failure and failed-ago (seconds); an empty answer
/// when it never failed since the daemon started.
inline constexpr std::string_view kVerdictCommand = "keypact-verdict";

/// Command without keys: compares what the kernel has of IPsec with what the daemon put there. Answer: list differences, a sentence
/// each; empty where they agree, and where the daemon does its own IPsec.
inline constexpr std::string_view kDriftCommand = "keypact-drift";

/// Command with key destination (an address; without it: anywhere): why packets take the way that they take. Answer: list reasons, a
/// sentence each, or success = no and errmsg.
inline constexpr std::string_view kExplainRouteCommand = "keypact-explain-route";

/// Command with key destination (an address): what becomes of packets to there, the way that they take and the policies that take
/// them. Answer as that of kExplainRouteCommand.
inline constexpr std::string_view kExplainCommand = "keypact-explain";

/// Command with key ike (a connection; without it: all): SAs that an earlier run left and that carry traffic until new ones do.
/// Answer: total; a section for each of the first kKeptShown with the keys ike and child (absent: no child fits), spi-out,
/// remote-host, ends-in (seconds, at the latest; may be absent), text (a sentence).
inline constexpr std::string_view kKeptCommand = "keypact-kept";
inline constexpr unsigned kKeptShown = 64;

}  // namespace keypact::vici
