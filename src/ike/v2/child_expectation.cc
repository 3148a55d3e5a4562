#include "ike/v2/child_expectation.h"

#include <algorithm>

namespace keypact::ike::v2 {

void expect(Context& context, const ChildOffer& offer, const EspPath& path) {
  ipsec::ExpectChildSa expected{offer.inbound_spi, {}, path.path.local, path.path.remote, path.udp_encapsulation};
  for (const auto& proposal : offer.proposals)
    if (std::ranges::find(expected.protocols, proposal.protocol) == expected.protocols.end())
      expected.protocols.push_back(proposal.protocol);
  context.request(std::move(expected));
}

void forgo(Context& context, EspSpi offered) {
  context.esp_spis.release(offered);
  context.request(ipsec::ForgoChildSa{offered});
}

void expect_first_child(Context& context, const IkeSaRecord& record, const Intent& intent,
                        const std::optional<ChildOffer>& offer) {
  if (offer) expect(context, *offer, {record.path(), record.udp_encapsulation});
  if (intent.initial_contact) context.request(ipsec::HoldEarlierRun{intent.connection->name});
}

void forgo_first_child(Context& context, const AwaitAuth& state) {
  if (!state.expects) {
    if (state.offer) context.esp_spis.release(state.offer->inbound_spi);
    return;
  }
  if (state.offer) forgo(context, state.offer->inbound_spi);
  if (state.intent.initial_contact) context.request(ipsec::CarryEarlierRun{state.intent.connection->name});
}

}  // namespace keypact::ike::v2
