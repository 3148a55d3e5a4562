#include "sim/world.h"

#include <algorithm>

#include "base/check.h"
#include "jobs/run_job.h"
#include "sim/narration.h"
#include "sim/toy_key_exchange.h"

namespace keypact::sim {
namespace {

constexpr Duration kJobDelay = microseconds(100);
constexpr Duration kStackDelay = microseconds(50);

/// FNV-1a over whatever happened, so that two runs of one seed can be compared.
std::uint64_t mixed(std::uint64_t hash, OctetView octets) {
  for (const auto octet : octets) hash = (hash ^ octet) * 0x100000001b3;
  return hash;
}
std::uint64_t mixed(std::uint64_t hash, std::uint64_t number) { return (hash ^ number) * 0x100000001b3; }

/// Simulated time begins at the beginning of 2030 by the calendar.
constexpr std::int64_t kBeginning = 1'893'456'000;

std::int64_t unix_seconds(Instant now) { return kBeginning + std::chrono::floor<seconds>(now.since_origin()).count(); }

std::shared_ptr<const ike::Credentials> credentials_of(const config::Snapshot& configuration) {
  auto made = ike::Credentials::of(configuration);
  CHECK(made.has_value());
  return std::move(*made);
}

/// Longer than a message and its answer take, and longer than the first retransmission waits.
constexpr Duration kLate = milliseconds(5);
constexpr Duration kOverdue = seconds(2);

}  // namespace

World::World(std::uint64_t seed, std::shared_ptr<crypto::Library> library)
    : library_(std::move(library)), random_(seed) {}

Node& World::add(const std::string& name, const IpAddress& address,
                 std::shared_ptr<const config::Snapshot> configuration) {
  nodes_.push_back(std::make_unique<Node>(name, address, options_, *library_, random_.u64(), now_));
  auto& node = *nodes_.back();
  node.number = nodes_.size() - 1;
  by_name_.emplace(name, &node);
  by_address_.emplace(address, &node);
  node.engine.set_tracing(tracing_);
  node.engine.set_local_addresses(now_, {address});
  configure(node, std::move(configuration));
  return node;
}

Node& World::node(std::string_view name) {
  const auto found = by_name_.find(name);
  CHECK(found != by_name_.end());
  return *found->second;
}

const Node* World::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Node* World::node_at(const IpAddress& address) {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

/// Under the time when its engine wants to be called, if it can be.
void World::file(Node& node) {
  if (node.timer) timers_.erase({*node.timer, node.number});
  const auto deadline = node.is_down ? std::nullopt : node.engine.deadline();
  node.timer = deadline ? std::optional(std::max(*deadline, node.asleep_until)) : std::nullopt;
  if (node.timer) timers_.emplace(*node.timer, node.number);
}

void World::tell(const std::string& who, const std::string& what) const {
  if (!narrator_ || what.empty()) return;
  const auto passed = std::chrono::duration_cast<microseconds>(now_.since_origin()).count();
  auto fraction = std::to_string(passed % 1000000);
  fraction.insert(0, 6 - fraction.size(), '0');
  narrator_(std::to_string(passed / 1000000) + '.' + fraction + "  " + who + "  " + what);
}

void World::schedule(Duration delay, Node& node, Happening happening) {
  agenda_.emplace(std::pair{now_ + delay, ++sequence_}, Scheduled{&node, node.lives, std::move(happening)});
}

Duration World::between(Duration least, Duration most) {
  const auto spread = most - least;
  if (spread <= Duration{}) return least;
  return least + Duration(random_.below(static_cast<std::uint64_t>(spread.count()) + 1));
}

/// Where a datagram goes; the endpoints are changed to what the receiver sees. nullptr: nowhere.
Node* World::route(const Node& from, Endpoint& source, Endpoint& destination) {
  // A host sends from no address but its own.
  if (source.address != from.address) return nullptr;
  const auto* neighbour = node_at(destination.address);
  if (from.nat != nullptr && (neighbour == nullptr || neighbour->nat != from.nat))
    source = from.nat->leaves(source, destination, now_);
  for (const auto& nat : nats_) {
    if (nat->outside() != destination.address) continue;
    const auto inside = nat->enters(destination.port, source, now_);
    if (!inside) return nullptr;
    destination = *inside;
    return node_at(inside->address);
  }
  // The address of somebody behind a NAT means nothing outside.
  const bool hidden = neighbour != nullptr && neighbour->nat != nullptr && neighbour->nat != from.nat;
  return hidden ? nullptr : node_at(destination.address);
}

void World::deliver(const Node& from, const ike::Datagram& datagram, Duration later) {
  auto source = datagram.local;
  auto destination = datagram.remote;
  auto* to = route(from, source, destination);
  if (to == nullptr || parted_.contains(std::minmax(&from, static_cast<const Node*>(to))))
    return tell(from.name, "    nobody receives it");
  // Seen from the other end.
  ike::Datagram seen{destination, source, datagram.octets};
  if (random_.chance(faults_.corruption)) {
    corrupt(seen.octets);
    tell(from.name, "    it is changed on its way");
  }
  schedule(between(faults_.least_delay, faults_.most_delay) + later, *to, std::move(seen));
}

void World::corrupt(Octets& octets) {
  if (random_.chance(10)) return octets.resize(random_.below(octets.size()));
  for (auto changes = 1 + random_.below(3); changes > 0; --changes)
    octets[random_.below(octets.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
}

void World::transmit(Node& from, ike::Datagram datagram) {
  trace_hash_ = mixed(mixed(trace_hash_, static_cast<std::uint64_t>(now_.since_origin().count())), datagram.octets);
  last_step_.sent.push_back(datagram);
  const auto fate = judge_ ? judge_({from, datagram, ++sent_}) : Fate::deliver;
  if (fate == Fate::drop) return;
  if (fate == Fate::hold) return held_.push_back(std::move(datagram));
  if (fate == Fate::late) return deliver(from, datagram, kLate);
  if (fate == Fate::overdue) return deliver(from, datagram, kOverdue);
  if (random_.chance(faults_.loss)) return tell(from.name, "    it is lost");
  deliver(from, datagram);
  if (fate != Fate::duplicate && !random_.chance(faults_.duplication)) return;
  tell(from.name, "    it is doubled");
  deliver(from, datagram);
}

void World::release_held() {
  for (const auto& datagram : std::exchange(held_, {})) {
    const auto* from = node_at(datagram.local.address);
    if (from != nullptr) deliver(*from, datagram);
  }
}

void World::arrive(const ike::Datagram& sent) {
  auto* from = node_at(sent.local.address);
  auto source = sent.local;
  auto destination = sent.remote;
  auto* to = from == nullptr ? nullptr : route(*from, source, destination);
  if (to != nullptr) inject(*to, {destination, source, sent.octets});
}

void World::note(const Node& node, const ike::Event& event) {
  tell(node.name, in_words(event));
  const auto* message = std::get_if<ike::MessageTraced>(&event);
  if (message == nullptr || !message->sent) return;
  ladder_.push_back(node.name + "  " + to_string(message->exchange) + (message->response ? " response " : " request ") +
                    std::to_string(message->message_id) + "  " + message->notation);
}

void World::install(Node& node, ipsec::StackRequest request) {
  const auto* wanted = std::get_if<ipsec::InstallChildSa>(&request);
  if (wanted != nullptr) {
    node.installations.insert(wanted->sa.id);
    if (random_.chance(faults_.refused_installations)) node.stack.refuse_installs(1);
  }
  if (auto event = node.stack.apply(std::move(request)))
    schedule(between(kStackDelay, faults_.most_stack_delay), node, std::move(*event));
}

void World::collect(Node& node, Step::Cause cause) {
  auto outputs = node.engine.take_outputs();
  last_step_ = {cause, &node, outputs.size(), {}, node.events.size()};
  for (auto& output : outputs) {
    if (auto* datagram = std::get_if<ike::Datagram>(&output)) {
      transmit(node, std::move(*datagram));
    } else if (const auto* keepalive = std::get_if<ike::Keepalive>(&output)) {
      tell(node.name, "sends a keepalive to " + keepalive->path.remote.to_string());
      node.keepalives.push_back(*keepalive);
      auto source = keepalive->path.local;
      auto destination = keepalive->path.remote;
      (void)route(node, source, destination);
    } else if (auto* job = std::get_if<ike::Job>(&output)) {
      node.jobs.insert(job->id);
      auto delay = between(kJobDelay, faults_.most_job_delay);
      if (node.job_cost > Duration{}) {
        node.busy_until = std::max(node.busy_until, now_) + node.job_cost;
        delay = node.busy_until - now_;
      }
      schedule(delay, node, std::move(*job));
    } else if (auto* request = std::get_if<ipsec::StackRequest>(&output)) {
      install(node, std::move(*request));
    } else if (auto* event = std::get_if<ike::Event>(&output)) {
      note(node, *event);
      node.events.push_back(std::move(*event));
    }
  }
  file(node);
  if (observer_) observer_(*this);
}

void World::control(Node& node, const ike::ControlRequest& request) {
  tell(node.name, in_words(request));
  node.engine.on_control(now_, request);
  collect(node, Step::Cause::control);
}

void World::configure(Node& node, std::shared_ptr<const config::Snapshot> configuration) {
  tell(node.name, "takes a configuration");
  auto credentials = credentials_of(*configuration);
  node.engine.set_configuration(now_, std::move(configuration), std::move(credentials));
  collect(node, Step::Cause::configuration);
}

void World::stop(Node& node) {
  tell(node.name, "is dead");
  node.restart(*library_, now_);
  node.engine.set_tracing(tracing_);
  node.is_down = true;
  collect(node, Step::Cause::restart);
}

void World::suspend(Node& node, Duration duration) {
  tell(node.name, "is suspended");
  node.asleep_until = std::max(node.asleep_until, now_ + duration);
  file(node);
}

void World::wake(Node& node) {
  node.asleep_until = std::min(node.asleep_until, now_);
  file(node);
}

void World::move(Node& node, const IpAddress& address) {
  tell(node.name, "moves to " + address.to_string());
  by_address_.erase(node.address);
  node.address = address;
  by_address_[address] = &node;
  if (node.is_awake(now_)) set_local_addresses(node, {address});
}

Nat& World::add_nat(const IpAddress& outside, Duration idle, const std::vector<Node*>& inside) {
  nats_.push_back(std::make_unique<Nat>(outside, idle));
  for (auto* node : inside) node->nat = nats_.back().get();
  return *nats_.back();
}

void World::set_local_addresses(Node& node, std::vector<IpAddress> addresses) {
  node.engine.set_local_addresses(now_, std::move(addresses));
  collect(node, Step::Cause::configuration);
}

void World::restart(Node& node, std::shared_ptr<const config::Snapshot> configuration) {
  tell(node.name, "begins anew");
  node.restart(*library_, now_);
  node.is_down = false;
  node.engine.set_tracing(tracing_);
  node.engine.set_local_addresses(now_, {node.address});
  auto credentials = credentials_of(*configuration);
  node.engine.set_configuration(now_, std::move(configuration), std::move(credentials));
  collect(node, Step::Cause::restart);
}

void World::stack_event(Node& node, const ipsec::StackEvent& event) {
  tell(node.name, in_words(event));
  node.engine.on_stack_event(now_, event);
  collect(node, Step::Cause::stack);
}

void World::inject(Node& node, ike::Datagram datagram) {
  node.engine.on_datagram(now_, datagram);
  collect(node, Step::Cause::datagram);
}

ike::JobDone World::run(Node& node, ike::Job job) {
  if (hollow_ != nullptr) return run_toy_key_exchange(job, node.random, *hollow_);
  const jobs::Tools tools{*library_, node.random, node.engine.credentials(), node.leases, unix_seconds(now_)};
  if (!random_.chance(faults_.failed_jobs)) return jobs::run_job(tools, std::move(job));
  tell(node.name, "a job fails");
  return {job.id, crypto::KeyExchangeError::method_not_supported};
}

void World::happen(Scheduled& scheduled) {
  auto& node = *scheduled.node;
  const bool asleep = now_ < node.asleep_until;
  if (const auto* datagram = std::get_if<ike::Datagram>(&scheduled.happening)) {
    // It was on its way while the host died, fell asleep or moved.
    if (node.is_down || asleep || datagram->local.address != node.address)
      return tell(node.name, "    does not hear what is sent to it");
    return inject(node, *datagram);
  }
  // What a process waited for does not concern its successor.
  if (scheduled.life != node.lives) return;
  if (asleep) return schedule(node.asleep_until - now_, node, std::move(scheduled.happening));
  if (auto* job = std::get_if<ike::Job>(&scheduled.happening)) {
    node.jobs.erase(job->id);
    node.engine.on_job_done(now_, run(node, std::move(*job)));
    return collect(node, Step::Cause::job);
  }
  const auto& event = std::get<ipsec::StackEvent>(scheduled.happening);
  if (const auto* installed = std::get_if<ipsec::ChildSaInstalled>(&event)) node.installations.erase(installed->id);
  if (const auto* failed = std::get_if<ipsec::ChildSaInstallFailed>(&event)) node.installations.erase(failed->id);
  stack_event(node, event);
}

bool World::step(Instant until) {
  const bool timer = !timers_.empty();
  const bool agenda_first = !agenda_.empty() && (!timer || agenda_.begin()->first.first <= timers_.begin()->first);
  if (agenda_first) {
    if (agenda_.begin()->first.first > until) return false;
    auto entry = agenda_.extract(agenda_.begin());
    now_ = std::max(now_, entry.key().first);
    happen(entry.mapped());
    return true;
  }
  if (!timer || timers_.begin()->first > until) return false;
  const auto [at, number] = *timers_.begin();
  auto& due = *nodes_[number];
  now_ = std::max(now_, at);
  due.engine.on_deadline(now_);
  const bool wakes = due.asleep_until == at;
  collect(due, wakes ? Step::Cause::wake : Step::Cause::deadline);
  return true;
}

void World::run_for(Duration duration) {
  const auto until = now_ + duration;
  // Somebody may have changed an engine without us.
  for (auto& node : nodes_) file(*node);
  while (step(until)) {
  }
  now_ = until;
}

}  // namespace keypact::sim
