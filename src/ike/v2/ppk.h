// Post-quantum preshared keys: who uses which one, and what becomes of SK_d, SK_pi and SK_pr. RFC 8784 §3.
#pragma once

#include "ike/core/context.h"
#include "ike/core/payload_set.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/keys.h"

namespace keypact::ike::v2 {

using PpkPointer = std::shared_ptr<const config::Ppk>;

/// As initiator, before the first message: the one that the connection names, nullptr where it does without, or why it cannot.
[[nodiscard]] Result<PpkPointer, Refusal> ppk_to_offer(const config::Snapshot& configuration,
                                                       const config::Connection& connection);
/// The responder of IKE_SA_INIT uses none: what is to be said where one is required.
[[nodiscard]] std::optional<Refusal> refuses_peer_without_ppk(const config::Connection& connection);
/// One is required, and the peer goes on without. `detail`: how it does.
[[nodiscard]] Refusal ppk_is_required(const config::Connection& connection, std::string detail);

/// PPK_IDENTITY of the initiator's request with AUTH: type PPK_ID_FIXED. RFC 8784 §5.1.
[[nodiscard]] wire::Payload ppk_identity(const config::Connection& connection);

/// The type and the name of a PPK_IDENTITY: PPK_ID_FIXED. RFC 8784 §5.1.
[[nodiscard]] Octets fixed_ppk_id(OctetView id);
/// The name in such data; nothing where it is of another type, or empty.
[[nodiscard]] std::optional<OctetView> ppk_id_of(OctetView data);
/// As it is written in a configuration.
[[nodiscard]] std::string ppk_id_text(OctetView id);
/// The two ends have none that both know.
[[nodiscard]] Refusal without_ppk(const config::Connection& connection, std::string detail);

/// As responder: what the request with AUTH leads to. nullptr: without one; then the proof to look at is that of NO_PPK_AUTH, which
/// is put into the place of AUTH. Both have said USE_PPK.
[[nodiscard]] Result<PpkPointer, Refusal> ppk_asked_for(const Context& context, const config::Connection& connection,
                                                        std::vector<wire::Payload>& request);

}  // namespace keypact::ike::v2
