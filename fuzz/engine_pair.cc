#include "fuzz/engine_pair.h"

#include <algorithm>
#include <cstdio>

#include "base/limits.h"
#include "eap/method.h"
#include "fuzz/script.h"
#include "jobs/run_job.h"
#include "sim/narration.h"
#include "sim/toy_key_exchange.h"

namespace keypact::fuzz {
namespace {

using sim::Node;
using sim::Step;

/// What is on its way at once; the oldest is lost.
constexpr std::size_t kFlying = 64;
/// Timers that run out in one go.
constexpr unsigned kDeadlines = 4000;
/// SPIs for Child SAs that an IKE SA can be about to have: ours, and those of the peer.
constexpr std::size_t kChildSasToCome = 2 + ike::v2::kAwaitedFollowUps;

crypto::Library& library() {
  static crypto::Library one;
  return one;
}

crypto::KeyExchangeState& hollow() {
  static sim::SeededRandom random{1};
  static crypto::Begun spare = *crypto::begin_key_exchange(library(), KeyExchangeMethod::CURVE25519, random);
  static const crypto::KeyExchangeState elsewhere = std::move(spare.state);
  return spare.state;
}

ike::Options options_of(const Shape& shape) {
  ike::Options options;
  if (shape.fragments) options.fragment_size = 200;
  if (shape.cookies) options.budgets.init_per_source = {1, 1};
  return options;
}
ike::Options peer_options_of(const Shape& shape) {
  auto options = options_of(shape);
  if (shape.redirects) options.redirect_to = IpAddress::parse("192.0.2.99");
  return options;
}

void shape_site(sim::SiteToSite& site, const Shape& shape) {
  site.more_children = {"lan2"};
  site.ike_proposals = {{ProtocolId::IKE,
                         {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                          key_exchange(KeyExchangeMethod::CURVE25519), key_exchange(KeyExchangeMethod::ECP_256)}}};
  if (shape.multike) {
    auto& transforms = site.ike_proposals.front().transforms;
    transforms.push_back({TransformType::ADDKE1, static_cast<std::uint16_t>(KeyExchangeMethod::CURVE448), {}});
    transforms.push_back({TransformType::ADDKE2, static_cast<std::uint16_t>(KeyExchangeMethod::ECP_384), {}});
  }
  Proposal esp{ProtocolId::ESP,
               {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}};
  if (shape.own_key_exchange) esp.transforms.push_back(key_exchange(KeyExchangeMethod::CURVE25519));
  if (shape.own_key_exchange && shape.multike)
    esp.transforms.push_back({TransformType::ADDKE1, static_cast<std::uint16_t>(KeyExchangeMethod::CURVE448), {}});
  const Proposal ah{
      ProtocolId::AH,
      {integrity(IntegrityId::AUTH_HMAC_SHA2_256_128), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}};
  site.esp_proposals = {esp, ah};
  site.compress = true;
  site.mobike = shape.mobike;
  if (shape.childless) site.childless = config::Childless::prefer;
  if (shape.liveness) site.dpd_delay = seconds(10);
  if (shape.lifetimes) site.ike_rekey_time = seconds(90);
  if (shape.lifetimes) site.child_rekey_time = seconds(40);
  if (shape.trap) site.start_action = config::Action::trap;
  if (shape.trap) site.close_action = site.dpd_action = config::Action::start;
  if (shape.one_of_each_peer) site.unique = config::UniquePolicy::replace;
}

/// `client`: as the one that authenticates itself by EAP; else as its gateway. `rounds`: by the shared key before that.
std::shared_ptr<const config::Snapshot> with_eap(const sim::SiteToSite& site, bool client, bool rounds) {
  auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
  auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
  auto& of_client = client ? connection->local : connection->remote;
  if (rounds) of_client.push_back(of_client.front());
  auto& round = of_client.back();
  round.kind = config::AuthKind::eap;
  round.eap_types = {static_cast<std::uint8_t>(eap::Method::MSCHAPV2)};
  round.eap_id = client ? IdentityPattern::exactly(Identification::fqdn("carol")) : IdentityPattern::anybody();
  snapshot->connections.front() = std::move(connection);
  snapshot->eap_secrets = {std::make_shared<const config::EapSecret>(
      config::EapSecret{"eap", {"carol"}, Secret::copy_of(as_octets("wonderland")), false})};
  return snapshot;
}

std::shared_ptr<const config::Snapshot> with_ppk(const sim::SiteToSite& site) {
  auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
  auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
  connection->ppk_id = to_octets(as_octets("ppk"));
  snapshot->connections.front() = std::move(connection);
  snapshot->ppks = {std::make_shared<config::Ppk>(
      config::Ppk{"ppk-1", {to_octets(as_octets("ppk"))}, Secret::copy_of(as_octets("looking-glass"))})};
  return snapshot;
}

/// `client`: see with_eap().
std::shared_ptr<const config::Snapshot> snapshot_of(const sim::SiteToSite& site, const Shape& shape, bool client) {
  if (shape.eap) return with_eap(site, client, shape.rounds);
  return shape.ppk ? with_ppk(site) : site.snapshot();
}

/// Where the peer may be as well, and the outside of its NAT.
const IpAddress& elsewhere() {
  static const IpAddress address = *IpAddress::parse("198.51.100.7");
  return address;
}

}  // namespace

EnginePair::EnginePair(const Shape& shape)
    : library_(fuzz::library()),
      our_site_(sim::left_and_right().first),
      peer_site_(sim::left_and_right().second),
      ours_("ours", our_site_.local, options_of(shape), library_, 1, now_),
      peer_("peer", peer_site_.local, peer_options_of(shape), library_, 2, now_),
      nat_(shape.peer_behind_nat) {
  for (auto* node : {&ours_, &peer_}) node->engine.set_tracing(tells_);
  shape_site(our_site_, shape);
  shape_site(peer_site_, shape);
  our_site_.more_addresses = {*IpAddress::parse("192.0.2.11")};
  peer_site_.more_addresses = {elsewhere()};
  // Whoever is behind a NAT comes from anywhere.
  if (nat_) our_site_.remote = {};
  if (nat_) move_peer(kElsewhere);
  set_local_addresses(ours_, {ours_.address});
  set_local_addresses(peer_, {peer_.address});
  configure(ours_, snapshot_of(our_site_, shape, !nat_));
  configure(peer_, snapshot_of(peer_site_, shape, nat_));
}

void EnginePair::transmit(const Node& from, const ike::Datagram& datagram) {
  Flying sent{&from == &peer_, {datagram.remote, datagram.local, datagram.octets}};
  if (sent.to_ours) {
    if (peer_place_ >= kElsewhere) sent.datagram.remote.address = elsewhere();
    // A NAT has other ports outside.
    if (nat_) sent.datagram.remote.port = static_cast<std::uint16_t>(10000 + datagram.local.port + peer_place_);
  } else {
    const bool floated = datagram.remote.port >= 14500;
    if (nat_) sent.datagram.local = {peer_.address, static_cast<std::uint16_t>(floated ? 4500 : 500)};
    note_sent(datagram);
  }
  if (flying.size() == kFlying) flying.erase(flying.begin());
  flying.push_back(std::move(sent));
}

void EnginePair::note_sent(const ike::Datagram& datagram) {
  const auto header = wire::parse_header(datagram.octets);
  require(header.has_value());
  // An answer about an IKE SA that is not there.
  if (header->response && header->next_payload == PayloadType::N) return;
  auto& ids = message_ids_[{header->initiator_spi, header->responder_spi}];
  if (header->response) ids.expected = header->message_id + 1;
  else ids.of_our_request = header->message_id;
}

/// WireInvariants sees the answers to our requests as they come in, from whomever: it compares message IDs with those of our requests.
void EnginePair::note_answer(const ike::Datagram& datagram) {
  const auto header = wire::parse_header(datagram.octets);
  if (!header || !header->response) return;
  const auto ids = message_ids_.find({header->initiator_spi, header->responder_spi});
  if (ids == message_ids_.end() || ids->second.of_our_request != header->message_id) return;
  sim::BrokenInvariant of_the_peer;
  Step step{Step::Cause::datagram, &peer_, 1, {datagram}, peer_.events.size()};
  wire_.check(step, of_the_peer);
}

EnginePair::MessageIds EnginePair::message_ids(const ike::v2::IkeSaRecord& record) const {
  const auto found = message_ids_.find({record.initiator_spi, record.responder_spi});
  return found == message_ids_.end() ? MessageIds{} : found->second;
}

void EnginePair::collect(Node& node, Step::Cause cause) {
  auto outputs = node.engine.take_outputs();
  Step step{cause, &node, outputs.size(), {}, node.events.size()};
  auto& work = waiting_of(node);
  for (auto& output : outputs) {
    if (auto* datagram = std::get_if<ike::Datagram>(&output)) {
      transmit(node, *datagram);
      step.sent.push_back(std::move(*datagram));
    } else if (auto* job = std::get_if<ike::Job>(&output)) {
      node.jobs.insert(job->id);
      work.jobs.push_back(std::move(*job));
    } else if (auto* request = std::get_if<ipsec::StackRequest>(&output)) {
      if (const auto* wanted = std::get_if<ipsec::InstallChildSa>(request)) node.installations.insert(wanted->sa.id);
      if (auto answer = node.stack.apply(std::move(*request))) work.answers.push_back(std::move(*answer));
    } else if (auto* event = std::get_if<ike::Event>(&output)) {
      node.events.push_back(std::move(*event));
    }
  }
  check(step);
  node.events.clear();
}

void EnginePair::tell(const Node& node) const {
  for (const auto& event : node.events)
    std::fprintf(stderr, "%.6f  %s  %s\n", std::chrono::duration<double>(now_.since_origin()).count(),
                 node.name.c_str(), sim::in_words(event).c_str());
}

void EnginePair::check(const Step& step) {
  const auto& node = *step.node;
  if (tells_) tell(node);
  engine_.check(step, now_, broken_);
  (&node == &ours_ ? our_events_ : peer_events_).check(step, broken_);
  sim::EngineInvariants::check_tables(node, broken_);
  if (&node == &ours_) {
    wire_.check(step, broken_);
    check_footprint();
  }
  if (broken_.is_broken()) std::fprintf(stderr, "%s\n", broken_.words().c_str());
  require(!broken_.is_broken());
}

/// No more than what is there can need.
void EnginePair::check_footprint() const {
  const auto held = ours_.engine.footprint();
  std::size_t established = 0;
  for (const auto& [id, sa] : ours_.engine.ike_sas()) {
    if (sa.established() == nullptr) continue;
    ++established;
    require(sa.established()->children().size() <= limits::kChildSasPerIkeSa);
  }
  require(established <= limits::kIkeSasPerSource + requests_ && held.half_open <= limits::kHalfOpen);
  require(held.waiting_requests <= requests_ + limits::kQueuedLocalRequests);
  require(held.jobs <= ours_.jobs.size() && held.kept_paths <= held.ike_sas);
  require(held.esp_spis <= held.child_sas + ours_.engine.stragglers().size() + kChildSasToCome * held.ike_sas);
}

void EnginePair::deliver(const Flying& flown) {
  auto& node = flown.to_ours ? ours_ : peer_;
  if (flown.to_ours) note_answer(flown.datagram);
  node.engine.on_datagram(now_, flown.datagram);
  collect(node, Step::Cause::datagram);
}

/// Steps of EAP are what they are; a key exchange costs nothing.
ike::JobDone EnginePair::run(Node& node, ike::Job job) {
  if (!std::holds_alternative<ike::EapServerStep>(job.work) && !std::holds_alternative<ike::EapClientStep>(job.work))
    return sim::run_toy_key_exchange(job, node.random, hollow());
  const jobs::Tools tools{library_, node.random, node.engine.credentials(), node.leases, 0};
  return jobs::run_job(tools, std::move(job));
}

void EnginePair::finish_job(Node& node, std::size_t index, bool fails) {
  auto& jobs = waiting_of(node).jobs;
  auto job = std::move(jobs[index]);
  jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(index));
  node.jobs.erase(job.id);
  node.engine.on_job_done(
      now_, fails ? ike::JobDone{job.id, crypto::KeyExchangeError::public_value_invalid} : run(node, std::move(job)));
  collect(node, Step::Cause::job);
}

