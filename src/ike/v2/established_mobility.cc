// An established IKE SA whose ends have several addresses, or other ones than before. RFC 4555. What moves it is in
// established_path.cc.
#include <algorithm>

#include "ike/v2/connection_choice.h"
#include "ike/v2/established_sa.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// RFC 4555 §3.7, §4.2.5: 8 to 64 octets.
constexpr std::size_t kCookie2Octets = 16;
/// RFC 4555 §3.9: the update is tried again when a NAT was met where none may be.
constexpr unsigned kUpdateAttempts = 5;

bool contains(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

bool echoes(const PayloadSet& payloads, const Octets& cookie) {
  const auto* notify = payloads.notify(NotifyType::COOKIE2);
  return notify != nullptr && notify->data == cookie;
}

/// The hash of our endpoint as the peer sees it.
Octets seen_by_peer(const PayloadSet& payloads) {
  const auto* notify = payloads.notify(NotifyType::NAT_DETECTION_DESTINATION_IP);
  return notify != nullptr ? notify->data : Octets();
}

}  // namespace

void EstablishedSa::on_local_addresses(Context& context, IkeSaRecord& record) {
  if (ended_ || standing_ == Standing::superseded) return;
  const bool gone = !contains(context.local_addresses, record.local.address);
  if (!parts_.mobility.agreed) {
    // Nothing can be moved: whoever can reach the peer begins anew.
    if (gone && record.initiator) context.reauthentications.push_back(record.id);
    return;
  }
  if (gone || moving_.seeks_path) seek_path(context, record);
  else if (tells_old_addresses(context, record)) queue_first(TellAddressesRequest{});
  after_event(context, record);
}

/// What waits for its response is sent over all paths, and if nothing waits, a liveness check (RFC 4555 §3.10). The first response
/// shows a path that works.
void EstablishedSa::seek_path(Context& context, const IkeSaRecord& record) {
  moving_.seeks_path = true;
  if (!requests_.is_free()) {
    requests_.restart(context.now);
    for (const auto& path : paths(context, record)) send_request_again(context, record, path, requests_);
  } else if (std::holds_alternative<std::monostate>(exchange_)) {
    queue_first(LivenessRequest{});
  }
}

/// Those that a request takes: the present one, or all that there can be while that one is in doubt.
std::vector<Path> EstablishedSa::paths(const Context& context, const IkeSaRecord& record) const {
  if (!moving_.seeks_path) return {record.path()};
  std::vector<Endpoint> here, there;
  const auto add = [](std::vector<Endpoint>& endpoints, const Endpoint& endpoint) {
    if (std::ranges::find(endpoints, endpoint) == endpoints.end()) endpoints.push_back(endpoint);
  };
  if (contains(context.local_addresses, record.local.address)) add(here, record.local);
  for (const auto& address : usable_addresses(*parts_.connection, context.local_addresses))
    add(here, {address, record.local.port});
  add(there, record.remote);
  if (moving_.esp) add(there, moving_.esp->path.remote);
  // RFC 4555 §3.6: as responder only when our own address is not the one that the peer knows.
  for (const auto& address : parts_.mobility.of_peer) add(there, {address, record.remote.port});
  if (parts_.mobility.we_decide)
    for (const auto& pattern : parts_.connection->remote_addrs)
      if (pattern.is_single()) add(there, {pattern.first, record.remote.port});
  for (const auto& address : parts_.mobility.formerly_of_peer) add(there, {address, record.remote.port});
  auto found = pairs(here, there);
  std::erase_if(found,
                [&](const Path& path) { return std::ranges::find(moving_.refused, path) != moving_.refused.end(); });
  return found;
}

/// RFC 4555 §3.8: where the initiator says when it moves, no other message of IKE moves anything. But a NAT in front of it may have
/// another mapping, of which it does not know yet: what we send again takes both ways until it does.
void EstablishedSa::note_way(const IkeSaRecord& record, const Path& path) {
  moving_.heard_over.reset();
  if (path != record.path() && !parts_.mobility.we_decide) moving_.heard_over = path;
}

std::vector<Path> EstablishedSa::paths_of_retransmission(const Context& context, const IkeSaRecord& record) const {
  auto found = paths(context, record);
  if (moving_.heard_over && !moving_.seeks_path) found.push_back(*moving_.heard_over);
  return found;
}

/// A request is not answered: perhaps the path is broken, and another one is not (RFC 4555 §3.5).
void EstablishedSa::doubt_path(Context& context, const IkeSaRecord& record) {
  constexpr unsigned kTransmissionsOnOnePath = 4;
  if (!parts_.mobility.agreed || moving_.seeks_path || requests_.transmissions() < kTransmissionsOnOnePath) return;
  moving_.seeks_path = true;
  if (paths(context, record).size() < 2) moving_.seeks_path = false;
}

