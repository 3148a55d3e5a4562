// Writes a capture file with one UDP datagram per sample message, for another implementation to decode: write_pcap FILE. The
// names of the samples go to standard output, a line each, in the order of the packets.
#include <fstream>
#include <iostream>

#include "tests/wire/samples.h"

namespace {

using namespace keypact;

constexpr std::uint16_t kIkePort = 500;

void little_endian(Octets& to, std::uint32_t value, unsigned octets) {
  for (unsigned i = 0; i < octets; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

Octets file_header() {
  constexpr std::uint32_t kRawIpv4 = 228;
  Octets header;
  little_endian(header, 0xa1b2c3d4, 4);
  little_endian(header, 2, 2);
  little_endian(header, 4, 2);
  little_endian(header, 0, 4);
  little_endian(header, 0, 4);
  little_endian(header, 65535, 4);
  little_endian(header, kRawIpv4, 4);
  return header;
}

/// IPv4 and UDP headers without checksums, then the message.
Octets packet(OctetView message) {
  constexpr std::size_t kUdp = 8;
  constexpr std::size_t kIp = 20;
  Writer out;
  out.u16(0x4500);
  out.u16(static_cast<std::uint16_t>(kIp + kUdp + message.size()));
  out.u32(0);
  out.u16(0x4011);
  out.u16(0);
  out.u32(0xc0000201);
  out.u32(0xc0000202);
  out.u16(kIkePort);
  out.u16(kIkePort);
  out.u16(static_cast<std::uint16_t>(kUdp + message.size()));
  out.u16(0);
  out.octets(message);
  return std::move(out).take();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_pcap FILE\n";
    return 2;
  }
  Octets capture = file_header();
  std::uint32_t second = 0;
  for (const auto& sample : wire::samples()) {
    const auto octets = packet(sample.message);
    little_endian(capture, ++second, 4);
    little_endian(capture, 0, 4);
    little_endian(capture, static_cast<std::uint32_t>(octets.size()), 4);
    little_endian(capture, static_cast<std::uint32_t>(octets.size()), 4);
    append(capture, octets);
    std::cout << sample.name << '\n';
  }
  std::ofstream file(argv[1], std::ios::binary);
  file << as_text(capture);
  return file.good() ? 0 : 1;
}