void EnginePair::answer(Node& node, std::size_t index) {
  auto& answers = waiting_of(node).answers;
  const auto event = std::move(answers[index]);
  answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(index));
  stack_event(node, event);
}

void EnginePair::stack_event(Node& node, const ipsec::StackEvent& event) {
  if (const auto* installed = std::get_if<ipsec::ChildSaInstalled>(&event)) node.installations.erase(installed->id);
  if (const auto* failed = std::get_if<ipsec::ChildSaInstallFailed>(&event)) node.installations.erase(failed->id);
  node.engine.on_stack_event(now_, event);
  collect(node, Step::Cause::stack);
}

void EnginePair::control(Node& node, ike::ControlRequest request) {
  const auto* initiate = std::get_if<ike::Initiate>(&request);
  // Nobody waits for a start action.
  if (initiate == nullptr || !initiate->persistent) {
    const ControlId id{++requests_};
    std::visit([&](auto& wanted) { wanted.id = id; }, request);
    (&node == &ours_ ? our_events_ : peer_events_).asked(node, id, now_);
  }
  node.engine.on_control(now_, request);
  collect(node, Step::Cause::control);
}

void EnginePair::configure(Node& node, std::shared_ptr<const config::Snapshot> snapshot) {
  node.engine.set_configuration(now_, std::move(snapshot));
  collect(node, Step::Cause::configuration);
}

