// The path of an established IKE SA and its Child SAs: what makes it another one, and what goes with it. RFC 7296 §2.23.
#include "ike/v2/established_sa.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// ESP moves an IKE SA so often at most: whoever sits on the path could send each packet on from somewhere else.
constexpr Duration kBetweenMovesByEsp = seconds(1);

}  // namespace

void EstablishedSa::heard_from(Context& context, IkeSaRecord& record, const Datagram& datagram) {
  last_heard_ = context.now;
  if (parts_.mobility.agreed) return note_way(record, {datagram.local, datagram.remote});
  // A datagram to another address or port of ours came another way altogether, on which nothing is known of a NAT.
  if (datagram.local == record.local && datagram.remote != record.remote && record.follows_peer())
    follow_peer(context, record, datagram.remote);
}

void EstablishedSa::on_peer_moved(Context& context, IkeSaRecord& record, const ipsec::PeerMoved& event) {
  const bool just_moved = moved_at_ && context.now < *moved_at_ + kBetweenMovesByEsp;
  if (children_.contains(event.id) && event.remote != record.remote && record.follows_peer() && !just_moved)
    follow_peer(context, record, event.remote);
}

void EstablishedSa::follow_peer(Context& context, IkeSaRecord& record, const Endpoint& remote) {
  ++context.counters.peer_moves;
  set_path(context, record, {record.local, remote});
  moving_.esp.reset();
  move_children(context, record);
  // RFC 7296 §2.23: retransmissions go there too. What is waited for was sent to where nobody may have been any more.
  send_request_again(context, record, record.path(), requests_);
}

void EstablishedSa::set_path(Context& context, IkeSaRecord& record, const Path& path) {
  const auto from = record.path();
  record.local = path.local;
  record.remote = path.remote;
  moved_at_ = context.now;
  moving_.heard_over.reset();
  parts_.channel.forget_path();
  if (announced_) context.emit(IkeSaMoved{record.id, from, path});
}

EspPath EstablishedSa::esp_path(const IkeSaRecord& record) const {
  return moving_.esp ? *moving_.esp : EspPath{record.path(), record.udp_encapsulation};
}

void EstablishedSa::move_children(Context& context, const IkeSaRecord& record) {
  for (auto& [id, child] : children_) {
    if (child.in_stack) move_child(context, record, child);
    else child.moved = true;
  }
}

void EstablishedSa::move_child(Context& context, const IkeSaRecord& record, ChildSa& child) const {
  const auto [path, udp_encapsulation] = esp_path(record);
  child.moved = false;
  child.udp_encapsulation = udp_encapsulation;
  context.request(ipsec::UpdateEndpoints{child.id, path.local, path.remote, udp_encapsulation});
}

}  // namespace keypact::ike::v2
