#include "ike/v2/authentication_rounds.h"

#include "base/check.h"

namespace keypact::ike::v2 {

bool has_several_rounds(const config::Connection& connection) {
  return connection.local.size() > 1 || connection.remote.size() > 1;
}

const config::AuthRound& PeerRounds::current(const config::Connection& connection) const {
  return connection.remote.at(done_);
}

void PeerRounds::take(PeerAuthenticated peer) {
  ++done_;
  peer_ = peer_ ? peer_->followed_by(peer) : std::move(peer);
}

const PeerAuthenticated& PeerRounds::all(const config::Connection& connection) const {
  CHECK(peer_ && !awaits_more(connection));
  return *peer_;
}

Refusal without_rounds(const config::Connection& connection, ExchangeType exchange) {
  auto refusal = refusal_in(exchange, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.rule = "RFC 4739 §2.1";
  refusal.ours.push_back(connection.name + ": " + std::to_string(connection.local.size()) + " local and " +
                         std::to_string(connection.remote.size()) + " remote rounds of authentication");
  refusal.theirs.emplace_back("no MULTIPLE_AUTH_SUPPORTED");
  refusal.detail =
      "the peer takes one authentication of each end: give it as many rounds, or this connection only one local and "
      "one "
      "remote section";
  return refusal;
}

std::optional<Refusal> refuses_number_of_rounds(const config::Connection& connection, const PeerRounds& peer,
                                                const PayloadSet& payloads) {
  const bool follows = payloads.notify(NotifyType::ANOTHER_AUTH_FOLLOWS) != nullptr;
  if (follows == peer.awaits_more(connection)) return std::nullopt;
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.rule = "RFC 4739 §2.1";
  const auto wanted = connection.remote.size();
  refusal.ours.push_back(connection.name + ": " + std::to_string(wanted) + " round" + (wanted == 1 ? "" : "s") +
                         " of authentication of the peer");
  refusal.theirs.push_back(follows ? "another one after " + std::to_string(peer.done())
                                   : std::to_string(peer.done()) + ", and no other one follows");
  refusal.detail = follows ? "the peer wants to prove itself more often than the connection says: give it as many "
                             "remote sections as the peer has local ones"
                           : "the peer does not prove itself as often as the connection says: give the peer as many "
                             "local sections as there are remote ones here";
  return refusal;
}

}  // namespace keypact::ike::v2
