#include "io/engine_steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "io/system_error.h"
#include "ipsec/steering.h"

namespace keypact::io {
namespace {

// The IKE header.
constexpr std::uint32_t kInitiatorSpi = 0;
constexpr std::uint32_t kResponderSpi = 8;
constexpr std::uint32_t kFlags = 19;
constexpr std::uint32_t kInitiatorFlag = 0x08;
constexpr std::uint32_t kLowOctet = 7;

// Where the source address stands in the IP header.
constexpr std::uint32_t kNetwork = static_cast<std::uint32_t>(SKF_NET_OFF);
constexpr std::uint32_t kSourceV4 = 12;
constexpr std::uint32_t kSourceV6 = 8;

/// A classic BPF program. What it loads from beyond the end of a datagram ends it with 0: engine 0 counts such datagrams.
class Program {
 public:
  void add(std::uint16_t code, std::uint32_t k, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({code, if_true, if_false, k});
  }
  void load_word(std::uint32_t at) { add(BPF_LD | BPF_W | BPF_ABS, at); }
  void load_octet(std::uint32_t at) { add(BPF_LD | BPF_B | BPF_ABS, at); }
  [[nodiscard]] sock_fprog view() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

 private:
  std::vector<sock_filter> code_;
};

/// A = the engine of the source address.
void add_choice_by_source(Program& program, const Steering& steering) {
  const std::uint32_t first = kNetwork + (steering.family == IpFamily::v4 ? kSourceV4 : kSourceV6);
  program.load_word(first);
  for (std::uint32_t word = 1; steering.family == IpFamily::v6 && word < 4; ++word) {
    program.add(BPF_MISC | BPF_TAX, 0);
    program.load_word(first + 4 * word);
    program.add(BPF_ALU | BPF_XOR | BPF_X, 0);
  }
  program.add(BPF_ALU | BPF_MUL | BPF_K, ipsec::kSteeringMultiplier);
  program.add(BPF_ALU | BPF_RSH | BPF_K, 16);
  program.add(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(steering.engines));
  program.add(BPF_RET | BPF_A, 0);
}

Program program_for(const Steering& steering) {
  Program program;
  const auto engines = static_cast<std::uint32_t>(steering.engines);
  const std::uint32_t ike = steering.nat ? 4 : 0;
  if (steering.nat) {
    program.load_word(0);
    program.add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    program.add(BPF_RET | BPF_K, engines);
  }
  // The initiator flag tells which of the two SPIs is ours.
  program.load_octet(ike + kFlags);
  program.add(BPF_JMP | BPF_JSET | BPF_K, kInitiatorFlag, 3, 0);
  program.load_octet(ike + kInitiatorSpi + kLowOctet);
  program.add(BPF_JMP | BPF_JGE | BPF_K, engines, 8, 0);
  program.add(BPF_RET | BPF_A, 0);
  program.load_word(ike + kResponderSpi);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
  program.load_word(ike + kResponderSpi + 4);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
  program.load_octet(ike + kResponderSpi + kLowOctet);
  program.add(BPF_JMP | BPF_JGE | BPF_K, engines, 1, 0);
  program.add(BPF_RET | BPF_A, 0);
  add_choice_by_source(program, steering);
  return program;
}

}  // namespace

Result<void> steer(const UdpSocket& socket, const Steering& steering) {
  auto program = program_for(steering);
  const auto view = program.view();
  if (::setsockopt(socket.fd(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &view, sizeof view) == 0) return {};
  return failure(system_error("cannot hand out datagrams to several engines", errno, "Use one engine."));
}

}  // namespace keypact::io