void EstablishedSa::on_answer_over(Context& context, IkeSaRecord& record, const Path& path) {
  if (!std::exchange(moving_.seeks_path, false) || path == record.path()) return;
  if (std::holds_alternative<UpdatingAddresses>(exchange_)) queue_first(UpdateAddressesRequest{});
  if (std::holds_alternative<ProvingAddress>(exchange_)) queue_first(ProveAddressRequest{});
  set_path(context, record, path);
  if (parts_.mobility.we_decide) return queue_first(UpdateAddressesRequest{});
  // RFC 4555 §3.5: the responder may do so when its own address is gone; the peer learns of the others.
  move_children(context, record);
  queue_first(TellAddressesRequest{});
}

void EstablishedSa::queue_first(LocalRequest request) {
  const bool there =
      std::ranges::any_of(queue_, [&](const auto& queued) { return queued.request.index() == request.index(); });
  if (!there) queue_.push_front({std::move(request), 0, std::nullopt});
}

/// What the peer needs to know to find out what lies in between (RFC 4555 §3.5, §3.9).
std::vector<wire::Payload> EstablishedSa::path_payloads(Context& context, const IkeSaRecord& record) const {
  if (!record.nat.supported) return {no_nats_allowed(record.path())};
  return nat_detection_payloads(context.library, record.initiator_spi, record.responder_spi, record.local,
                                record.remote, parts_.connection->encap);
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const UpdateAddressesRequest& /*request*/,
                          unsigned failures) {
  std::vector<wire::Payload> payloads = {notify_payload(NotifyType::UPDATE_SA_ADDRESSES)};
  std::ranges::move(path_payloads(context, record), std::back_inserter(payloads));
  std::ranges::move(our_address_list(context, record), std::back_inserter(payloads));
  auto cookie = context.random.octets(kCookie2Octets);
  payloads.push_back(notify_payload(NotifyType::COOKIE2, cookie));
  exchange_ = UpdatingAddresses{record.path(), std::move(cookie), failures};
  send_request(context, record, ExchangeType::INFORMATIONAL, payloads);
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const TellAddressesRequest& /*request*/,
                          unsigned /*failures*/) {
  auto payloads = our_address_list(context, record);
  if (!record.nat.supported) payloads.push_back(no_nats_allowed(record.path()));
  exchange_ = TellingAddresses{};
  send_request(context, record, ExchangeType::INFORMATIONAL, payloads);
}

void EstablishedSa::begin(Context& context, const IkeSaRecord& record, const ProveAddressRequest& /*request*/,
                          unsigned /*failures*/) {
  auto cookie = context.random.octets(kCookie2Octets);
  const std::vector<wire::Payload> payloads = {notify_payload(NotifyType::COOKIE2, cookie)};
  exchange_ = ProvingAddress{record.path(), std::move(cookie)};
  send_request(context, record, ExchangeType::INFORMATIONAL, payloads);
}

std::vector<IpAddress> EstablishedSa::our_addresses(const Context& context, const IkeSaRecord& record) const {
  return additional_addresses(usable_addresses(*parts_.connection, context.local_addresses), record.local.address);
}

bool EstablishedSa::tells_old_addresses(const Context& context, const IkeSaRecord& record) const {
  return our_addresses(context, record) != parts_.mobility.told;
}

std::vector<wire::Payload> EstablishedSa::our_address_list(const Context& context, const IkeSaRecord& record) {
  parts_.mobility.told = our_addresses(context, record);
  return address_list_payloads(parts_.mobility.told);
}

void EstablishedSa::on_addresses_updated(Context& context, IkeSaRecord& record, const UpdatingAddresses& exchange,
                                         const PayloadSet& payloads) {
  if (!echoes(payloads, exchange.cookie)) return close_over_cookie(context, record);
  // RFC 4555 §3.5: the addresses changed again; another update is on its way.
  if (exchange.path != record.path()) return;
  if (payloads.notify(NotifyType::UNEXPECTED_NAT_DETECTED) != nullptr && exchange.failures < kUpdateAttempts)
    return postpone(context, UpdateAddressesRequest{}, exchange.failures);
  if (const auto* error = payloads.error()) return on_path_refused(context, record, *error);
  moving_.refused.clear();
  note_nat(context, record, payloads);
  moving_.seen_as = seen_by_peer(payloads);
  move_children(context, record);
}

/// RFC 4555 §3.5: another path is tried, as long as there is one.
void EstablishedSa::on_path_refused(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& error) {
  auto refusal = refusal_in(ExchangeType::INFORMATIONAL, refusal_code_of(error.type), error.type);
  refusal.by_peer = true;
  refusal.ours.push_back(record.local.to_string() + " to " + record.remote.to_string());
  context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refusal)});
  moving_.refused.push_back(record.path());
  moving_.seeks_path = true;
  if (!paths(context, record).empty()) return queue_first(LivenessRequest{});
  moving_.seeks_path = false;
  moving_.refused.clear();
  queue_first(DeleteIkeRequest{});
}

