#include "sim/world.h"

#include "base/check.h"
#include "jobs/run_job.h"

namespace keypact::sim {
namespace {

constexpr Duration kJobDelay = microseconds(100);
constexpr Duration kStackDelay = microseconds(50);

/// FNV-1a over whatever happened, so that two runs of one seed can be compared.
std::uint64_t mixed(std::uint64_t hash, OctetView octets) {
  for (const auto octet : octets) hash = (hash ^ octet) * 0x100000001b3;
  return hash;
}

}  // namespace

World::World(std::uint64_t seed) : random_(seed) {}

Node& World::add(const std::string& name, const IpAddress& address,
                 std::shared_ptr<const config::Snapshot> configuration) {
  nodes_.push_back(std::make_unique<Node>(name, address, library_, random_.u64(), now_));
  auto& node = *nodes_.back();
  node.engine.set_tracing(true);
  node.engine.set_configuration(now_, std::move(configuration));
  collect(node);
  return node;
}

Node& World::node(std::string_view name) {
  for (auto& node : nodes_)
    if (node->name == name) return *node;
  CHECK(!"a node of this name");
}

Node* World::node_at(const IpAddress& address) {
  for (auto& node : nodes_)
    if (node->address == address) return node.get();
  return nullptr;
}

void World::schedule(Duration delay, Node& node, Happening happening) {
  agenda_.emplace(std::pair{now_ + delay, ++sequence_}, Scheduled{&node, std::move(happening)});
}

Duration World::link_delay() {
  const auto spread = faults_.most_delay - faults_.least_delay;
  if (spread <= Duration{}) return faults_.least_delay;
  return faults_.least_delay + Duration(random_.below(static_cast<std::uint64_t>(spread.count()) + 1));
}

void World::deliver(const ike::Datagram& datagram) {
  auto* to = node_at(datagram.remote.address);
  if (to == nullptr) return;
  // Seen from the other end.
  schedule(link_delay(), *to, ike::Datagram{datagram.remote, datagram.local, datagram.octets});
}

void World::transmit(Node& from, ike::Datagram datagram) {
  trace_hash_ = mixed(trace_hash_, datagram.octets);
  const auto fate = judge_ ? judge_({from, datagram, ++sent_}) : Fate::deliver;
  if (fate == Fate::drop) return;
  if (fate == Fate::hold) return held_.push_back(std::move(datagram));
  if (random_.chance(faults_.loss)) return;
  deliver(datagram);
  if (fate == Fate::duplicate || random_.chance(faults_.duplication)) deliver(datagram);
}

void World::release_held() {
  for (const auto& datagram : std::exchange(held_, {})) deliver(datagram);
}

void World::note(const Node& node, const ike::Event& event) {
  const auto* message = std::get_if<ike::MessageTraced>(&event);
  if (message == nullptr || !message->sent) return;
  ladder_.push_back(node.name + "  " + to_string(message->exchange) + (message->response ? " response " : " request ") +
                    std::to_string(message->message_id) + "  " + message->notation);
}

void World::collect(Node& node) {
  for (auto& output : node.engine.take_outputs()) {
    if (auto* datagram = std::get_if<ike::Datagram>(&output)) {
      transmit(node, std::move(*datagram));
    } else if (auto* job = std::get_if<ike::Job>(&output)) {
      schedule(kJobDelay, node, std::move(*job));
    } else if (auto* request = std::get_if<ipsec::StackRequest>(&output)) {
      if (auto event = node.stack.apply(std::move(*request))) schedule(kStackDelay, node, std::move(*event));
    } else if (auto* event = std::get_if<ike::Event>(&output)) {
      note(node, *event);
      node.events.push_back(std::move(*event));
    }
  }
  if (observer_) observer_(*this);
}

void World::control(Node& node, const ike::ControlRequest& request) {
  node.engine.on_control(now_, request);
  collect(node);
}

void World::inject(Node& node, ike::Datagram datagram) {
  node.engine.on_datagram(now_, datagram);
  collect(node);
}

bool World::step(Instant until) {
  Node* due = nullptr;
  std::optional<Instant> timer;
  for (auto& node : nodes_) {
    const auto deadline = node->engine.deadline();
    if (deadline && (!timer || *deadline < *timer)) {
      timer = deadline;
      due = node.get();
    }
  }
  const bool agenda_first = !agenda_.empty() && (!timer || agenda_.begin()->first.first <= *timer);
  if (agenda_first) {
    if (agenda_.begin()->first.first > until) return false;
    auto entry = agenda_.extract(agenda_.begin());
    now_ = std::max(now_, entry.key().first);
    auto& node = *entry.mapped().node;
    auto& happening = entry.mapped().happening;
    if (const auto* datagram = std::get_if<ike::Datagram>(&happening)) node.engine.on_datagram(now_, *datagram);
    else if (auto* job = std::get_if<ike::Job>(&happening))
      node.engine.on_job_done(now_, jobs::run_job(library_, node.random, std::move(*job)));
    else node.engine.on_stack_event(now_, std::get<ipsec::StackEvent>(happening));
    collect(node);
    return true;
  }
  if (!timer || *timer > until) return false;
  now_ = std::max(now_, *timer);
  due->engine.on_deadline(now_);
  collect(*due);
  return true;
}

void World::run_for(Duration duration) {
  const auto until = now_ + duration;
  while (step(until)) {
  }
  now_ = until;
}

}  // namespace keypact::sim
