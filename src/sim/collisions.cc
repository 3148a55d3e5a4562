#include "sim/collisions.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <thread>

#include "crypto/key_exchange.h"
#include "sim/invariants.h"
#include "sim/site_to_site.h"

namespace keypact::sim {
namespace {

using Narrator = std::function<void(const std::string&)>;

constexpr auto kLeft = "left.example.org";
constexpr auto kRight = "right.example.org";
constexpr Duration kLivenessDelay = seconds(10);
/// Longer than jobs and the IPsec stack take.
constexpr Duration kWork = milliseconds(1);
/// Timers that run out in the same span count as the same.
constexpr Duration kSameTime = milliseconds(500);
/// Timers run out so often while an exchange is on its way; after that the rest is delivered as it comes.
constexpr unsigned kMostWaits = 24;
/// Of the same octets no more are under way at once: a third changes nothing that a second does not.
constexpr int kCopies = 2;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t number) {
  hash ^= number + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
  return hash * 0xbf58476d1ce4e5b9;
}
std::uint64_t name_of(const ike::Datagram& datagram) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto octet : datagram.octets) hash = (hash ^ octet) * 0x100000001b3;
  return hash;
}

/// Datagrams that an engine did nothing about, or answered with what it had answered before.
std::uint64_t dropped(const ike::Counters& counters) {
  return counters.retransmissions_answered + counters.out_of_window + counters.unknown_spi + counters.out_of_state +
         counters.not_authentic + counters.unparsable;
}

/// RFC 7296 §3.1. The only message that can begin something long after it was first heard.
bool begins_ike_sa(const ike::Datagram& datagram) {
  constexpr std::size_t kExchangeAt = 18;
  constexpr std::size_t kFlagsAt = 19;
  constexpr std::uint8_t kResponse = 0x20;
  constexpr std::uint8_t kIkeSaInit = 34;
  return datagram.octets[kExchangeAt] == kIkeSaInit && (datagram.octets[kFlagsAt] & kResponse) == 0;
}

/// RFC 7296 §1.5: an answer in clear that an SPI is not known, which is a hint at most.
bool is_hint(const ike::Datagram& datagram) {
  const auto message = wire::parse_message(datagram.octets);
  return message && !message->encrypted && message->header.exchange != ExchangeType::IKE_SA_INIT;
}

