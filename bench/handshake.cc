// What a whole handshake costs, initiator and responder together, two engines in memory, beside the bare cryptography of the
// same handshake: EVP calls with contexts that are kept, over octets of the true lengths. RFC 7296 §1.2, §2.13 to §2.17, §2.23.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "bench/bare_handshake.h"
#include "crypto/system_random.h"
#include "ike/engine/engine.h"
#include "jobs/run_job.h"
#include "sim/site_to_site.h"

namespace keypact {
namespace {

crypto::SystemRandom& system_random() {
  static const std::unique_ptr<crypto::SystemRandom> random = std::move(*crypto::SystemRandom::open());
  return *random;
}

/// One end: jobs run at once, the IPsec stack says yes at once.
class End {
 public:
  explicit End(std::shared_ptr<const config::Snapshot> snapshot) { engine.set_configuration({}, std::move(snapshot)); }

  /// Does what the engine wants; its datagrams go to `peer`. False when it wanted nothing.
  bool serve(Instant now, End& peer) {
    auto outputs = engine.take_outputs();
    for (auto& output : outputs) {
      if (auto* datagram = std::get_if<ike::Datagram>(&output)) {
        if (sizes != nullptr) sizes->push_back(datagram->octets.size());
        peer.engine.on_datagram(now, {datagram->remote, datagram->local, std::move(datagram->octets)});
      } else if (auto* job = std::get_if<ike::Job>(&output)) {
        engine.on_job_done(now,
                           jobs::run_job({library, system_random(), engine.credentials(), leases, 0}, std::move(*job)));
      } else if (const auto* request = std::get_if<ipsec::StackRequest>(&output)) {
        if (const auto* install = std::get_if<ipsec::InstallChildSa>(request))
          engine.on_stack_event(now, ipsec::ChildSaInstalled{install->sa.id});
      } else if (const auto* up = std::get_if<ike::ChildSaUp>(&std::get<ike::Event>(output))) {
        established = up->ike_sa;
      }
    }
    return !outputs.empty();
  }

  crypto::Library library;
  leases::LeaseBook leases;
  ike::Engine engine{{}, library, system_random(), {}};
  IkeSaId established;
  std::vector<std::size_t>* sizes = nullptr;
};

std::pair<sim::SiteToSite, sim::SiteToSite> sites(KeyExchangeMethod method) {
  auto [left, right] = sim::left_and_right();
  for (auto* site : {&left, &right}) {
    site->ike_proposals = {
        {ProtocolId::IKE,
         {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(method)}}};
    site->esp_proposals = {{ProtocolId::ESP,
                            {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                             sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
  }
  return {left, right};
}

/// The site for whoever knows the key, from anywhere, under any name.
std::shared_ptr<const config::Snapshot> open_to_all(const sim::SiteToSite& site) {
  auto connection = std::make_shared<config::Connection>(*site.connection());
  connection->remote_addrs = {config::AddressPattern{}};
  connection->remote = {{config::AuthKind::psk, IdentityPattern::anybody()}};
  auto key = std::make_shared<config::SharedKey>();
  key->secret = Secret::copy_of(as_octets(site.secret));
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->connections = {std::move(connection)};
  snapshot->ike_secrets = {std::move(key)};
  return snapshot;
}

class Pair {
 public:
  /// The right side holds the SAs of so many `others` already.
  Pair(const std::pair<sim::SiteToSite, sim::SiteToSite>& ends, std::int64_t others)
      : left(ends.first.snapshot()), right(open_to_all(ends.second)) {
    auto other = ends.first;
    for (std::int64_t number = 0; number < others; ++number) {
      other.local_id = std::to_string(number) + ".example.org";
      End end(other.snapshot());
      establish(end);
    }
    others_ = right.engine.ike_sas().size();
  }

  /// From the operator's request to two installed Child SAs, and all of it forgotten again.
  void handshake() {
    establish(left);
    for (auto* end : {&left, &right})
      end->engine.on_control(now_, ike::TerminateIke{ControlId{2}, end->established, true});
    settle(left);
    // Until a late retransmission could no longer come.
    now_ = now_ + minutes(1);
    for (auto* end : {&left, &right}) end->engine.on_deadline(now_);
    CHECK(left.engine.ike_sas().empty() && right.engine.ike_sas().size() == others_);
  }

  End left;
  End right;

 private:
  void establish(End& initiator) {
    initiator.established = right.established = {};
    initiator.engine.on_control(now_, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    settle(initiator);
    CHECK(initiator.established && right.established);
  }
  void settle(End& initiator) {
    for (bool more = true; more;) {
      more = initiator.serve(now_, right);
      more = right.serve(now_, initiator) || more;
    }
  }
  Instant now_;
  std::size_t others_ = 0;
};

void handshake(benchmark::State& state, KeyExchangeMethod method) {
  Pair pair(sites(method), state.range(0));
  for (auto _ : state) pair.handshake();
  state.SetItemsProcessed(state.iterations());
}

void bare_handshake(benchmark::State& state, KeyExchangeMethod method) {
  std::vector<std::size_t> sizes;
  Pair pair(sites(method), 0);
  pair.left.sizes = pair.right.sizes = &sizes;
  pair.handshake();
  CHECK(sizes.size() == 4);
  const auto site = sites(method).first;
  bench::BareHandshake bare(method, {sizes[0], sizes[1], sizes[2], sizes[3], site.secret.size(),
                                     4 + site.local_id.size(), 4 + site.remote_id.size()});
  for (auto _ : state) bare.run();
  state.SetItemsProcessed(state.iterations());
}

#define KEYPACT_HANDSHAKE(function, name, method)                                                                   \
  BENCHMARK_CAPTURE(function, method, KeyExchangeMethod::method)->Name(name)->ArgName("others")->Arg(0)->Arg(10000)
KEYPACT_HANDSHAKE(handshake, "Handshake/X25519", CURVE25519);
KEYPACT_HANDSHAKE(bare_handshake, "HandshakeBare/X25519", CURVE25519);
KEYPACT_HANDSHAKE(handshake, "Handshake/Ecp256", ECP_256);
KEYPACT_HANDSHAKE(bare_handshake, "HandshakeBare/Ecp256", ECP_256);
#undef KEYPACT_HANDSHAKE

}  // namespace
}  // namespace keypact
