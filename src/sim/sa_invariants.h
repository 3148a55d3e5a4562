// What must be true of the SAs, policies and tables of the nodes of a world. RFC 4301 §4.4, RFC 7296 §1.3, §1.4, §2.4, §2.9.
#pragma once

#include <unordered_map>

#include "sim/engine_invariants.h"

namespace keypact::sim {

class SaInvariants {
 public:
  explicit SaInvariants(World& world) : world_(world) {}

  /// The node of the last step, and its SAs beside those of the peers.
  void check(const Step& step, BrokenInvariant& broken);
  /// All Child SAs of the node are also at their peers, now.
  void check_agreement(const Node& node, BrokenInvariant& broken) const;
  /// The IKE SAs whose peer does not hold them established, or that one end has moved away from.
  [[nodiscard]] std::vector<IkeSaId> one_sided(const Node& node) const;

 private:
  struct Owner {
    const ike::v2::IkeSa* ike_sa = nullptr;
    const ike::v2::ChildSa* child = nullptr;
  };
  [[nodiscard]] static std::map<ChildSaId, Owner> owners(const Node& node);
  /// Who the peer says that it is: its address may be that of a NAT, or an old one.
  [[nodiscard]] const Node* peer_of(const ike::v2::IkeSa& sa) const;
  [[nodiscard]] const ipsec::ChildSa* counterpart(const Owner& owner, const ipsec::ChildSa& sa) const;
  [[nodiscard]] bool peer_holds(const Node& node, const ike::v2::IkeSa& sa) const;
  [[nodiscard]] bool is_stranded(const Node& node, const ike::v2::IkeSa& sa) const;
  [[nodiscard]] std::optional<Duration> longest_alone(const Node& node, const Owner& owner) const;

  void check_child_sas(const Node& node, BrokenInvariant& broken);
  void check_pair(const Node& node, const Owner& owner, const ipsec::ChildSa& sa, BrokenInvariant& broken);
  void check_keys(const Node& node, const Owner& owner, const ipsec::ChildSa& sa, BrokenInvariant& broken);
  using NamedChild = std::tuple<const Node*, const Node*, std::string>;  ///< of the first, with the second
  [[nodiscard]] std::map<NamedChild, std::size_t> current_children(const Node& node,
                                                                   const std::map<ChildSaId, Owner>& owners) const;
  void check_numbers(const Node& node, const std::map<ChildSaId, Owner>& owners, BrokenInvariant& broken);
  void check_identity(const Node& node, const ike::v2::IkeSa& sa, BrokenInvariant& broken);
  [[nodiscard]] bool is_due(const Step& step);
  void check_replacements(const Step& step, BrokenInvariant& broken) const;

  using NodeChild = std::tuple<const Node*, unsigned, ChildSaId>;  ///< of one life of the node
  World& world_;
  EngineInvariants engine_;
  std::map<NamedChild, Instant> doubled_since_;
  std::map<NodeChild, Instant> alone_since_;
  std::unordered_map<std::string, std::string> spi_of_key_;
  std::set<NodeChild> keys_seen_;
  std::map<NodeChild, std::pair<std::vector<TrafficSelector>, std::vector<TrafficSelector>>> selectors_of_;
  std::set<const Node*> configured_;
  bool reconfigured_ = false;  ///< somebody, a second time
  std::set<std::tuple<const Node*, unsigned, IkeSaId>> identities_seen_;
  std::map<const Node*, std::size_t> unchecked_;  ///< events since its SAs were looked at
};

}  // namespace keypact::sim
