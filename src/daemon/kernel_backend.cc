#include "daemon/kernel_backend.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "daemon/kernel_explain.h"
#include "io/clock.h"

namespace keypact::daemon {
namespace {

// XFRMNLGRP_*: the groups in which the kernel tells what we want to hear.
constexpr std::array kGroups = {1U, 2U, 8U};  // acquire, expire, mapping

/// The device hands nothing on and sets no limit: the path's does.
constexpr std::uint32_t kDeviceMtu = 65535;

/// A few ticks of the kernel's clock, after which it has dropped what it held.
constexpr Duration kToDropHeld = milliseconds(50);
/// A peer's new endpoint is told again after this time, when nobody has followed it.
constexpr Duration kBetweenMoves = seconds(1);

/// An SA that goes again at once, to nowhere.
struct Trial {
  xfrm::State state;
  PacketKeys keys;
};

Trial trial_with(const PacketAlgorithms& algorithms, std::size_t key, std::size_t integrity_key, std::uint32_t spi) {
  Trial trial;
  trial.state.id = {nowhere(), {spi}};
  trial.state.source = nowhere();
  trial.keys = {algorithms, Secret(key), Secret(integrity_key)};
  return trial;
}

Trial gcm_trial(std::uint32_t spi) {
  return trial_with({EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE}, 20, 0, spi);
}
Trial cbc_trial(std::uint32_t spi) {
  return trial_with({EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128}, 16, 32, spi);
}

io::XfrmAnswer try_out(io::XfrmSocket& socket, const Trial& trial) {
  std::vector<xfrm::Message> requests;
  requests.push_back(*xfrm::new_state(trial.state, trial.keys));
  const auto answer = ask_kernel(socket, requests).front();
  if (!answer.ok()) return answer;
  requests.clear();
  requests.push_back(xfrm::delete_state(trial.state.id));
  (void)ask_kernel(socket, requests);
  return answer;
}

constexpr std::uint32_t kTrialSpi = 0x6b700000;

}  // namespace

Result<void> KernelBackend::probe(RandomSource& random) {
  TRY(auto socket, io::XfrmSocket::open());
  const auto spi = kTrialSpi | (random.u32() & 0xffff);
  const auto answer = try_out(socket, gcm_trial(spi));
  if (answer.ok() || try_out(socket, cbc_trial(spi)).ok()) return {};
  return failure(
      Error{"the kernel takes no SA of ESP", answer.reason(), "--backend userspace needs no ESP in the kernel"});
}

KernelBackend::KernelBackend(io::XfrmSocket socket, io::XfrmListener listener, io::TunDevice device,
                             TunnelRoutes routes, ClearPath clear_path, KernelMark mark)
    : socket_(std::make_unique<io::XfrmSocket>(std::move(socket))),
      listener_(std::move(listener)),
      device_(std::move(device)),
      routes_(std::move(routes)),
      clear_path_(std::move(clear_path)),
      lock_(std::move(mark.lock)),
      spd_(*socket_, mark.value),
      sad_(*socket_, kOwnTrafficMark,
           [this](const ipsec::ChildSa& sa) -> std::optional<KernelSad::Device> {
             const auto route = routes_.netlink().route_to(sa.remote.address, kOwnTrafficMark, sa.local.address);
             if (!route) return std::nullopt;
             return KernelSad::Device{route->interface, io::Netlink::interface_name(route->interface)};
           }),
      kept_(*socket_, spd_),
      early_(device_) {}

Result<std::unique_ptr<KernelBackend>> KernelBackend::open(const Options& options) {
  TRY(auto socket, io::XfrmSocket::open());
  TRY(auto listener, io::XfrmListener::open(kGroups));
  TRY(auto netlink, io::Netlink::open());
  TRY(auto device, io::TunDevice::take(options.device));
  TRY(const auto interface, netlink.interface_index(device.name()));
  io::LinkSettings link;
  link.mtu = kDeviceMtu;
  link.automatic_ipv6_address = false;
  link.up = true;
  TRY_VOID(netlink.configure(interface, link));
  TRY(auto routes, TunnelRoutes::open(std::move(netlink), device.name(), kOwnTrafficMark, RoutesFor::all_protocols));
  TRY(auto clear_path, ClearPath::open(kOwnTrafficMark));
  TRY(auto mark, take_kernel_mark(options.ports.ike, options.ports.nat));
  std::unique_ptr<KernelBackend> backend(new KernelBackend(std::move(socket), std::move(listener), std::move(device),
                                                           std::move(routes), std::move(clear_path), std::move(mark)));
  TRY_VOID(backend->take_earlier_run());
  if (io::address_family_available(IpFamily::v6)) backend->spd_.except_neighbour_discovery();
  return backend;
}

/// What carries traffic goes on; questions are those that nobody will answer any more.
Result<void> KernelBackend::take_earlier_run() {
  TRY(const auto policies, spd_.find_earlier_run());
  TRY(const auto earlier, sad_.find_earlier_run([&](std::uint32_t reqid) { return spd_.is_ours(reqid); }));
  kept_.take(pair_up(earlier.states, policies), io::monotonic_now());
  for (auto& policy : kept_.policies()) policies_.emplace(policy.id, std::move(policy));
  for (const auto& [id, policy] : policies_) changed_policies_.insert(id);
  for (const auto& question : earlier.questions) answer(*socket_, question);
  return {};
}

void KernelBackend::answer(io::XfrmSocket& socket, const KernelSad::Question& question) {
  auto trial = gcm_trial(kTrialSpi | (question.number & 0xffff));
  trial.state.reqid = question.reqid;
  trial.state.id.mark = question.mark;
  trial.state.answers = question.number;
  (void)try_out(socket, trial);
}

KernelBackend::~KernelBackend() {
  if (leaves_) return;
  device_.let_go();
  for (const auto& [id, policy] : policies_) spd_.remove(id);
  spd_.remove_all();
  spd_.flush();
  for (const auto id : sad_.all()) sad_.remove(id);
  const auto questions = sad_.remove_all_of([&](std::uint32_t reqid) { return spd_.is_ours(reqid); });
  for (const auto& question : questions.value_or(std::vector<KernelSad::Question>{})) answer(*socket_, question);
}

void KernelBackend::leave() {
  leaves_ = true;
  sad_.leave();
  routes_.leave();
}

void KernelBackend::adopt(const config::Snapshot& snapshot) {
  kept_.compare_with(snapshot, io::monotonic_now());
  follow_kept();
}

void KernelBackend::follow_kept() {
  for (const auto id : kept_.take_gone())
    if (policies_.erase(id) != 0) changed_policies_.insert(id);
  if (!kept_.empty() && !kept_timer_.is_set()) kept_timer_.set(io::monotonic_now() + seconds(1));
}

/// What waits on the way out goes on when its time is over.
void KernelBackend::follow_held() {
  held_timer_.cancel();
  if (const auto until = kept_.held_until()) held_timer_.set(*until);
}

std::string KernelBackend::name_of(PolicyId id) const {
  const auto policy = policies_.find(id);
  return policy == policies_.end() ? std::string() : policy->second.name;
}

Result<void> KernelBackend::start(io::EventLoop& loop, Events events, Problems problems) {
  events_ = std::move(events);
  problems_ = std::move(problems);
  kept_.start([this](const ike::Initiate& initiate) { request_(initiate); }, problems_);
  kept_timer_ = io::Timer(loop, [this] {
    kept_.on_tick(io::monotonic_now());
    follow_kept();
    follow_network();
  });
  held_timer_ = io::Timer(loop, [this] {
    kept_.carry_again(io::monotonic_now());
    follow_held();
  });
  catch_up_ = io::Timer(loop, [this] { follow_policies(); });
  hold_again_ = io::Timer(loop, [this] { hold_again(); });
  TRY(auto told, loop.watch(listener_.fd(), [this] { on_told(); }));
  TRY(auto clear, loop.watch(device_.fd(), [this] { on_device_readable(); }));
  watches_.push_back(std::move(told));
  watches_.push_back(std::move(clear));
  // What came early comes in by the device, from sources to which no route leads there. Nobody else sends by it.
  if (auto set = io::SystemSetting::set("net/ipv4/conf/" + device_.name() + "/rp_filter", "0"))
    take_any_source_.emplace(std::move(*set));
  // A packet that asks for an SA waits for it, instead of being lost.
  if (auto set = io::SystemSetting::set("net/core/xfrm_larval_drop", "0")) hold_packets_.emplace(std::move(*set));
  else problems_(set.error().to_string() + ": the first packets of a tunnel that is set up on demand are lost");
  return {};
}

std::optional<ipsec::StackEvent> KernelBackend::apply(ipsec::StackRequest request) {
  return std::visit([this](auto& each) { return on(std::move(each)); }, request);
}

void KernelBackend::flush() {
  for (const auto& problem : spd_.flush()) problems_(problem);
}

KernelBackend::Answer KernelBackend::on(ipsec::InstallPolicy request) {
  if (const auto done = spd_.install(request.policy); !done)
    problems_("the policy of " + request.policy.name + " is not in force: " + done.error());
  const auto id = request.policy.id;
  ids_by_name_.insert_or_assign(request.policy.name, id);
  policies_.insert_or_assign(id, std::move(request.policy));
  changed_policies_.insert(id);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::RemovePolicy& request) {
  spd_.remove(request.id);
  asked_.erase(request.id);
  if (const auto named = ids_by_name_.find(name_of(request.id));
      named != ids_by_name_.end() && named->second == request.id)
    ids_by_name_.erase(named);
  if (policies_.erase(request.id) != 0) changed_policies_.insert(request.id);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::ExpectChildSa& request) {
  early_.expect(request);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::ForgoChildSa& request) {
  early_.forgo(request.inbound_spi);
  return std::nullopt;
}

/// Without a policy that holds them, packets would go out in clear. An XFRM interface lets none wait, but drops them.
KernelBackend::Answer KernelBackend::on(const ipsec::HoldEarlierRun& request) {
  if (kept_.empty()) return std::nullopt;
  const auto can_wait = [this](const std::string& child) {
    const auto policy = ids_by_name_.find(child);
    if (policy == ids_by_name_.end() || !spd_.reqid_of(policy->second)) return false;
    return policies_.at(policy->second).placement.out.interface_id == 0;
  };
  kept_.hold(request.connection, can_wait, io::monotonic_now());
  follow_held();
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::CarryEarlierRun& request) {
  kept_.carry(request.connection);
  follow_held();
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(ipsec::InstallChildSa request) {
  const auto id = request.sa.id;
  const auto policy = request.sa.policy;
  const auto inbound_spi = request.sa.inbound_spi;
  // What an SA is to carry finds its way to it from the first packet on.
  follow_network();
  const auto done = install(std::move(request.sa));
  if (!done) {
    early_.forgo(inbound_spi);
    spd_.detach(id);
    flush();
    return ipsec::ChildSaInstallFailed{id, done.error()};
  }
  early_.release(inbound_spi);
  if (const auto why = sad_.why_not_offloaded(id); !why.empty()) {
    problems_(name_of(policy) + " is not offloaded: " + why);
  }
  ask_again(policy);
  if (!kept_.empty()) {
    const auto& installed = *sad_.find(id);
    if (installed.use_outbound) kept_.carried_by(installed, name_of(policy), io::monotonic_now());
    else kept_.stood_by(installed, name_of(policy), io::monotonic_now());
    follow_kept();
  }
  return ipsec::ChildSaInstalled{id};
}

/// All of it, or nothing.
Result<void, std::string> KernelBackend::install(ipsec::ChildSa sa) {
  const auto id = sa.id;
  const auto reqid = spd_.reqid_for(sa);
  TRY_VOID(sad_.add(std::move(sa), reqid));
  auto done = spd_.attach(*sad_.find(id), sad_.offload(id));
  if (!done) {
    // An interface that takes SAs for whole packets may refuse the policies.
    done = sad_.keep_packets(id, done.error());
    if (done) done = spd_.attach(*sad_.find(id), sad_.offload(id));
  }
  if (!done) sad_.remove(id);
  return done;
}

void KernelBackend::use(ChildSaId id) {
  spd_.prefer(id);
  flush();
  (void)sad_.begin_to_carry(id);
  const auto* sa = sad_.find(id);
  if (kept_.empty() || sa == nullptr) return;
  kept_.carried_by(*sa, name_of(sa->policy), io::monotonic_now());
  follow_kept();
}

KernelBackend::Answer KernelBackend::on(const ipsec::UseOutbound& request) {
  use(request.id);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::StopOutbound& request) {
  spd_.stop(request.id);
  flush();
  (void)sad_.begin_to_carry(request.id);  // that something comes in means nothing any more
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::RemoveChildSa& request) {
  spd_.detach(request.id);
  detached_.push_back(request.id);
  moves_told_.erase(request.id);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::UpdateEndpoints& request) {
  const auto* sa = sad_.find(request.id);
  if (sa == nullptr) return std::nullopt;
  if (sa->local == request.local && sa->remote == request.remote && sa->udp_encapsulation == request.udp_encapsulation)
    return std::nullopt;
  const auto superseded = sad_.move(request);
  const auto done =
      superseded ? spd_.move(*sa, sad_.offload(request.id)) : Result<void, std::string>(failure(superseded.error()));
  if (superseded) sad_.remove_states(*superseded);
  if (done) return std::nullopt;
  problems_("a Child SA could not be moved to " + request.remote.to_string() + ": " + done.error());
  return ipsec::ChildSaExpired{request.id, true};
}

KernelBackend::Answer KernelBackend::on(const ipsec::AskUse& request) {
  const auto counters = sad_.counters(request.id);
  if (!counters) return std::nullopt;
  return ipsec::ChildSaUse{request.id, counters->last_in, counters->last_out};
}

KernelBackend::Answer KernelBackend::on(const ipsec::AddInnerAddress& request) {
  routes_.add_address(request.address, problems_);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::RemoveInnerAddress& request) {
  routes_.remove_address(request.address, problems_);
  return std::nullopt;
}

KernelBackend::Answer KernelBackend::on(const ipsec::DropHeld& request) {
  const auto policy = policies_.find(request.policy);
  if (policy == policies_.end()) return std::nullopt;
  spd_.drop_held(policy->second);
  dropping_.push_back(request.policy);
  if (!hold_again_.is_set()) hold_again_.set(io::monotonic_now() + kToDropHeld);
  return std::nullopt;
}

void KernelBackend::hold_again() {
  for (const auto id : std::exchange(dropping_, {})) spd_.hold_again(id);
  flush();
}

void KernelBackend::negotiation_failed(const std::string& connection) {
  if (connection.empty()) return;
  for (const auto& [id, policy] : policies_)
    if (policy.name.starts_with(connection + '/')) ask_again(id);
}

void KernelBackend::ask_again(PolicyId id) {
  const auto asked = asked_.extract(id);
  const auto reqid = spd_.reqid_of(id);
  if (!asked || !reqid) return;
  // The kernel asks once, and then waits for half a minute, unless it gets an answer.
  answer(*socket_, {asked.mapped().number, *reqid, asked.mapped().mark});
}

void KernelBackend::settle() {
  flush();
  for (const auto id : std::exchange(detached_, {})) sad_.remove(id);
  follow_network();
}

void KernelBackend::follow_network() {
  if (changed_policies_.empty() || catch_up_.is_set()) return;
  if (network_changes_.take(io::monotonic_now(), kNetworkChanges)) return follow_policies();
  catch_up_.set(io::monotonic_now() + seconds(1) / kNetworkChanges.per_second);
}

void KernelBackend::follow_policies() {
  catch_up_.cancel();
  const auto changed = std::exchange(changed_policies_, {});
  if (changed.empty()) return;
  clear_path_.update(policies_, changed);
  routes_.update(policies_, changed, problems_);
}

void KernelBackend::forget_earlier_run() {
  kept_.forget_unfit();
  follow_kept();
  follow_policies();
  spd_.forget_earlier_run();
  flush();
  routes_.forget_earlier_run(problems_);
}

void KernelBackend::forget_earlier_run_at(io::EventLoop& loop, Instant at) {
  patience_ = io::Timer(loop, [this] { forget_earlier_run(); });
  patience_.set(at);
}

void KernelBackend::on_device_readable() {
  const auto report = device_.read();
  if (report.state == io::TunState::removed) {
    watches_.pop_back();
    return problems_("the device " + device_.name() +
                     " is gone: traffic without another route finds no tunnel until keypactd is restarted");
  }
  for (const auto& packet : report.packets) clear_path_.pass(packet);
}

void KernelBackend::on_told() {
  std::vector<xfrm::Notification> notices;
  const bool all = listener_.receive([&](OctetView octets) {
    while (const auto message = xfrm::MessageView::take(octets))
      if (auto notice = xfrm::read_notification(*message)) notices.push_back(std::move(*notice));
  });
  for (const auto& notice : notices) std::visit([this](const auto& each) { on_notice(each); }, notice);
  if (!all) reconcile();
}

/// The kernel had more to tell than could be held: what it asks, what has expired and what is gone is found by looking. A peer that
/// moved is told of with its next packet.
void KernelBackend::reconcile() {
  for (const auto& notice : sad_.overdue()) on_notice(notice);
  const auto questions = sad_.questions([&](std::uint32_t reqid) { return spd_.is_ours(reqid); });
  if (!questions) return problems_(questions.error().to_string());
  for (const auto& question : *questions) {
    const auto policy = spd_.policy_with(question.reqid);
    if (policy && asked_.try_emplace(*policy, question).second) events_(ipsec::Acquire{*policy});
  }
}

void KernelBackend::on_notice(const xfrm::AcquireNotice& notice) {
  const auto asker = spd_.asker(notice.policy_index);
  if (!asker) return;
  if (asker->policy) {
    asked_.insert_or_assign(*asker->policy, KernelSad::Question{notice.sequence, 0, notice.mark});
    // What it asks for has come meanwhile.
    if (const auto* sa = sad_.last_of(*asker->policy); sa != nullptr && sa->use_outbound)
      return ask_again(*asker->policy);
    // Or is on its way.
    if (!kept_.empty() && kept_.is_held(name_of(*asker->policy))) return;
    return events_(ipsec::Acquire{*asker->policy});
  }
  if (asker->kept != 0 && kept_.is_lost(asker->kept)) {
    kept_.lose(asker->kept);
    follow_kept();
    return follow_network();
  }
  // Its SA is not there: somebody took it away. Or it was just being moved.
  if (asker->child_sa && sad_.is_lost(*asker->child_sa)) return events_(ipsec::ChildSaExpired{*asker->child_sa, true});
  // The policy had no SA when it asked.
  answer(*socket_, {notice.sequence, 0, notice.mark});
}

void KernelBackend::on_notice(const xfrm::ExpireNotice& notice) {
  const auto owner = sad_.owner_of(notice.id);
  if (!owner && notice.hard) {
    kept_.lose(notice.id);
    follow_kept();
    follow_network();
  }
  if (!owner) return;
  const auto* sa = sad_.find(owner->id);
  // RFC 7296 §2.8: the peer has begun to use it. That was the limit that one gets which stands by.
  if (!notice.hard && owner->inbound && !sa->use_outbound) return use(owner->id);
  events_(ipsec::ChildSaExpired{owner->id, notice.hard});
}

void KernelBackend::on_notice(const xfrm::MappingNotice& notice) {
  const auto owner = sad_.owner_of(notice.id);
  if (!owner) return;
  // The kernel tells of every packet until its SA has the new endpoint, and does not know which packet is the newest.
  const auto now = io::monotonic_now();
  auto& told = moves_told_[owner->id];
  if (told.remote == notice.source && now - told.at < kBetweenMoves) return;
  told = {notice.source, now};
  events_(ipsec::PeerMoved{owner->id, notice.source});
}

std::vector<std::string> KernelBackend::drift() {
  auto differences = sad_.drift([&](std::uint32_t reqid) { return spd_.is_ours(reqid); }, kept_.states());
  for (auto& sas : kept_sas()) differences.push_back(std::move(sas.text));
  std::ranges::move(spd_.drift(), std::back_inserter(differences));
  std::ranges::move(routes_.drift(), std::back_inserter(differences));
  return differences;
}

std::vector<std::string> KernelBackend::explain_packets(const IpAddress& destination) {
  auto reasons = routes_.explain_packets(policies_, destination);
  std::ranges::move(explain_policies({spd_, sad_, kept_, policies_}, destination, io::monotonic_now()),
                    std::back_inserter(reasons));
  return reasons;
}

std::vector<control::KeptSas> KernelBackend::kept_sas() const { return kept_.list(io::monotonic_now()); }

Result<IpAddress> KernelBackend::source_address_to(const IpAddress& peer) {
  TRY(const auto route, routes_.netlink().route_to(peer, kOwnTrafficMark));
  return route.source;
}

}  // namespace keypact::daemon