/// What all schedules share.
struct Laboratory {
  std::shared_ptr<crypto::Library> library = std::make_shared<crypto::Library>();
  SeededRandom random{1};
  crypto::Begun spare = *crypto::begin_key_exchange(*library, KeyExchangeMethod::CURVE25519, random);
  crypto::KeyExchangeState elsewhere = std::move(spare.state);  ///< leaves a hollow one
};

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
  Collided(const Collision& collision, Schedule& schedule, unsigned faults, Situations& situations,
           Laboratory& laboratory, const Narrator& narrator)
      : collision_(collision),
        schedule_(schedule),
        faults_left_(faults),
        situations_(situations),
        world_(collision.seed, laboratory.library),
        invariants_(world_) {
    world_.use_toy_key_exchange(laboratory.spare.state);
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
    if (collision.key_exchanges > 0) add_key_exchanges(collision.key_exchanges > 1);
    if (collision.at_left == Collider::check_liveness) left_site_.dpd_delay = kLivenessDelay;
    if (collision.at_right == Collider::check_liveness) right_site_.dpd_delay = kLivenessDelay;
    world_.add(kLeft, left_site_.local, with_two_children(left_site_));
    world_.add(kRight, right_site_.local, with_two_children(right_site_));
  }

  CollisionOutcome run() {
    ask(left(), ike::Initiate{{}, "net", "lan", {}, {}});
    world_.run_for(seconds(1));
    if (const auto due = left().engine.deadline()) world_.run_for(*due - world_.now() - microseconds(1));
    world_.set_judge([](const InFlight&) { return Fate::hold; });
    left_first_ = schedule_.choose(2) == 0;
    begin_one(left_first_);
    while (!is_over_ && !invariants_.broken().is_broken()) take_step();
    if (known_) return {invariants_.broken().words(), true};
    world_.set_judge({});
    for (const auto& copy : std::exchange(flying_, {})) world_.arrive(copy.datagram);
    world_.run_for(minutes(1));
    for (auto* site : {&left_site_, &right_site_}) site->dpd_delay = {};
    world_.configure(left(), with_two_children(left_site_));
    world_.configure(right(), with_two_children(right_site_));
    world_.run_for(minutes(10));
    check_outcome();
    tear_down();
    return {invariants_.broken().words(), false};
  }
  [[nodiscard]] std::size_t messages() const { return seen_.size(); }

 private:
  /// Of the Child SAs, and additional ones of all SAs.
  void add_key_exchanges(bool additional) {
    const Transform more{TransformType::ADDKE1, static_cast<std::uint16_t>(KeyExchangeMethod::CURVE448), std::nullopt};
    for (auto* site : {&left_site_, &right_site_}) {
      site->esp_proposals.front().transforms.push_back(key_exchange(KeyExchangeMethod::CURVE25519));
      if (!additional) continue;
      site->esp_proposals.front().transforms.push_back(more);
      site->ike_proposals.front().transforms.push_back(more);
    }
  }

  struct Copy {
    ike::Datagram datagram;
    std::uint64_t name = 0;
    auto operator<=>(const Copy& other) const { return name <=> other.name; }
    bool operator==(const Copy& other) const { return name == other.name; }
  };
  struct Action {
    enum class Kind : std::uint8_t { arrive, work, begin, wait } kind{};
    std::size_t copy = 0;
  };
  /// What becomes of the thought that a message comes again. The first two are choices, the others follow from them.
  struct Again {
    enum Taken : unsigned { comes, does_not, changes_nothing, changes_nothing_ever, is_answered_again };
  };

  std::uint64_t& history_of(const Node& node) { return &node == &left() ? left_history_ : right_history_; }
  Node& left() { return world_.node(kLeft); }
  Node& right() { return world_.node(kRight); }

  void begin_one(bool at_left) {
    auto& node = at_left ? left() : right();
    history_of(node) = mixed(history_of(node), 1);
    begin(node, at_left ? collision_.at_left : collision_.at_right);
    collect();
  }

  /// What the engines sent since the last time. Nobody can tell when a message is lost: it is as it is sent.
  void collect() {
    for (auto& datagram : world_.take_held()) {
      if (is_hint(datagram)) continue;  // lost: with them the schedules would be a multiple
      const auto name = name_of(datagram);
      const bool fresh = seen_.insert(name).second;
      const auto sent_again = [&](const Copy& copy) { return copy.name == name; };
      // Its retransmission is under way: what was late may arrive as well, from now on.
      if (!fresh && std::erase_if(late_, sent_again) > 0) set_free({datagram, name});
      Copy copy{std::move(datagram), name};
      if (faults_left_ > 0 && schedule_.choose(2) == 1) {
        --faults_left_;
        if (std::ranges::find(late_, copy) == late_.end()) late_.push_back(std::move(copy));
      } else if (std::ranges::count(flying_, copy) < kCopies) {
        flying_.push_back(std::move(copy));
      }
    }
  }
  void set_free(Copy copy) {
    if (std::ranges::find(free_, copy) == free_.end()) free_.push_back(std::move(copy));
  }

  static bool is_at_work(const Node& node) { return !node.jobs.empty() || !node.installations.empty(); }
  bool has_work() {
    return std::ranges::any_of(world_.nodes(), [](const auto& node) { return is_at_work(*node); });
  }
  /// Nobody waits for an answer, nor for a time to try again.
  bool is_at_rest() {
    return std::ranges::all_of(world_.nodes(), [](const auto& node) {
      return std::ranges::all_of(node->engine.ike_sas(), [](const auto& entry) {
        const auto* sa = entry.second.established();
        if (sa != nullptr) return sa->is_idle() && sa->standing() != ike::v2::Standing::undecided;
        return entry.second.is_half_open() || std::holds_alternative<ike::v2::Closed>(entry.second.state());
      });
    });
  }

  std::vector<Action> actions() {
    using enum Action::Kind;
    std::vector<Action> possible;
    std::ranges::sort(flying_);
    for (std::size_t i = 0; i < flying_.size(); ++i) {
      if (i > 0 && flying_[i] == flying_[i - 1]) continue;
      possible.push_back({arrive, i});
    }
    const bool works = has_work();
    if (works) possible.push_back({work, 0});
    if (!second_begun_) possible.push_back({begin, 0});
    if (flying_.empty() && !works && !is_at_rest()) possible.push_back({wait, 0});
    return possible;
  }

  void take_step() {
    if (schedule_.is_new() && !situations_.insert(situation()).second) {
      is_over_ = known_ = true;
      return;
    }
    if (something_comes_again()) return collect();
    const auto possible = actions();
    if (possible.empty() && !late_.empty()) {
      // Nothing is sent again: it comes when all is over, or never.
      auto late = std::exchange(late_, {});
      if (schedule_.choose(2) == 0) return std::ranges::move(late, std::back_inserter(flying_)), void();
    }
    if (possible.empty() || waits_ > kMostWaits) {
      is_over_ = true;
      return;
    }
    const auto chosen = possible.size() == 1 ? 0 : schedule_.choose(static_cast<unsigned>(possible.size()));
    perform(possible[chosen]);
    collect();
    check_no_gap();
  }

  /// Make before break: what is only replaced carries traffic all the time.
  void check_no_gap() {
    if (has(Collider::delete_child) || has(Collider::delete_ike)) return;
    for (const auto* node : {&left(), &right()}) {
      const bool carries = std::ranges::any_of(node->engine.ike_sas(), [](const auto& entry) {
        const auto* sa = entry.second.established();
        return sa != nullptr && std::ranges::any_of(sa->children(), [](const auto& child) {
                 return child.second.name == "lan" && child.second.is_current() && child.second.in_stack;
               });
      });
      if (!carries) invariants_.report(7, node->name, "no Child SA carries the traffic of lan");
    }
  }

  /// A message that was heard comes once more: one that was late, or another one, which is a fault. What changes nothing by that is no
  /// choice: the schedule goes on as if it had not come, for it could still come later.
  bool something_comes_again() {
    for (std::size_t i = 0; i < free_.size();) {
      const auto copy = free_[i];
      const auto taken = try_again(copy);
      if (taken == Again::is_answered_again) {
        // The answer is under way once more.
        for (auto& datagram : heard_again_) {
          const auto name = name_of(datagram);
          set_free({std::move(datagram), name});
        }
      }
      if (taken == Again::comes || (taken > Again::changes_nothing && !begins_ike_sa(copy.datagram)))
        std::erase(free_, copy);
      else ++i;
      if (taken == Again::comes) return true;
    }
    if (faults_left_ == 0) return false;
    for (std::size_t i = 0; i < heard_.size(); ++i) {
      const auto copy = heard_[i];
      const auto taken = try_again(copy);
      if (taken == Again::comes) {
        --faults_left_;
        return true;
      }
      if (taken > Again::changes_nothing && !begins_ike_sa(copy.datagram))
        heard_.erase(heard_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
    return false;
  }

  unsigned try_again(const Copy& copy) {
    const bool is_new = schedule_.is_new();
    const auto taken = schedule_.choose(2);
    if (taken == Again::comes || taken == Again::is_answered_again) {
      const auto before = is_new ? situation() : 0;
      const auto& counters = receiver_of(copy).engine.counters();
      const auto too_late = counters.unknown_spi + counters.out_of_window;
      deliver(copy);
      if (taken == Again::comes && (!is_new || situation() != before)) return Again::comes;
      heard_again_ = world_.take_held();
      std::erase_if(heard_again_, is_hint);
      if (!is_new) return taken;
      if (!heard_again_.empty()) return schedule_.settle(Again::is_answered_again);
      // Message IDs and SPIs do not come back. While the receiver works it does not look.
      const bool is_past = counters.unknown_spi + counters.out_of_window > too_late && !is_at_work(receiver_of(copy));
      return schedule_.settle(is_past ? Again::changes_nothing_ever : Again::changes_nothing);
    }
    return taken;
  }

  void perform(const Action& action) {
    using enum Action::Kind;
    if (action.kind == work) {
      for (auto* node : {&left(), &right()})
        if (is_at_work(*node)) history_of(*node) = mixed(history_of(*node), 4);
      return world_.run_for(kWork);
    }
    if (action.kind == wait) return wait_for_timer();
    if (action.kind == begin) {
      second_begun_ = true;
      return begin_one(!left_first_);
    }
    auto copy = std::move(flying_[action.copy]);
    flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(action.copy));
    deliver(copy);
    if (faults_left_ > 0 && std::ranges::find(heard_, copy) == heard_.end()) heard_.push_back(std::move(copy));
  }

  Node& receiver_of(const Copy& copy) { return copy.datagram.remote.address == left_site_.local ? left() : right(); }
  void deliver(const Copy& copy) {
    auto& node = receiver_of(copy);
    const auto before = dropped(node.engine.counters());
    world_.arrive(copy.datagram);
    const auto& step = world_.last_step();
    const bool nothing_new = step.outputs == step.sent.size() && std::ranges::all_of(step.sent, [&](const auto& sent) {
                               return is_hint(sent) || seen_.contains(name_of(sent));
                             });
    // What changed nothing is as if it had not come.
    if (nothing_new && dropped(node.engine.counters()) > before) return;
    history_of(node) = mixed(history_of(node), copy.name);
  }

  void wait_for_timer() {
    ++waits_;
    std::optional<Instant> due;
    for (const auto& node : world_.nodes())
      if (node->timer && (!due || *node->timer < *due)) due = node->timer;
    if (!due) {
      is_over_ = true;
      return;
    }
    for (auto* node : {&left(), &right()}) {
      if (!node->timer || *node->timer > *due) continue;
      const auto events = node->events.size();
      const auto sent_again = node->engine.counters().retransmissions_sent;
      world_.run_for(*due - world_.now());
      const bool only_again =
          node->events.size() == events && node->engine.counters().retransmissions_sent > sent_again;
      if (!only_again) history_of(*node) = mixed(history_of(*node), 2);
    }
  }

  /// See Situations.
  std::uint64_t situation() {
    auto hash = mixed(mixed(left_history_, right_history_), (left_first_ ? 1 : 0) + (second_begun_ ? 2 : 0));
    for (const auto* copies : {&flying_, &late_, &free_}) {
      std::uint64_t sum = 0;
      for (const auto& copy : *copies) sum += mixed(3, copy.name);
      hash = mixed(hash, sum);
    }
    hash = mixed(hash, faults_left_);
    for (const auto& node : world_.nodes()) {
      hash = mixed(hash, node->jobs.size() * 16 + node->installations.size());
      for (const auto& [id, sa] : node->engine.ike_sas()) {
        const auto deadline = sa.deadline();
        const auto due = deadline ? (*deadline - world_.now() + kSameTime / 2) / kSameTime : -1;
        hash = mixed(hash, static_cast<std::uint64_t>(due));
      }
    }
    return hash;
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
  unsigned faults_left_;
  Situations& situations_;
  bool left_first_ = true;
  bool second_begun_ = false;
  bool is_over_ = false;
  bool known_ = false;
  unsigned waits_ = 0;
  std::vector<Copy> flying_;
  std::vector<Copy> late_;                  ///< lost, or until it is sent again
  std::vector<Copy> free_;                  ///< of what was late: may come at any time, or never
  std::vector<Copy> heard_;                 ///< may come again while faults are left
  std::vector<ike::Datagram> heard_again_;  ///< the answer to what came again
  std::unordered_set<std::uint64_t> seen_;  ///< all messages
  std::uint64_t left_history_ = 0;          ///< what it read, was asked and did in its own time, in order
  std::uint64_t right_history_ = 0;
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

unsigned Schedule::settle(unsigned taken) {
  choices_[next_ - 1] = {taken, taken + 1};
  return taken;
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

CollisionOutcome run_collision(const Collision& collision, Schedule& schedule, unsigned faults, Situations& situations,
                               const Narrator& narrator) {
  Laboratory laboratory;
  return Collided(collision, schedule, faults, situations, laboratory, narrator).run();
}

namespace {

CollisionSum run_world(const CollisionPlan& plan, std::uint64_t seed, const Narrator& print) {
  CollisionSum sum;
  Laboratory laboratory;
  for (std::size_t pair = 0; pair < kColliders * kColliders; ++pair) {
    const Collision collision{static_cast<Collider>(pair / kColliders), static_cast<Collider>(pair % kColliders), seed,
                              plan.key_exchanges};
    const bool both_reauthenticate =
        collision.at_left == Collider::reauthenticate && collision.at_right == Collider::reauthenticate;
    const auto faults = both_reauthenticate ? plan.both_reauthenticate : plan.faults;
    Schedule schedule;
    Situations situations;
    const auto schedules = sum.schedules;
    do {
      ++sum.schedules;
      Collided collided(collision, schedule, faults, situations, laboratory, {});
      const auto outcome = collided.run();
      sum.ended += outcome.known ? 0 : 1;
      sum.messages = std::max(sum.messages, collided.messages());
      if (outcome.broken.empty()) continue;
      sum.broken = std::string(to_string(collision.at_left)) + " and " + std::string(to_string(collision.at_right)) +
                   ", schedule " + schedule.to_string() + ": " + outcome.broken;
      // Once more, with the story of it.
      Schedule same = schedule;
      same.rewind();
      Situations none;
      (void)run_collision(collision, same, faults, none, print);
      return sum;
    } while (schedule.advance());
    sum.situations += situations.size();
    print(std::string(to_string(collision.at_left)) + " and " + std::string(to_string(collision.at_right)) + ": " +
          std::to_string(sum.schedules - schedules) + " schedules, " + std::to_string(situations.size()) +
          " situations");
  }
  return sum;
}

}  // namespace

CollisionSum run_collisions(const CollisionPlan& plan, unsigned worlds, const Narrator& print) {
  std::mutex printing;
  const auto one_at_a_time = [&](const std::string& line) {
    const std::lock_guard lock(printing);
    print(line);
  };
  std::vector<CollisionSum> sums(worlds);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < worlds; ++i)
    threads.emplace_back([&, i] { sums[i] = run_world(plan, i + 1, one_at_a_time); });
  for (auto& thread : threads) thread.join();
  CollisionSum sum;
  for (unsigned i = 0; i < worlds; ++i) {
    sum.schedules += sums[i].schedules;
    sum.ended += sums[i].ended;
    sum.situations += sums[i].situations;
    sum.messages = std::max(sum.messages, sums[i].messages);
    if (sum.broken.empty() && !sums[i].broken.empty())
      sum.broken = "seed " + std::to_string(i + 1) + ", " + sums[i].broken;
  }
  return sum;
}

}  // namespace keypact::sim
