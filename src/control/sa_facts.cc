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
  facts.peer_id = sa.peer_identity().to_string();
  facts.proposal = sa.parts().proposal;
  facts.established = sa.parts().established;
  facts.lifetime = sa.lifetime();
}

/// The waiting points before authentication differ in what they know already.
template <class Waiting>
void add_state(IkeFacts& facts, const Waiting& waiting) {
  facts.state = "CONNECTING";
  if constexpr (requires { waiting.intent; }) facts.connection = waiting.intent.connection->name;
  if constexpr (requires { waiting.local_id; }) facts.local_id = waiting.local_id.to_string();
  if constexpr (requires { waiting.proposal; }) facts.proposal = waiting.proposal;
}

}  // namespace

std::optional<IkeFacts> facts_of(const ike::v2::IkeSa& sa) {
  if (std::holds_alternative<ike::v2::Closed>(sa.state())) return std::nullopt;
  IkeFacts facts;
  facts.id = sa.record().id;
  facts.record = sa.record();
  std::visit([&facts](const auto& state) { add_state(facts, state); }, sa.state());
  return facts;
}

const IkeFacts* SaMemory::ike(const ike::Engine& engine, IkeSaId id) {
  const auto live = engine.ike_sas().find(id);
  if (live != engine.ike_sas().end()) {
    if (auto facts = facts_of(live->second)) {
      auto& place = facts->connection.empty() ? half_open_ : ikes_[id];
      return &(place = std::move(*facts));
    }
  }
  const auto kept = ikes_.find(id);
  return kept == ikes_.end() ? nullptr : &kept->second;
}

const ike::v2::ChildSa* SaMemory::child(const ike::Engine& engine, IkeSaId ike, ChildSaId id) {
  const auto owner = engine.ike_sas().find(ike);
  const auto* established = owner == engine.ike_sas().end() ? nullptr : owner->second.established();
  if (established != nullptr) {
    const auto live = established->children().find(id);
    if (live != established->children().end()) return &(children_.insert_or_assign(id, live->second).first->second);
  }
  const auto kept = children_.find(id);
  return kept == children_.end() ? nullptr : &kept->second;
}

}  // namespace keypact::control
