// vici, both sides: a stream of octets reaches a server and a client in one piece and in two; what is accepted must encode to
// the octets it came from, and the same stream must give the same outcome however it is cut.
#include "fuzz/require.h"
#include "vici/client_session.h"
#include "vici/server_session.h"

namespace {

using namespace keypact;
using fuzz::require;
using namespace keypact::vici;

constexpr std::string_view kCommands[] = {"version", "load-conn"};
constexpr std::string_view kEvents[] = {"log"};

/// The frame header of a packet that was accepted, and the packet again.
void identity(OctetView octets) {
  const auto packet = decode_packet(octets);
  if (!packet) return;
  const auto frame = encode_frame(*packet);
  require(frame.has_value() && same_octets(OctetView(*frame).subspan(4), octets));
  require(decode_packet(OctetView(*frame).subspan(4)).value() == *packet);
}

/// All that a server answers to `first` and then `second`; every command gets the same answer.
Octets served(OctetView first, OctetView second, bool& refused) {
  ServerSession server({kCommands, kEvents});
  Octets output;
  refused = false;
  for (const auto part : {first, second}) {
    server.receive(part);
    for (;;) {
      const auto request = server.next_request();
      if (!request) refused = true;
      if (!request || !*request) break;
      server.event("log", (*request)->message);
      server.respond(success());
    }
    append(output, server.take_output());
  }
  return output;
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const OctetView octets(data, size);
  identity(octets);
  if (const auto message = decode_message(octets)) require(same_octets(encode_message(*message), octets));
  const auto half = size == 0 ? 0 : data[0] % size;
  bool refused_whole = false;
  bool refused_cut = false;
  const auto whole = served(octets, {}, refused_whole);
  const auto cut = served(octets.first(half), octets.subspan(half), refused_cut);
  require(refused_whole == refused_cut && same_octets(whole, cut));
  ClientSession client;
  client.receive(octets);
  for (auto packet = client.next(); packet && *packet; packet = client.next()) {
  }
  return 0;
}
