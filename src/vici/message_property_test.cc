#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vici/message_codec.h"
#include "vici/packet.h"

namespace keypact::vici {
namespace {

std::string arbitrary_octets() {
  const auto octets = *rc::gen::arbitrary<std::vector<char>>();
  return {octets.begin(), octets.end()};
}

std::string arbitrary_name() {
  const auto octets = *rc::gen::container<std::vector<char>>(rc::gen::inRange<char>(0x20, 0x7f));
  return {octets.begin(), octets.end()};
}

void fill(Section& section, int depth) {
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const auto name = arbitrary_name();
    switch (*rc::gen::inRange(0, depth > 0 ? 3 : 2)) {
      case 0: section.key(name, arbitrary_octets()); break;
      case 1: {
        Section::List items(*rc::gen::inRange<std::size_t>(0, 5));
        for (auto& item : items) item = arbitrary_octets();
        section.list(name, std::move(items));
        break;
      }
      default: fill(section.section(name), depth - 1);
    }
  }
}

RC_GTEST_PROP(MessageProperty, EveryMessageSurvivesEncodingAndDecoding, ()) {
  Message message;
  fill(message, 4);
  const auto decoded = decode_message(encode_message(message));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == message);
}

RC_GTEST_PROP(MessageProperty, WhateverIsDecodedEncodesToTheSameOctets, ()) {
  Message message;
  fill(message, 2);
  auto octets = encode_message(message);
  // A few octets are replaced: most of these are refused, the rest must come back as they went in.
  const int changes = octets.empty() ? 0 : *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    octets[*rc::gen::inRange<std::size_t>(0, octets.size())] = *rc::gen::inRange<std::uint8_t>(0, 8);
  }
  if (const auto decoded = decode_message(octets)) RC_ASSERT(encode_message(*decoded) == octets);
}

RC_GTEST_PROP(FrameProperty, AnyCuttingOfTheStreamGivesTheSamePackets, ()) {
  Octets stream;
  std::vector<Packet> sent(*rc::gen::inRange<std::size_t>(1, 4));
  for (auto& packet : sent) {
    packet = {PacketType::EVENT, "n" + arbitrary_name(), {}};
    fill(packet.message, 2);
    append(stream, *encode_frame(packet));
  }
  FrameDecoder decoder;
  std::vector<Packet> got;
  OctetView rest(stream);
  while (!rest.empty()) {
    const auto part = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    decoder.feed(rest.first(part));
    rest = rest.subspan(part);
    while (const auto frame = decoder.next().value()) got.push_back(decode_packet(*frame).value());
  }
  RC_ASSERT(got == sent);
}

}  // namespace
}  // namespace keypact::vici
