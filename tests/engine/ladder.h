// Two engines, left and right, and a ladder of what they say to each other.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "ike/core/protection.h"
#include "sim/site_to_site.h"
#include "sim/world.h"

namespace keypact::sim {

/// Of ESP or AH.
inline const Secret& key_of(const PacketKeys& keys) {
  return keys.encryption.empty() ? keys.integrity : keys.encryption;
}

/// An additional key exchange of a proposal. RFC 9370 §2.2.1.
inline Transform additional(TransformType type, KeyExchangeMethod method) {
  return {type, static_cast<std::uint16_t>(method), std::nullopt};
}

class Ladder : public ::testing::Test {
 protected:
  Ladder() {
    auto [l, r] = left_and_right();
    left_site = l;
    right_site = r;
  }

  /// Starts both engines with the sites as they are now.
  void start() {
    world.add("left", left_site.local, left_site.snapshot());
    world.add("right", right_site.local, right_site.snapshot());
  }
  Node& left() { return world.node("left"); }
  Node& right() { return world.node("right"); }

  /// `left` brings up the child, and the world runs for `duration`.
  void initiate(const std::string& child = "lan", Duration duration = seconds(1)) {
    world.control(left(), ike::Initiate{ControlId{++request_}, "net", child, {}, {}});
    world.run_for(duration);
  }
  /// What is said from here on.
  void mark_ladder() { mark_ = world.ladder().size(); }
  [[nodiscard]] std::vector<std::string> ladder_since_mark() const {
    return {world.ladder().begin() + static_cast<std::ptrdiff_t>(mark_), world.ladder().end()};
  }
  /// The outcome of the last request; nothing when it worked.
  std::optional<ike::Refusal> refusal(Node& node) {
    const auto* done = node.last<ike::RequestDone>();
    EXPECT_NE(done, nullptr) << "the request has no outcome";
    return done != nullptr ? done->refusal : std::nullopt;
  }
  std::optional<ike::RefusalCode> refusal_code(Node& node) {
    const auto why = refusal(node);
    return why ? std::optional(why->code) : std::nullopt;
  }
  /// The outcome of that request; nothing when it worked.
  static std::optional<ike::RefusalCode> outcome(const Node& node, ControlId request) {
    for (const auto& event : node.events)
      if (const auto* done = std::get_if<ike::RequestDone>(&event); done != nullptr && done->request == request)
        return done->refusal ? std::optional(done->refusal->code) : std::nullopt;
    ADD_FAILURE() << "request " << request.value << " has no outcome";
    return std::nullopt;
  }
  static const ike::v2::EstablishedSa* established(Node& node) {
    for (const auto& [id, sa] : node.engine.ike_sas())
      if (sa.established() != nullptr) return sa.established();
    return nullptr;
  }
  static IkeSaId established_id(Node& node) {
    for (const auto& [id, sa] : node.engine.ike_sas())
      if (sa.established() != nullptr) return id;
    return {};
  }
  static std::size_t child_sas(Node& node) { return node.stack.child_sas().size(); }
  static std::size_t established_ike_sas(Node& node) {
    return static_cast<std::size_t>(std::ranges::count_if(
        node.engine.ike_sas(), [](const auto& entry) { return entry.second.established() != nullptr; }));
  }

  /// Both stacks hold the same pairs of SAs with the same keys, mirrored.
  void expect_mirrored_child_sas(std::size_t count) {
    EXPECT_EQ(child_sas(left()), count);
    EXPECT_EQ(child_sas(right()), count);
    for (const auto& [id, ours] : left().stack.child_sas()) {
      bool found = false;
      for (const auto& [other, theirs] : right().stack.child_sas()) {
        if (ours.inbound_spi != theirs.outbound_spi) continue;
        found = true;
        EXPECT_EQ(ours.outbound_spi, theirs.inbound_spi);
        EXPECT_TRUE(secret_equal(ours.inbound.encryption.reveal(), theirs.outbound.encryption.reveal()));
        EXPECT_TRUE(secret_equal(ours.outbound.encryption.reveal(), theirs.inbound.encryption.reveal()));
        EXPECT_TRUE(secret_equal(ours.inbound.integrity.reveal(), theirs.outbound.integrity.reveal()));
        EXPECT_FALSE(secret_equal(key_of(ours.inbound).reveal(), key_of(ours.outbound).reveal()));
        EXPECT_EQ(ours.local_selectors, theirs.remote_selectors);
        EXPECT_EQ(ours.remote_selectors, theirs.local_selectors);
        EXPECT_EQ(ours.esn, theirs.esn);
      }
      EXPECT_TRUE(found) << "no counterpart for an SA of the left side";
    }
  }

  /// A request that only left could have sealed, with any payloads and message ID.
  Octets sealed_by_left(ExchangeType exchange, std::uint32_t message_id, const std::vector<wire::Payload>& payloads,
                        bool response = false) {
    const auto& sa = left().engine.ike_sas().begin()->second;
    const auto& keys = sa.established()->parts().channel.keys();
    auto header = sa.record().header(exchange, message_id, response);
    return ike::seal_message(world.library(), random_, keys.initiator, 1000000 + message_id, header, payloads);
  }
  void to_right(Octets octets) {
    world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, std::move(octets)});
    world.run_for(milliseconds(100));
  }
  /// In worlds whose nonces differ: a left and a right end with one tunnel, which `story` takes up.
  template <typename Story>
  void in_six_worlds(const Story& story) {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
      SCOPED_TRACE(seed);
      World fresh(seed);
      auto& one = fresh.add("left", left_site.local, left_site.snapshot());
      auto& other = fresh.add("right", right_site.local, right_site.snapshot());
      fresh.control(one, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
      fresh.run_for(seconds(1));
      story(fresh, one, other);
    }
  }

  World world{1};
  SiteToSite left_site;
  SiteToSite right_site;

 private:
  std::uint64_t request_ = 1000000;
  SeededRandom random_{42};
  std::size_t mark_ = 0;
};

}  // namespace keypact::sim
