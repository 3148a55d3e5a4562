#include "daemon/radius_relay.h"

#include <algorithm>

#include "io/clock.h"

namespace keypact::daemon {
namespace {

/// A few hundred packets of RADIUS.
constexpr int kBuffer = 256 << 10;

}  // namespace

RadiusRelay::RadiusRelay(io::EventLoop& loop, RandomSource& random, Done done)
    : loop_(loop), done_(std::move(done)), client_(random), timer_(loop, [this] {
        client_.on_deadline(io::monotonic_now());
        pump();
      }) {}

bool RadiusRelay::takes(const ike::Job& job) {
  const auto* work = std::get_if<ike::EapServerStep>(&job.work);
  return work != nullptr && jobs::asks_radius(*work);
}

void RadiusRelay::add(ike::Job job) {
  auto& work = std::get<ike::EapServerStep>(job.work);
  auto step = jobs::run_relay_step(work);
  if (auto* decided = std::get_if<eap::ServerStep>(&step))
    return finish(job.id, std::move(work.conversation), std::move(*decided));
  const auto& servers = work.secrets->radius_servers;
  if (std::exchange(configuration_, work.secrets) != work.secrets) {
    client_.keep_only(servers);
    std::erase_if(lines_, [&](const auto& entry) {
      return !client_.waits_for(entry.first) && std::ranges::find(servers, entry.first) == servers.end();
    });
  }
  waiting_.insert_or_assign(job.id, std::move(work.conversation));
  client_.ask(io::monotonic_now(), job.id.value, std::move(std::get<radius::Question>(step)), servers);
  pump();
}

void RadiusRelay::pump() {
  for (auto outputs = client_.take_outputs(); !outputs.empty(); outputs = client_.take_outputs()) {
    for (auto& output : outputs) {
      if (const auto* datagram = std::get_if<radius::Transmit>(&output)) {
        transmit(*datagram);
        continue;
      }
      auto& finished = std::get<radius::Finished>(output);
      auto conversation = std::move(waiting_.extract(JobId{finished.question}).mapped());
      auto step = conversation.relay->on_outcome(std::move(finished.outcome));
      finish(JobId{finished.question}, std::move(conversation), std::move(step));
    }
  }
  if (const auto deadline = client_.deadline()) timer_.set(*deadline);
  else timer_.cancel();
}

void RadiusRelay::finish(JobId id, ike::EapConversation conversation, eap::ServerStep step) {
  done_({id, ike::EapServerStepped{std::move(conversation), std::make_unique<eap::ServerStep>(std::move(step))}});
}

/// What cannot be sent is lost, as on the way.
void RadiusRelay::transmit(const radius::Transmit& datagram) {
  auto* line = line_to(datagram.server);
  if (line == nullptr) return;
  const io::OutgoingDatagram out{.local = {}, .remote = datagram.server->address, .octets = datagram.octets};
  static_cast<void>(line->socket->send({&out, 1}));
}

RadiusRelay::Line* RadiusRelay::line_to(const radius::ServerPtr& server) {
  if (const auto found = lines_.find(server); found != lines_.end()) return &found->second;
  const auto& address = server->address.address;
  io::UdpOptions options;
  options.bind.address = address.is_v4() ? IpAddress::v4(0) : IpAddress::v6({});
  options.receive_buffer = kBuffer;
  options.send_buffer = kBuffer;
  auto socket = io::UdpSocket::open(options);
  if (!socket) return nullptr;
  auto watch = loop_.watch(socket->fd(), [this, server] { receive(server); });
  if (!watch) return nullptr;
  return &lines_.emplace(server, Line{std::make_unique<io::UdpSocket>(std::move(*socket)), std::move(*watch)})
              .first->second;
}

void RadiusRelay::receive(const radius::ServerPtr& server) {
  const auto found = lines_.find(server);
  if (found == lines_.end()) return;
  const auto now = io::monotonic_now();
  if (const auto datagrams = found->second.socket->receive())
    for (const auto& datagram : *datagrams)
      if (datagram.remote == server->address) client_.on_datagram(now, server, datagram.octets);
  pump();
}

}  // namespace keypact::daemon
