#include "daemon/engine_host.h"

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// Nobody else gives such ids.
constexpr std::uint64_t kOwnRequests = std::uint64_t{1} << 62;

}  // namespace

EngineHost::EngineHost(io::EventLoop& loop, const ike::Options& options, crypto::Library& library, RandomSource& random,
                       leases::LeaseBook& leases, Transport& transport, Stack stack, Documents& documents)
    : library_(library),
      random_(random),
      leases_(leases),
      transport_(transport),
      documents_(documents),
      stack_(std::move(stack)),
      engine_(options, library, random, io::monotonic_now()),
      timer_(loop,
             [this] {
               engine_.on_deadline(io::monotonic_now());
               pump();
             }),
      waiting_jobs_(loop, documents,
                    {[this](jobs::Waiting waiting) { return jobs::go_on(tools(), std::move(waiting)); },
                     [this](ike::JobDone done) {
                       engine_.on_job_done(io::monotonic_now(), std::move(done));
                       pump();
                     }}),
      radius_(loop, random,
              [this](ike::JobDone done) {
                engine_.on_job_done(io::monotonic_now(), std::move(done));
                pump();
              }),
      patience_(loop, [this] { std::exchange(ended_, {})(); }) {}

void EngineHost::on_datagrams(std::span<const ike::DatagramView> datagrams) {
  const auto now = io::monotonic_now();
  for (const auto& datagram : datagrams) engine_.on_datagram_in_place(now, datagram);
  pump();
}

void EngineHost::on_stack_event(const ipsec::StackEvent& event) {
  engine_.on_stack_event(io::monotonic_now(), event);
  pump();
}

void EngineHost::submit(const ike::ControlRequest& request) {
  engine_.on_control(io::monotonic_now(), request);
  pump();
}

void EngineHost::on_contact_elsewhere(const ike::FreshPeer& fresh) {
  engine_.on_contact_elsewhere(io::monotonic_now(), fresh);
  pump();
}

void EngineHost::set_configuration(std::shared_ptr<const config::Snapshot> snapshot,
                                   std::shared_ptr<const ike::Credentials> credentials) {
  engine_.set_configuration(io::monotonic_now(), std::move(snapshot), std::move(credentials));
  pump();
}

void EngineHost::set_local_addresses(std::vector<IpAddress> addresses) {
  engine_.set_local_addresses(io::monotonic_now(), std::move(addresses));
  pump();
}

void EngineHost::end(Duration patience, std::function<void()> ended) {
  ended_ = std::move(ended);
  patience_.set(io::monotonic_now() + patience);
  std::vector<IkeSaId> all;
  for (const auto& [id, sa] : engine_.ike_sas()) all.push_back(id);
  for (const auto id : all) submit(ike::TerminateIke{{kOwnRequests | ++last_own_request_}, id, false});
  check_ended();
}

void EngineHost::check_ended() {
  if (!ended_) return;
  for (const auto& [id, sa] : engine_.ike_sas())
    if (sa.established() != nullptr || sa.is_called_off()) return;
  // At once, and not before what was sent is on its way.
  patience_.set(io::monotonic_now());
}

void EngineHost::pump() {
  // A listener may submit a request: its outputs are taken by the loop that is already running.
  if (std::exchange(pumping_, true)) return;
  for (auto outputs = engine_.take_outputs(); !outputs.empty(); outputs = engine_.take_outputs())
    for (auto& output : outputs) carry_out(std::move(output));
  transport_.flush();
  pumping_ = false;
  if (settle_) settle_();
  if (const auto deadline = engine_.deadline()) timer_.set(*deadline);
  else timer_.cancel();
  check_ended();
}

jobs::Tools EngineHost::tools() {
  return {library_, random_, engine_.credentials(), leases_, io::unix_seconds(),
          documents_.fetches() ? &documents_.knowledge() : nullptr};
}

void EngineHost::carry_out(ike::Output output) {
  if (const auto* datagram = std::get_if<ike::Datagram>(&output)) {
    transport_.send(*datagram);
  } else if (const auto* keepalive = std::get_if<ike::Keepalive>(&output)) {
    transport_.send(*keepalive);
  } else if (auto* job = std::get_if<ike::Job>(&output)) {
    if (RadiusRelay::takes(*job)) return radius_.add(std::move(*job));
    auto ran = jobs::start_job(tools(), std::move(*job));
    if (auto* done = std::get_if<ike::JobDone>(&ran)) engine_.on_job_done(io::monotonic_now(), std::move(*done));
    else waiting_jobs_.add(std::move(std::get<jobs::Waiting>(ran)));
  } else if (auto* request = std::get_if<ipsec::StackRequest>(&output)) {
    if (const auto event = stack_(std::move(*request))) engine_.on_stack_event(io::monotonic_now(), *event);
  } else if (auto* event = std::get_if<ike::Event>(&output)) {
    listener_(teller_.tell(engine_, std::move(*event)));
  }
}

}  // namespace keypact::daemon
