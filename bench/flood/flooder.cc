// A flood of IKE_SA_INIT requests from random source addresses, over a packet socket: frames are prepared once, and before each is
// sent again its source, SPI and nonce become others. RFC 7296 §2.6 says what they are meant to meet.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>

#include "base/ip_address.h"
#include "config/default_proposals.h"
#include "wire/message.h"

namespace keypact::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIp = 20;
constexpr std::size_t kUdp = 8;
constexpr double kLongest = 10;  ///< seconds: no flood is without end

struct Arguments {
  unsigned interface = 0;
  std::array<std::uint8_t, 6> from{};
  std::array<std::uint8_t, 6> to{};
  IpAddress target;
  unsigned rate = 0;  ///< datagrams a second
  double seconds = 0;
};

/// Fast and good enough for what nobody must guess.
class Xorshift {
 public:
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

/// What a real initiator sends, with a nonce that can be found again.
Octets sa_init_request(OctetView nonce) {
  wire::Header header;
  header.initiator_spi = {1};
  header.exchange = ExchangeType::IKE_SA_INIT;
  header.initiator = true;
  wire::SaPayload sa;
  std::uint8_t number = 0;
  for (const auto& proposal : config::without_additional_key_exchanges(config::default_ike_offer()))
    sa.proposals.push_back(wire::ProposalSubstructure::of(++number, proposal, {}));
  const wire::KePayload ke{KeyExchangeMethod::CURVE25519, Octets(32, 9)};
  const auto notify = [](NotifyType type) { return wire::NotifyPayload{ProtocolId::none, {}, type, Octets(20, 7)}; };
  return wire::encode_message(
      header, {std::move(sa), ke, wire::NoncePayload{to_octets(nonce)}, notify(NotifyType::NAT_DETECTION_SOURCE_IP),
               notify(NotifyType::NAT_DETECTION_DESTINATION_IP)});
}

void put16(std::uint8_t* at, std::size_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

class Frames {
 public:
  explicit Frames(const Arguments& arguments) {
    const Octets nonce(32, 0xa5);
    const auto message = sa_init_request(nonce);
    nonce_ = kEthernet + kIp + kUdp +
             static_cast<std::size_t>(std::ranges::search(message, nonce).begin() - message.begin());
    Octets frame(kEthernet + kIp + kUdp);
    std::ranges::copy(arguments.to, frame.begin());
    std::ranges::copy(arguments.from, frame.begin() + 6);
    put16(&frame[12], ETHERTYPE_IP);
    auto* ip = &frame[kEthernet];
    ip[0] = 0x45;
    put16(ip + 2, kIp + kUdp + message.size());
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    std::ranges::copy(arguments.target.octets(), ip + 16);
    put16(ip + kIp, 500);
    put16(ip + kIp + 2, 500);
    put16(ip + kIp + 4, kUdp + message.size());  // its checksum stays zero: none, RFC 768
    append(frame, message);
    frames_.assign(kBatch, frame);
  }

  MutableOctets fresh(std::size_t index) {
    auto& frame = frames_[index];
    const auto spi = random_.next() | 1;
    const auto nonce = random_.next();
    std::memcpy(&frame[kEthernet + kIp + kUdp], &spi, sizeof spi);
    std::memcpy(&frame[nonce_], &nonce, sizeof nonce);
    auto* ip = &frame[kEthernet];
    const auto source = random_source();
    std::memcpy(ip + 12, &source, sizeof source);
    put16(ip + 10, 0);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kIp; i += 2) sum += static_cast<std::uint32_t>(ip[i] << 8 | ip[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
    return frame;
  }

 private:
  /// Network order; the networks of the rig and what is no unicast address stay out.
  std::array<std::uint8_t, 4> random_source() {
    for (;;) {
      const auto value = random_.next();
      const std::array<std::uint8_t, 4> address = {
          static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
      const auto first = address[0];
      if (first != 0 && first != 10 && first != 127 && first != 169 && first != 192 && first != 198 && first < 224)
        return address;
    }
  }

  std::size_t nonce_ = 0;
  std::vector<Octets> frames_;
  Xorshift random_;
};

struct Sent {
  std::uint64_t datagrams = 0;
  std::uint64_t refused = 0;
  double seconds = 0;
};

Sent flood(int fd, const Arguments& arguments) {
  Frames frames(arguments);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(arguments.interface);
  to.sll_halen = 6;
  std::ranges::copy(arguments.to, to.sll_addr);
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  Sent sent;
  const auto start = Clock::now();
  for (auto now = start; sent.seconds < arguments.seconds; now = Clock::now()) {
    sent.seconds = std::chrono::duration<double>(now - start).count();
    const auto due = static_cast<std::uint64_t>(sent.seconds * arguments.rate);
    if (sent.datagrams + sent.refused >= due) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const auto count = std::min<std::uint64_t>(kBatch, due - sent.datagrams - sent.refused);
    for (std::size_t i = 0; i < count; ++i) {
      const auto frame = frames.fresh(i);
      parts[i] = {frame.data(), frame.size()};
      messages[i].msg_hdr = {&to, sizeof to, &parts[i], 1, nullptr, 0, 0};
    }
    const int done = ::sendmmsg(fd, messages.data(), static_cast<unsigned>(count), 0);
    sent.datagrams += done > 0 ? static_cast<std::uint64_t>(done) : 0;
    sent.refused += done > 0 ? 0 : count;
  }
  return sent;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

bool read_hardware_address(std::string_view text, std::array<std::uint8_t, 6>& address) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ':'; });
  const auto octets = from_hex(digits);
  if (!octets || octets->size() != address.size()) return false;
  std::ranges::copy(*octets, address.begin());
  return true;
}

int run(int argc, char** argv) {
  Arguments arguments;
  const auto target = argc == 7 ? IpAddress::parse(argv[4]) : std::nullopt;
  if (!target || !target->is_v4() || (arguments.interface = ::if_nametoindex(argv[1])) == 0 ||
      !read_hardware_address(argv[2], arguments.from) || !read_hardware_address(argv[3], arguments.to) ||
      !read_number(argv[5], arguments.rate) || !read_number(argv[6], arguments.seconds) ||
      arguments.seconds > kLongest) {
    std::fputs("usage: flooder INTERFACE OWN-MAC TARGET-MAC TARGET-ADDRESS RATE SECONDS (at most 10)\n", stderr);
    return 2;
  }
  arguments.target = *target;
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || ::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    std::perror("flooder: packet socket");
    return 1;
  }
  const auto sent = flood(fd, arguments);
  ::close(fd);
  std::printf("{\"datagrams\": %llu, \"refused\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(sent.datagrams), static_cast<unsigned long long>(sent.refused),
              sent.seconds);
  return 0;
}

}  // namespace
}  // namespace keypact::bench

int main(int argc, char** argv) { return keypact::bench::run(argc, argv); }
