// What the ladders with post-quantum preshared keys share.
#pragma once

#include "tests/engine/ladder.h"

namespace keypact::sim {

/// What one end has of PPKs.
struct Knows {
  std::optional<std::string> id;  ///< ppk_id
  bool required = false;
  std::string known = "lab";                                ///< id of its secret
  std::string secret = "0123456789abcdef0123456789abcdef";  ///< empty: none
};

inline std::shared_ptr<const config::Snapshot> with_ppk(const SiteToSite& site, const Knows& knows) {
  auto connection = std::make_shared<config::Connection>(*site.connection());
  if (knows.id) connection->ppk_id = to_octets(as_octets(*knows.id));
  connection->ppk_required = knows.required;
  auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
  snapshot->connections = {connection};
  if (!knows.secret.empty())
    snapshot->ppks = {std::make_shared<config::Ppk>(
        config::Ppk{"ppk-1", {to_octets(as_octets(knows.known))}, Secret::copy_of(as_octets(knows.secret))})};
  return snapshot;
}

class PpkLadder : public Ladder {
 protected:
  void start_with(const Knows& ours, const Knows& theirs) { start_with(world, ours, theirs); }
  /// Of the initiator.
  struct Keys {
    Octets of_ike;
    Octets of_child;
  };
  /// The same world but for the PPK: what is random in it is the same.
  std::array<Keys, 2> keys_of_two_ppks() {
    return {keys_with("0123456789abcdef0123456789abcdef"), keys_with("another one, with as many octets")};
  }
  void expect_tunnel(bool with) {
    ASSERT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
    for (auto* node : {&left(), &right()})
      EXPECT_EQ(node->engine.ike_sas().at(established_id(*node)).record().ppk, with);
  }
  std::optional<ike::RefusalCode> refused_by_right() {
    const auto* refused = right().last<ike::Refused>();
    return refused != nullptr ? std::optional(refused->refusal.code) : std::nullopt;
  }
  void expect_nothing() {
    EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
    EXPECT_EQ(established_ike_sas(left()) + established_ike_sas(right()), 0u);
  }
  bool right_knows_rfc_9867 = true;
  const Knows none_{{}, false, "", ""};

 private:
  Node& start_with(World& here, const Knows& ours, const Knows& theirs) {
    auto& node = here.add("left", left_site.local, with_ppk(left_site, ours));
    ike::Options options;
    options.ppk_in_intermediate = right_knows_rfc_9867;
    here.set_options(options);
    here.add("right", right_site.local, with_ppk(right_site, theirs));
    return node;
  }
  Keys keys_with(const char* secret) {
    World fresh(3);
    auto& one = start_with(fresh, {"lab", true, "lab", secret}, {"lab", true, "lab", secret});
    fresh.control(one, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    fresh.run_for(seconds(1));
    EXPECT_EQ(one.stack.child_sas().size(), 1u);
    return {to_octets(key_of(established(one)->parts().channel.keys().initiator).reveal()),
            to_octets(key_of(one.stack.child_sas().begin()->second.inbound).reveal())};
  }
};

}  // namespace keypact::sim
