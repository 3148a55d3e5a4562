// Addresses inside the tunnel, in IKE_AUTH: those that a gateway gives to its client, and those that a client gets.
// RFC 7296 §2.19, §3.15.4.
#pragma once

#include "ike/v2/child_negotiation.h"

namespace keypact::ike::v2 {

/// As gateway: what is to be leased before the request can be answered; nothing: no address is asked for, or none is to be had.
[[nodiscard]] std::optional<LeaseAddresses> lease_for(const Context& context, const IkeSaRecord& record,
                                                      const config::Connection& connection,
                                                      const Identification& client, const PayloadSet& request);
/// CP(CFG_REPLY); nothing where the client has got no address.
[[nodiscard]] std::optional<wire::Payload> configuration_answer(const Context& context, const IkeSaRecord& record,
                                                                const config::Connection& connection);
/// The client gets no Child SA: it has got no address that it asks for, or asks for none and is to have one.
[[nodiscard]] std::optional<ChildRefusal> refuses_address(const IkeSaRecord& record,
                                                          const config::Connection& connection,
                                                          const PayloadSet& request);

/// As client: what it had before a reauthentication, or what the connection names. Until the gateway has answered, "dynamic" stands for
/// any address of these families: it may give another one than is asked for.
[[nodiscard]] std::vector<IpAddress> addresses_to_ask_for(IkeSaRecord& record, const config::Connection& connection);
/// As client: notes what the gateway gave us, and has it installed. Refused where there is no address, and we want one.
[[nodiscard]] std::optional<Refusal> take_addresses(const Context& context, IkeSaRecord& record,
                                                    const config::Connection& connection, const PayloadSet& response);

}  // namespace keypact::ike::v2
