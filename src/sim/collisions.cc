#include "sim/collisions.h"

#include <algorithm>
#include <array>

#include "sim/invariants.h"
#include "sim/site_to_site.h"

namespace keypact::sim {
namespace {

using Narrator = std::function<void(const std::string&)>;

constexpr auto kLeft = "left.example.org";
constexpr auto kRight = "right.example.org";
constexpr Duration kLivenessDelay = seconds(10);
/// The right side begins that much later: before the left side's first message arrives, while it is answered, and afterwards.
constexpr std::array kOffsets = {Duration{}, Duration{microseconds(500)}, Duration{microseconds(1500)},
                                 Duration{microseconds(2500)}, Duration{milliseconds(4)}};
constexpr std::array kFates = {Fate::deliver, Fate::drop, Fate::duplicate, Fate::late, Fate::overdue};

/// The second child protects other networks than the first.
std::shared_ptr<const config::Snapshot> with_two_children(const SiteToSite& site) {
  auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
  auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
  auto& second = connection->children.back();
  second.local_ts = {{false, TrafficSelector::of(site.local)}};
  second.remote_ts = {{false, TrafficSelector::of(site.remote)}};
  snapshot->connections = {std::move(connection)};
  return snapshot;
}

class Collided {
 public:
  Collided(const Collision& collision, Schedule& schedule, unsigned messages, const Narrator& narrator)
      : collision_(collision), schedule_(schedule), messages_(messages), world_(1), invariants_(world_) {
    world_.set_narrator(narrator);
    world_.set_tracing(static_cast<bool>(narrator));
    std::tie(left_site_, right_site_) = left_and_right();
    for (auto* site : {&left_site_, &right_site_}) {
      site->more_children = {"lan2"};
      site->ike_proposals = {{ProtocolId::IKE,
                              {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                               key_exchange(KeyExchangeMethod::CURVE25519)}}};
      site->esp_proposals = {{ProtocolId::ESP,
                              {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                               sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
    }
    if (collision.at_left == Collider::check_liveness) left_site_.dpd_delay = kLivenessDelay;
    if (collision.at_right == Collider::check_liveness) right_site_.dpd_delay = kLivenessDelay;
    world_.add(kLeft, left_site_.local, with_two_children(left_site_));
    world_.add(kRight, right_site_.local, with_two_children(right_site_));
  }

  std::string run() {
    ask(left(), ike::Initiate{{}, "net", "lan", {}, {}});
    world_.run_for(seconds(1));
    if (const auto due = left().engine.deadline()) world_.run_for(*due - world_.now() - microseconds(1));
    world_.set_judge([this](const InFlight&) { return judge(); });
    begin(left(), collision_.at_left);
    world_.run_for(kOffsets[schedule_.choose(kOffsets.size())]);
    begin(right(), collision_.at_right);
    world_.run_for(minutes(1));
    world_.set_judge({});
    for (auto* site : {&left_site_, &right_site_}) site->dpd_delay = {};
    world_.configure(left(), with_two_children(left_site_));
    world_.configure(right(), with_two_children(right_site_));
    world_.run_for(minutes(10));
    check_outcome();
    tear_down();
    return invariants_.broken().words();
  }

 private:
  Node& left() { return world_.node(kLeft); }
  Node& right() { return world_.node(kRight); }

  Fate judge() {
    if (judged_ >= messages_) return Fate::deliver;
    ++judged_;
    return kFates[schedule_.choose(kFates.size())];
  }

  template <class Request>
  void ask(Node& node, Request request) {
    request.id = ControlId{++requests_};
    invariants_.events.asked(node, request.id, world_.now());
    world_.control(node, request);
  }

  void begin(Node& node, Collider collider) {
    const auto ike_sa = only_ike_sa(node);
    const auto child = only_child(node);
    switch (collider) {
      case Collider::create_child: return ask(node, ike::Initiate{{}, "net", "lan2", {}, {}});
      case Collider::rekey_child: return child ? ask(node, ike::RekeyChild{{}, *child}) : void();
      case Collider::delete_child: return child ? ask(node, ike::TerminateChild{{}, *child}) : void();
      case Collider::rekey_ike: return ike_sa ? ask(node, ike::RekeyIke{{}, *ike_sa, false}) : void();
      case Collider::delete_ike: return ike_sa ? ask(node, ike::TerminateIke{{}, *ike_sa, false}) : void();
      case Collider::reauthenticate: return ike_sa ? ask(node, ike::RekeyIke{{}, *ike_sa, true}) : void();
      case Collider::check_liveness: return;  // comes by time
    }
  }

  static std::vector<IkeSaId> serving(const Node& node) {
    std::vector<IkeSaId> found;
    for (const auto& [id, sa] : node.engine.ike_sas())
      if (sa.established() != nullptr && sa.established()->serves()) found.push_back(id);
    return found;
  }
  static std::optional<IkeSaId> only_ike_sa(const Node& node) {
    const auto found = serving(node);
    return found.empty() ? std::nullopt : std::optional(found.back());
  }
  static std::optional<ChildSaId> only_child(const Node& node) {
    const auto ike_sa = only_ike_sa(node);
    if (!ike_sa) return std::nullopt;
    for (const auto& [id, child] : node.engine.ike_sas().at(*ike_sa).established()->children())
      if (child.is_current()) return id;
    return std::nullopt;
  }
  static std::size_t children(const Node& node, const std::string& name) {
    std::size_t found = 0;
    for (const auto id : serving(node))
      for (const auto& [child_id, child] : node.engine.ike_sas().at(id).established()->children())
        found += child.name == name && child.is_current() ? 1 : 0;
    return found;
  }
  [[nodiscard]] bool has(Collider collider) const {
    return collision_.at_left == collider || collision_.at_right == collider;
  }

  void check_outcome() {
    invariants_.check_all_answered();
    const bool ike_stays = !has(Collider::delete_ike);
    check_count("IKE SA", serving(left()).size(), serving(right()).size(), ike_stays);
    check_count("Child SA lan", children(left(), "lan"), children(right(), "lan"),
                ike_stays && !has(Collider::delete_child));
    check_count("Child SA lan2", children(left(), "lan2"), children(right(), "lan2"),
                ike_stays && has(Collider::create_child));
    for (const auto* node : {&left(), &right()}) {
      invariants_.check_agreement(*node);
      if (node->engine.deadline()) invariants_.report(3, node->name, "a timer is left");
    }
  }

  void check_count(const char* what, std::size_t at_left, std::size_t at_right, bool one) {
    if (at_left == at_right && at_left <= 1 && (!one || at_left == 1)) return;
    invariants_.report(2, "both",
                       std::string(what) + ": " + std::to_string(at_left) + " at the left, " +
                           std::to_string(at_right) + " at the right" + (one ? ", wanted 1" : ""));
  }

  void tear_down() {
    for (const auto id : serving(left())) ask(left(), ike::TerminateIke{{}, id, false});
    world_.run_for(minutes(5));
    for (const auto* node : {&left(), &right()}) invariants_.check_baseline(*node);
  }

  Collision collision_;
  Schedule& schedule_;
  unsigned messages_;
  unsigned judged_ = 0;
  std::uint64_t requests_ = 0;
  SiteToSite left_site_;
  SiteToSite right_site_;
  World world_;
  Invariants invariants_;
};

}  // namespace

std::string_view to_string(Collider collider) {
  switch (collider) {
    case Collider::create_child: return "create-child";
    case Collider::rekey_child: return "rekey-child";
    case Collider::delete_child: return "delete-child";
    case Collider::rekey_ike: return "rekey-ike";
    case Collider::delete_ike: return "delete-ike";
    case Collider::reauthenticate: return "reauthenticate";
    case Collider::check_liveness: return "check-liveness";
  }
  return "unknown";
}

unsigned Schedule::choose(unsigned options) {
  if (next_ == choices_.size()) choices_.push_back({0, options});
  return choices_[next_++].taken;
}

bool Schedule::advance() {
  // What lies behind the last choice that was asked for belongs to another path.
  choices_.resize(next_);
  next_ = 0;
  while (!choices_.empty() && ++choices_.back().taken == choices_.back().options) choices_.pop_back();
  return !choices_.empty();
}

std::string Schedule::to_string() const {
  std::string text;
  for (const auto& choice : choices_) text += std::to_string(choice.taken);
  return text;
}

std::string run_collision(const Collision& collision, Schedule& schedule, unsigned messages, const Narrator& narrator) {
  return Collided(collision, schedule, messages, narrator).run();
}

CollisionSum run_collisions(unsigned messages, const Narrator& print) {
  CollisionSum sum;
  for (std::size_t pair = 0; pair < kColliders * kColliders; ++pair) {
    const Collision collision{static_cast<Collider>(pair / kColliders), static_cast<Collider>(pair % kColliders)};
    Schedule schedule;
    do {
      ++sum.schedules;
      auto broken = run_collision(collision, schedule, messages);
      if (broken.empty()) continue;
      sum.broken = std::string(to_string(collision.at_left)) + " and " + std::string(to_string(collision.at_right)) +
                   ", schedule " + schedule.to_string() + ": " + broken;
      // Once more, with the story of it.
      Schedule same = schedule;
      same.rewind();
      (void)run_collision(collision, same, messages, print);
      return sum;
    } while (schedule.advance());
  }
  return sum;
}

}  // namespace keypact::sim