void EnginePair::set_local_addresses(Node& node, std::vector<IpAddress> addresses) {
  node.engine.set_local_addresses(now_, std::move(addresses));
  collect(node, Step::Cause::configuration);
}

void EnginePair::pass(Duration duration) {
  const auto until = now_ + duration;
  for (unsigned count = 0; count < kDeadlines; ++count) {
    const auto our_time = ours_.engine.deadline();
    const auto peer_time = peer_is_gone_ ? std::nullopt : peer_.engine.deadline();
    const bool peer_first = peer_time && (!our_time || *peer_time < *our_time);
    const auto next = peer_first ? peer_time : our_time;
    if (!next || *next > until) break;
    now_ = std::max(now_, *next);
    auto& node = peer_first ? peer_ : ours_;
    node.engine.on_deadline(now_);
    collect(node, Step::Cause::deadline);
  }
  now_ = until;
}

bool EnginePair::advance() {
  for (auto* node : {&ours_, &peer_})
    if (waiting_answers(*node) > 0) return answer(*node, 0), true;
  for (auto* node : {&ours_, &peer_})
    if (waiting_jobs(*node) > 0) return finish_job(*node, 0), true;
  if (flying.empty()) return false;
  const auto first = std::move(flying.front());
  flying.erase(flying.begin());
  deliver(first);
  return true;
}

