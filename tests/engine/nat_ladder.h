// Two engines with a NAT in front of one or both of them, and all that a NAT does: other endpoints, and other ones again later.
#pragma once

#include <deque>

#include "tests/engine/ladder.h"

namespace keypact::sim {

/// RFC 4787 calls it address and port translation, with mappings that do not depend on the destination.
class NatBox {
 public:
  explicit NatBox(std::string_view outside) : outside_(*IpAddress::parse(outside)) {}

  [[nodiscard]] const IpAddress& outside() const { return outside_; }
  /// What comes to this port outside goes to the same port of this host inside.
  void forward(const IpAddress& inside) {
    for (const std::uint16_t port : {std::uint16_t{500}, std::uint16_t{4500}}) mappings_[{inside, port}] = port;
  }
  Endpoint out(const Endpoint& inside) {
    const auto [mapping, fresh] = mappings_.try_emplace(inside, next_port_);
    if (fresh) ++next_port_;
    return {outside_, mapping->second};
  }
  std::optional<Endpoint> in(const Endpoint& outside) const {
    for (const auto& [inside, port] : mappings_)
      if (outside == Endpoint{outside_, port}) return inside;
    return std::nullopt;
  }
  /// Everything is forgotten; what comes next gets another port.
  void reboot() { mappings_.clear(); }
  void change_address(std::string_view outside) {
    outside_ = *IpAddress::parse(outside);
    reboot();
  }

 private:
  IpAddress outside_;
  std::map<Endpoint, std::uint16_t> mappings_;
  std::uint16_t next_port_ = 40001;
};

class NatLadder : public Ladder {
 protected:
  /// What came to a node.
  struct Delivery {
    Node* to = nullptr;
    ike::Datagram datagram;
  };

  NatLadder() {
    world.set_judge([this](const InFlight& packet) {
      wire_.push_back(packet.datagram);
      return Fate::drop;
    });
  }

  void put_left_behind_nat() {
    left_box_.emplace("198.51.100.7");
    right_site.remote = left_box_->outside();
  }
  /// Behind a NAT that forwards the ports of IKE to it.
  void put_right_behind_nat() {
    right_box_.emplace("203.0.113.9");
    right_box_->forward(right_site.local);
    left_site.remote = right_box_->outside();
  }
  NatBox& left_box() { return *left_box_; }
  NatBox& right_box() { return *right_box_; }

  /// Decides which datagrams pass, as the receiver sees them.
  std::function<bool(Node& to, ike::Datagram&)> passes;

  void run(Duration duration) {
    const auto until = world.now() + duration;
    do
      while (!wire_.empty()) carry();
    while (world.step(until));
    world.run_for(until - world.now());
  }
  void bring_up() {
    world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}});
    run(seconds(1));
    ASSERT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
  }
  void ask(Node& node, const ike::ControlRequest& request, Duration duration = seconds(1)) {
    world.control(node, request);
    run(duration);
  }
  /// Long enough for what was replaced to be gone.
  void rekey_child(Node& node, Duration duration = seconds(15)) {
    ask(node, ike::RekeyChild{ControlId{78}, node.stack.child_sas().begin()->first}, duration);
  }
  void rekey_ike(Node& node) { ask(node, ike::RekeyIke{ControlId{79}, established_id(node), false}); }

  static const ike::v2::IkeSaRecord& record(Node& node) { return node.engine.ike_sas().at(serving(node)).record(); }
  static IkeSaId serving(Node& node) {
    for (const auto& [id, sa] : node.engine.ike_sas())
      if (sa.established() != nullptr && sa.established()->serves()) return id;
    return {};
  }
  /// Where the stack sends the ESP of all its SAs; an endpoint of port 0 when they do not agree.
  static Endpoint esp_goes_to(Node& node) {
    std::set<Endpoint> remotes;
    for (const auto& [id, sa] : node.stack.child_sas()) remotes.insert(sa.remote);
    return remotes.size() == 1 ? *remotes.begin() : Endpoint{};
  }

  std::vector<Delivery> deliveries;

 private:
  std::optional<NatBox>& box_of(const IpAddress& inside) { return inside == left_site.local ? left_box_ : right_box_; }
  void carry() {
    const auto sent = std::move(wire_.front());
    wire_.pop_front();
    auto& source_box = box_of(sent.local.address);
    const auto source = source_box ? source_box->out(sent.local) : sent.local;
    std::optional<Endpoint> target = sent.remote;
    for (const auto* box : {&left_box_, &right_box_})
      if (*box && (*box)->outside() == sent.remote.address) target = (*box)->in(sent.remote);
    if (!target) return;
    auto* to = world.node_at(target->address);
    if (to == nullptr) return;
    ike::Datagram seen{*target, source, sent.octets};
    if (passes && !passes(*to, seen)) return;
    deliveries.push_back({to, seen});
    world.inject(*to, std::move(seen));
  }

  std::optional<NatBox> left_box_;
  std::optional<NatBox> right_box_;
  std::deque<ike::Datagram> wire_;
};

}  // namespace keypact::sim
