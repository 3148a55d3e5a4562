#include "bench/capacity/fleet.h"

#include <algorithm>

#include "bench/capacity/daemon_under_test.h"
#include "io/clock.h"
#include "jobs/run_job.h"

namespace keypact::bench {
namespace {

constexpr std::uint32_t kFirstAddress = 127U << 24 | 64U << 16;
constexpr std::string_view kConnection = "net";
constexpr std::string_view kChild = "lan";

IpAddress address_of(std::size_t number) { return IpAddress::v4(kFirstAddress + static_cast<std::uint32_t>(number)); }

std::size_t number_of(const IpAddress& address) {
  std::uint32_t value = 0;
  for (const auto octet : address.octets()) value = value << 8 | octet;
  return value - kFirstAddress;
}

config::AddressPattern single(const IpAddress& address) {
  return {config::AddressPattern::Kind::range, address, address, {}};
}

config::AuthRound psk_as(const std::string& id) {
  return {config::AuthKind::psk, IdentityPattern::exactly(Identification::fqdn(id))};
}

/// The lifetimes of the client's own are never reached: it is the daemon that is measured.
std::shared_ptr<const config::Connection> connection_of(std::size_t number, std::uint16_t daemon_port) {
  config::ChildConfig child;
  child.name = kChild;
  child.esp_proposals = {
      {ProtocolId::ESP,
       {encryption(EncryptionId::ENCR_AES_GCM_16, 256), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}}};
  child.esp_acceptable = child.esp_proposals;
  child.local_ts = {{true, TrafficSelector::all(IpFamily::v4)}};
  child.remote_ts = {{false, TrafficSelector::of(prefix_of(IpAddress::v4(10, 0, 0, 0), 8))}};
  child.rekey_time = hours(100);
  auto connection = std::make_shared<config::Connection>();
  connection->name = kConnection;
  connection->version = 2;
  connection->local_addrs = {single(address_of(number))};
  connection->remote_addrs = {single(IpAddress::v4(127, 0, 0, 1))};
  connection->remote_port = daemon_port;
  connection->ike_proposals = {{ProtocolId::IKE,
                                {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256),
                                 key_exchange(KeyExchangeMethod::CURVE25519)}}};
  connection->ike_acceptable = connection->ike_proposals;
  connection->local = {psk_as("c" + std::to_string(number) + ".example.org")};
  connection->remote = {psk_as(std::string(kGatewayId))};
  connection->rekey_time = hours(100);
  connection->children = {std::move(child)};
  return connection;
}

/// A request without payloads: nothing is smaller.
bool is_liveness_check(const wire::Header& header, std::size_t octets) {
  const auto sizes = crypto::packet_sizes({EncryptionId::ENCR_AES_GCM_16, 256, IntegrityId::NONE});
  return header.exchange == ExchangeType::INFORMATIONAL && !header.response && octets == ike::sealed_octets(sizes, 0);
}

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::create(io::EventLoop& loop, const Plan& plan, std::uint16_t daemon_port) {
  TRY(auto socket,
      io::UdpSocket::open({.bind = {IpAddress::unspecified(IpFamily::v4), 0}, .receive_buffer = 64 << 20}));
  TRY(auto random, crypto::SystemRandom::open());
  std::unique_ptr<Fleet> fleet(new Fleet(loop, plan, std::move(socket), std::move(random), daemon_port));
  TRY(fleet->watch_, loop.watch(fleet->socket_.fd(), [self = fleet.get()] { self->receive(); }));
  return fleet;
}

Fleet::Fleet(io::EventLoop& loop, const Plan& plan, io::UdpSocket socket, std::unique_ptr<crypto::SystemRandom> random,
             std::uint16_t daemon_port)
    : loop_(loop),
      plan_(plan),
      socket_(std::move(socket)),
      random_(std::move(random)),
      daemon_port_(daemon_port),
      timer_(loop, [this] { on_timer(); }),
      look_() {
  auto key = std::make_shared<config::SharedKey>();
  key->secret = Secret::copy_of(as_octets(kSharedKey));
  key_ = std::move(key);
}

void Fleet::begin_next() {
  const auto number = begun_++;
  ike::Options options;
  options.port = socket_.local().port;
  options.nat_port = 0;
  const auto now = io::monotonic_now();
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->connections = {connection_of(number, daemon_port_)};
  snapshot->ike_secrets = {key_};
  auto& client = clients_.emplace_back(std::make_unique<Client>(*this, options, now));
  client->engine.set_configuration(now, std::move(snapshot));
  client->engine.on_control(now, ike::Initiate{ControlId{1}, std::string(kConnection), std::string(kChild), {}, {}});
  pump(number);
}

bool Fleet::establish_all() {
  std::size_t before = 0;
  while (report_.established + report_.failed < plan_.clients) {
    while (begun_ < plan_.clients && begun_ < report_.established + report_.failed + plan_.window) begin_next();
    flush();
    arm();
    serve(seconds(30), [&] {
      const auto over = report_.established + report_.failed;
      return over >= plan_.clients || (begun_ < plan_.clients && begun_ < over + plan_.window);
    });
    if (std::exchange(before, report_.established) == report_.established) return false;
  }
  return report_.failed == 0;
}

void Fleet::serve(Duration duration, const std::function<bool()>& done) {
  const auto end = io::monotonic_now() + duration;
  while (!done() && io::monotonic_now() < end)
    (void)loop_.run_until(std::min(end, io::monotonic_now() + milliseconds(1)));
}

void Fleet::receive() {
  const auto batch = socket_.receive();
  if (!batch) return;
  const auto now = io::monotonic_now();
  for (const auto& received : *batch) {
    const auto number = number_of(received.local.address);
    if (number >= clients_.size()) continue;
    const ike::Datagram datagram{received.local, received.remote, to_octets(received.octets)};
    auto& client = *clients_[number];
    if (sizes_.size() < 4) sizes_.push_back(datagram.octets.size());
    note_request(client, datagram, now);
    client.engine.on_datagram(now, datagram);
    pump(number);
  }
  flush();
  arm();
}

void Fleet::note_request(Client& client, const ike::Datagram& datagram, Instant now) {
  const auto header = wire::parse_header(datagram.octets);
  if (!header || !is_liveness_check(*header, datagram.octets.size()) || header->message_id == client.check) return;
  client.check = header->message_id;
  ++report_.checks;
  if (!std::exchange(client.checked, true)) ++report_.checked;
  report_.latest_check = std::max(report_.latest_check, now - (client.last_sent + plan_.dpd_delay()));
}

void Fleet::on_timer() {
  const auto now = io::monotonic_now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto number = deadlines_.begin()->second;
    clients_[number]->engine.on_deadline(now);
    pump(number);
  }
  flush();
  arm();
}

