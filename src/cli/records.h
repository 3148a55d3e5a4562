// What the daemon's messages say, as values: SAs, connections, a line of the ladder, a verdict. Text and JSON are made of these.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vici/message.h"

namespace keypact::cli {

/// One IKE message of a running initiate or terminate.
struct LadderLine {
  std::chrono::microseconds offset{};
  bool sent = false;
  std::string exchange;
  bool response = false;
  std::uint64_t message_id = 0;
  std::string notation;
  std::uint64_t octets = 0;
  std::uint64_t retransmission = 0;  ///< 0: the first transmission
  std::string note;
};

/// Why something did not come up.
struct Verdict {
  std::string connection;
  std::string code;
  std::string what;
  std::string phase;
  std::string rule;
  std::string side;
  std::string remedy;
  std::string detail;
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
  std::optional<std::chrono::seconds> failed_ago;
};

struct Algorithms {
  std::string encryption;
  std::string integrity;     ///< empty for combined-mode ciphers
  std::string prf;           ///< IKE only
  std::string key_exchange;  ///< with additional ones: "X25519+ML-KEM-768"
};

struct ChildSa {
  std::string name;
  std::string id;
  std::string state;
  std::string mode;
  std::string protocol;
  bool udp_encapsulation = false;
  std::string offload;  ///< "no", "crypto", "packet"; empty: nobody asked for it
  bool esn = false;
  std::string spi_in;
  std::string spi_out;
  Algorithms algorithms;
  std::uint64_t octets_in = 0, octets_out = 0;
  std::uint64_t packets_in = 0, packets_out = 0;
  std::optional<std::chrono::seconds> last_in, last_out;  ///< ago
  std::optional<std::chrono::seconds> installed;          ///< ago
  std::optional<std::chrono::seconds> rekey_in, expires_in;
  std::vector<std::string> local_ts;
  std::vector<std::string> remote_ts;
};

struct IkeSa {
  std::string connection;
  std::string id;
  std::string version;
  std::string state;
  bool initiator = false;
  std::string local_host, local_port, local_id;
  std::string remote_host, remote_port, remote_id;
  std::string initiator_spi, responder_spi;
  bool nat_local = false, nat_remote = false;
  std::vector<std::string> inner_local, inner_remote;  ///< addresses inside the tunnel that one end gave the other
  Algorithms algorithms;
  std::optional<std::chrono::seconds> established;  ///< ago
  std::optional<std::chrono::seconds> rekey_in, reauthenticate_in;
  std::vector<ChildSa> children;
};

struct ChildConfig {
  std::string name;
  std::string mode;
  std::vector<std::string> local_ts;
  std::vector<std::string> remote_ts;
};

struct Connection {
  std::string name;
  std::string version;
  std::vector<std::string> local_addrs;
  std::vector<std::string> remote_addrs;
  std::string local_auth, local_id;
  std::string remote_auth, remote_id;
  std::vector<ChildConfig> children;
};

[[nodiscard]] LadderLine ladder_line(const vici::Section& event);
[[nodiscard]] Verdict verdict(const vici::Section& event);
/// A list-sa event holds sections named after connections, one each.
[[nodiscard]] std::vector<IkeSa> ike_sas(const vici::Section& list_sa);
/// The same for list-conn.
[[nodiscard]] std::vector<Connection> connections(const vici::Section& list_conn);

}  // namespace keypact::cli