void EstablishedSa::note_nat(Context& context, IkeSaRecord& record, const PayloadSet& payloads) const {
  const auto nat =
      detect_nat(context.library, record.initiator_spi, record.responder_spi, record.local, record.remote, payloads);
  if (!nat.supported) return;
  record.nat = nat;
  record.udp_encapsulation = nat.any() || parts_.connection->encap;
}

/// RFC 4555 §3.7: whoever answers did not see what it answers.
void EstablishedSa::close_over_cookie(Context& context, const IkeSaRecord& record) {
  auto refusal = refusal_in(ExchangeType::INFORMATIONAL, RefusalCode::address_not_proven);
  refusal.theirs.push_back(record.remote.to_string());
  context.emit(Refused{record.id, record.remote, parts_.connection->name, std::move(refusal)});
  queue_first(DeleteIkeRequest{});
}

void EstablishedSa::on_address_proven(Context& context, const IkeSaRecord& record, const ProvingAddress& exchange,
                                      const PayloadSet& payloads) {
  if (!echoes(payloads, exchange.cookie)) return close_over_cookie(context, record);
  // The peer moved again: that is proven next.
  if (exchange.path != record.path()) return;
  moving_.esp.reset();
  move_children(context, record);
}

/// RFC 4555 §3.8: behind a NAT, a liveness check also tells whether the mapping is another one.
void EstablishedSa::on_liveness_shown(const PayloadSet& payloads) {
  auto seen = seen_by_peer(payloads);
  if (seen.empty() || seen == moving_.seen_as) return;
  moving_.seen_as = std::move(seen);
  queue_first(UpdateAddressesRequest{});
}

std::vector<wire::Payload> EstablishedSa::answer_mobility(Context& context, IkeSaRecord& record,
                                                          const PayloadSet& payloads) {
  std::vector<wire::Payload> reply;
  if (const auto* cookie = payloads.notify(NotifyType::COOKIE2))
    reply.push_back(notify_payload(NotifyType::COOKIE2, cookie->data));
  if (!parts_.mobility.agreed) return reply;
  const auto origin = responses_.origin();
  const auto* no_nats = payloads.notify(NotifyType::NO_NATS_ALLOWED);
  if (no_nats != nullptr && !is_from_where_it_came(*no_nats, origin)) {
    reply.push_back(notify_payload(NotifyType::UNEXPECTED_NAT_DETECTED));
    return reply;
  }
  if (payloads.notify(NotifyType::UPDATE_SA_ADDRESSES) != nullptr && !parts_.mobility.we_decide)
    follow_update(context, record, payloads);
  if (payloads.notify(NotifyType::NAT_DETECTION_SOURCE_IP) != nullptr)
    std::ranges::move(nat_detection_payloads(context.library, record.initiator_spi, record.responder_spi, origin.local,
                                             origin.remote, parts_.connection->encap),
                      std::back_inserter(reply));
  if (auto told = told_addresses(payloads, origin.remote.address)) {
    parts_.mobility.learn(std::move(*told));
    // RFC 4555 §3.5, §3.6: the responder speaks from where it can be reached now. ESP follows when the update is answered.
    if (parts_.mobility.we_decide && origin != record.path()) {
      moving_.seeks_path = false;
      set_path(context, record, origin);
      queue_first(UpdateAddressesRequest{});
    }
  }
  return reply;
}

/// The initiator says that it is here now. Our IKE messages believe it; ESP waits until it is proven (RFC 4555 §3.7).
void EstablishedSa::follow_update(Context& context, IkeSaRecord& record, const PayloadSet& payloads) {
  const auto origin = responses_.origin();
  const EspPath before{record.path(), record.udp_encapsulation};
  moving_.seeks_path = false;
  if (origin != record.path()) {
    if (!moving_.esp) moving_.esp = before;
    set_path(context, record, origin);
    send_request_again(context, record, record.path(), requests_);
  }
  note_nat(context, record, payloads);
  if (tells_old_addresses(context, record)) queue_first(TellAddressesRequest{});
  if (moving_.esp) queue_first(ProveAddressRequest{});
  else if (record.udp_encapsulation != before.udp_encapsulation) move_children(context, record);
}

/// What was to be found out on the IKE SA that this one replaces is found out here.
void EstablishedSa::inherit_move(const EstablishedSa& other) {
  if (!moving_.heard_over) moving_.heard_over = other.moving_.heard_over;
  if (other.moving_.seeks_path) {
    moving_.seeks_path = true;
    queue_first(LivenessRequest{});
  }
  if (other.moving_.esp) {
    moving_.esp = other.moving_.esp;
    queue_first(ProveAddressRequest{});
  }
}

}  // namespace keypact::ike::v2
