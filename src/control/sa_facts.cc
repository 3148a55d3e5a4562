#include "control/sa_facts.h"

namespace keypact::control {

namespace {

std::string_view state_of(const ike::v2::EstablishedSa& sa) {
  const bool superseded = sa.standing() == ike::v2::Standing::superseded;
  if (sa.ended() || std::holds_alternative<ike::v2::DeletingIke>(sa.exchange())) return "DELETING";
  if (superseded) return "REKEYED";
  if (!sa.serves()) return "DELETING";
  return is_rekeying_ike(sa.exchange()) ? "REKEYING" : "ESTABLISHED";
}

void add_state(IkeFacts& facts, const ike::v2::EstablishedSa& sa) {
  facts.connection = sa.parts().connection->name;
  facts.state = state_of(sa);
  facts.local_id = sa.parts().local_id.to_string();
  facts.peer_id = sa.claimed_identity().to_string();
  if (sa.peer_identity() != sa.claimed_identity()) facts.peer_eap_id = sa.peer_identity().to_string();
  facts.proposal = sa.parts().proposal;
  facts.established = sa.parts().established;
  facts.lifetime = sa.lifetime();
}

/// The waiting points before authentication differ in what they know already.
template <class Waiting>
void add_state(IkeFacts& facts, const Waiting& waiting) {
  facts.state = "CONNECTING";
  if constexpr (requires { waiting.intent; }) {
    facts.connection = waiting.intent.connection->name;
    if (waiting.intent.called_off) facts.state = "DELETING";
  }
  if constexpr (requires { waiting.local_id; }) facts.local_id = waiting.local_id.to_string();
  if constexpr (requires { waiting.proposal; }) facts.proposal = waiting.proposal;
}

}  // namespace

std::string_view connection_of(const ike::v2::IkeSa& sa) {
  return std::visit(
      [](const auto& state) -> std::string_view {
        if constexpr (requires { state.intent; }) return state.intent.connection->name;
        else if constexpr (requires { state.parts(); }) return state.parts().connection->name;
        else return {};
      },
      sa.state());
}

std::optional<IkeFacts> facts_of(const ike::v2::IkeSa& sa) {
  if (std::holds_alternative<ike::v2::Closed>(sa.state())) return std::nullopt;
  IkeFacts facts;
  facts.id = sa.record().id;
  facts.record = sa.record();
  std::visit([&facts](const auto& state) { add_state(facts, state); }, sa.state());
  return facts;
}

}  // namespace keypact::control