void EnginePair::run_to_rest(unsigned most_steps) {
  while (most_steps > 0 && advance()) --most_steps;
}

void EnginePair::terminate_all(bool at_once) {
  std::vector<IkeSaId> ids;
  for (const auto& [id, sa] : ours_.engine.ike_sas()) ids.push_back(id);
  for (const auto id : ids)
    if (ours_.engine.ike_sas().contains(id)) control(ours_, ike::TerminateIke{{}, id, at_once});
}

void EnginePair::end(bool at_once) {
  constexpr unsigned kRounds = 64;
  // What starts by itself does so only while it is configured.
  our_site_.start_action = our_site_.close_action = our_site_.dpd_action = config::Action::none;
  peer_is_gone_ = true;
  configure(ours_, our_site_.snapshot());
  configure(ours_, std::make_shared<const config::Snapshot>());
  terminate_all(at_once);
  for (unsigned round = 0; round < kRounds; ++round) {
    while (waiting_answers(ours_) > 0) answer(ours_, 0);
    while (waiting_jobs(ours_) > 0) finish_job(ours_, 0);
    if (!ours_.engine.deadline() && ours_.engine.ike_sas().empty()) break;
    pass(minutes(5));
    terminate_all(true);
  }
  sim::EngineInvariants::check_baseline(ours_, broken_);
  our_events_.check_all_answered(broken_);
  if (broken_.is_broken()) std::fprintf(stderr, "%s\n", broken_.words().c_str());
  require(!broken_.is_broken());
}

}  // namespace keypact::fuzz