void Fleet::pump(std::size_t number) {
  auto& client = *clients_[number];
  for (auto outputs = client.engine.take_outputs(); !outputs.empty(); outputs = client.engine.take_outputs()) {
    for (auto& output : outputs) {
      if (auto* datagram = std::get_if<ike::Datagram>(&output)) {
        if (sizes_.size() < 4) sizes_.push_back(datagram->octets.size());
        client.last_sent = io::monotonic_now();
        outgoing_.push_back(std::move(*datagram));
      } else if (auto* job = std::get_if<ike::Job>(&output)) {
        client.engine.on_job_done(
            io::monotonic_now(),
            jobs::run_job({library_, *random_, client.engine.credentials(), leases_, 0}, std::move(*job)));
      } else if (const auto* request = std::get_if<ipsec::StackRequest>(&output)) {
        if (const auto* install = std::get_if<ipsec::InstallChildSa>(request))
          client.engine.on_stack_event(io::monotonic_now(), ipsec::ChildSaInstalled{install->sa.id});
      } else {
        note(number, std::get<ike::Event>(output));
      }
    }
  }
  const auto deadline = client.engine.deadline();
  if (deadline == client.filed) return;
  if (client.filed) deadlines_.erase({*client.filed, number});
  if (deadline) deadlines_.insert({*deadline, number});
  client.filed = deadline;
}

void Fleet::note(std::size_t number, const ike::Event& event) {
  auto& client = *clients_[number];
  const auto now = io::monotonic_now();
  const auto late = [&](Instant since) { return now - (since + plan_.rekey_time()); };
  if (const auto* done = std::get_if<ike::RequestDone>(&event)) {
    ++(done->refusal ? report_.failed : report_.established);
    client.up = !done->refusal;
    client.child_since = client.ike_since = now;
  } else if (std::holds_alternative<ike::ChildSaRekeyed>(event)) {
    if (!std::exchange(client.child_rekeyed, true)) ++report_.child_sas_rekeyed;
    report_.latest_child_rekey = std::max(report_.latest_child_rekey, late(client.child_since));
    client.child_since = now;
  } else if (std::holds_alternative<ike::IkeSaRekeyed>(event)) {
    if (!std::exchange(client.ike_rekeyed, true)) ++report_.ike_sas_rekeyed;
    report_.latest_ike_rekey = std::max(report_.latest_ike_rekey, late(client.ike_since));
    client.ike_since = now;
  } else if (client.up &&
             (std::holds_alternative<ike::ChildSaDown>(event) || std::holds_alternative<ike::IkeSaClosed>(event))) {
    ++report_.lost;
  }
}

void Fleet::flush() {
  std::vector<io::OutgoingDatagram> batch;
  for (std::size_t next = 0; next < outgoing_.size(); next += batch.size()) {
    batch.clear();
    for (auto i = next; i < outgoing_.size() && batch.size() < io::kDatagramBatch; ++i)
      batch.push_back({outgoing_[i].local.address, outgoing_[i].remote, 0, 0, false, outgoing_[i].octets});
    (void)socket_.send(batch);
  }
  outgoing_.clear();
}

void Fleet::arm() {
  if (deadlines_.empty()) timer_.cancel();
  else timer_.set(deadlines_.begin()->first);
}

}  // namespace keypact::bench
