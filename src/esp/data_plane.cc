#include "esp/data_plane.h"

#include "base/limits.h"
#include "esp/data_plane_pass.h"
#include "esp/packet_too_big.h"

namespace keypact::esp {
namespace {

constexpr std::size_t kLargestPacket = 65535;
// RFC 791 §3.2: every IPv4 host takes 576 octets; smaller values would only be somebody's attack.
constexpr std::size_t kIpv4MinimumMtu = 576;

std::size_t plausible_path_mtu(std::size_t mtu, IpFamily outer) {
  return std::clamp(mtu, outer == IpFamily::v4 ? kIpv4MinimumMtu : kIpv6MinimumMtu, kLargestPacket);
}

}  // namespace

DataPlane::DataPlane(crypto::Library& library, RandomSource& random, const DataPlaneOptions& options)
    : library_(library),
      random_(random),
      options_(options),
      multi_buffer_(options.multi_buffer ? MultiBuffer::probe(library) : nullptr),
      spd_(options.acquire_retry),
      errors_(options.errors_per_second),
      unknown_spis_(limits::kInvalidSpiReports),
      scratch_(kLargestPacket) {}

std::optional<ipsec::StackEvent> DataPlane::apply(ipsec::StackRequest request, Instant /*now*/) {
  if (!std::holds_alternative<ipsec::AskUse>(request)) flows_.forget_all();
  return std::visit([this](const auto& each) { return on(each); }, request);
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::InstallPolicy& request) {
  spd_.install(request.policy);
  return std::nullopt;
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::RemovePolicy& request) {
  spd_.remove(request.id);
  drop_held(request.id);
  return std::nullopt;
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::InstallChildSa& request) {
  const auto& sa = request.sa;
  const auto refuse = [&](std::string reason) {
    return ipsec::StackEvent(ipsec::ChildSaInstallFailed{sa.id, std::move(reason)});
  };
  auto pair = SaPair::make(library_, multi_buffer_.get(), sa);
  if (!pair) return refuse(std::move(pair).error());
  (*pair)->stands_by = !sa.use_outbound;
  (*pair)->tunnel.path_mtu = plausible_path_mtu(options_.default_path_mtu, sa.remote.address.family());
  if (auto added = sad_.add(std::move(*pair)); !added) return refuse(std::move(added).error());
  if (sa.use_outbound) spd_.prefer(sa.policy, sa.inbound_spi);
  else spd_.stand_by(sa.policy, sa.inbound_spi);
  held_.release(sa.policy);
  early_.release(sa.inbound_spi);
  return ipsec::ChildSaInstalled{sa.id};
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::UseOutbound& request) {
  if (SaPair* const pair = sad_.find(request.id)) use_outbound(*pair);
  return std::nullopt;
}

void DataPlane::use_outbound(SaPair& pair) {
  pair.stands_by = false;
  spd_.prefer(pair.policy, pair.inbound.opener.spi());
  flows_.forget_all();
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::StopOutbound& request) {
  if (SaPair* const pair = sad_.find(request.id)) {
    spd_.detach(pair->policy, pair->inbound.opener.spi());
    pair->stands_by = false;
  }
  return std::nullopt;
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::RemoveChildSa& request) {
  if (const SaPair* const pair = sad_.find(request.id)) {
    spd_.detach(pair->policy, pair->inbound.opener.spi());
    sad_.remove(request.id);
  }
  return std::nullopt;
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::UpdateEndpoints& request) {
  if (SaPair* const pair = sad_.find(request.id)) {
    auto& tunnel = pair->tunnel;
    tunnel.local = request.local;
    tunnel.remote = request.remote;
    tunnel.udp_encapsulation = request.udp_encapsulation;
    tunnel.path_mtu = plausible_path_mtu(options_.default_path_mtu, request.remote.address.family());
  }
  return std::nullopt;
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::AskUse& request) {
  const SaPair* const pair = sad_.find(request.id);
  if (pair == nullptr) return std::nullopt;
  return ipsec::ChildSaUse{request.id, pair->counters.last_in, pair->counters.last_out};
}

std::optional<ipsec::StackEvent> DataPlane::on(const ipsec::DropHeld& request) {
  spd_.get_no_sa(request.policy);
  drop_held(request.policy);
  return std::nullopt;
}

void DataPlane::drop_held(PolicyId policy) {
  for ([[maybe_unused]] const auto& held : held_.take(policy)) drops_.count(DropReason::no_sa);
}

bool DataPlane::set_path_mtu(ChildSaId id, std::size_t mtu, Instant now) {
  SaPair* const pair = sad_.find(id);
  if (pair == nullptr) return false;
  pair->tunnel.path_mtu = plausible_path_mtu(mtu, pair->tunnel.remote.address.family());
  pair->tunnel.path_mtu_until = now + options_.path_mtu_life;
  return true;
}

std::optional<std::size_t> DataPlane::inner_mtu(ChildSaId id) const {
  const SaPair* const pair = sad_.find(id);
  return pair == nullptr ? std::nullopt : std::optional(pair->inner_mtu());
}

std::optional<ipsec::ChildSaCounters> DataPlane::counters(ChildSaId id) const {
  const SaPair* const pair = sad_.find(id);
  return pair == nullptr ? std::nullopt : std::optional(pair->counters);
}

bool DataPlane::may_carry(SaPair& pair) {
  if (!pair.spent) return true;
  drops_.count(DropReason::lifetime_over);
  return false;
}

void DataPlane::count_out(SaPair& pair, std::size_t octets, Pass& pass) {
  ++pair.counters.packets_out;
  pair.counters.octets_out += octets;
  check_volume(pair, pass);
}

void DataPlane::count_in(SaPair& pair, std::size_t octets, Pass& pass) {
  ++pair.counters.packets_in;
  pair.counters.octets_in += octets;
  check_volume(pair, pass);
}

/// RFC 4301 §4.4.2.1: each of the two SAs has its count, and what ends one ends the pair.
void DataPlane::check_volume(SaPair& pair, Pass& pass) {
  const auto& c = pair.counters;
  const auto reached = [&](const ipsec::VolumeLimit& limit) {
    return limit.is_reached(c.octets_out, c.packets_out) || limit.is_reached(c.octets_in, c.packets_in);
  };
  pair.spent = reached(pair.hard);
  if (pair.spent) report_expiry(pair, ExpiryReport::hard, pass);
  else if (reached(pair.soft)) report_expiry(pair, ExpiryReport::soft, pass);
}

void DataPlane::report_expiry(SaPair& pair, ExpiryReport reached, Pass& pass) {
  if (pair.reported >= reached) return;
  pair.reported = reached;
  pass.output.add_event(ipsec::ChildSaExpired{pair.id, reached == ExpiryReport::hard});
}

}  // namespace keypact::esp
