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
  move(context, record, {record.local, remote});
}

void EstablishedSa::move(Context& context, IkeSaRecord& record, const Path& path) {
  const auto from = record.path();
  record.local = path.local;
  record.remote = path.remote;
  moved_at_ = context.now;
  parts_.channel.forget_path();
  if (announced_) context.emit(IkeSaMoved{record.id, from, path});
  move_children(context, record);
  // RFC 7296 §2.23: retransmissions go there too. What is waited for was sent to where nobody may have been any more.
  send_request_again(context, record, requests_);
}

void EstablishedSa::move_children(Context& context, const IkeSaRecord& record) {
  for (auto& [id, child] : children_) {
    if (child.phase == ChildSa::Phase::installing) child.moved = true;
    if (child.phase == ChildSa::Phase::installed) move_child(context, record, child);
  }
}

void EstablishedSa::move_child(Context& context, const IkeSaRecord& record, ChildSa& child) {
  child.moved = false;
  child.udp_encapsulation = record.udp_encapsulation;
  context.request(ipsec::UpdateEndpoints{child.id, record.local, record.remote, record.udp_encapsulation});
}

}  // namespace keypact::ike::v2
