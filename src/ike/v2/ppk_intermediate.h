// Post-quantum preshared keys in IKE_INTERMEDIATE: all keys of the IKE SA are made with them, and so they hide who the peers are.
// RFC 9867.
#pragma once

#include "ike/v2/ppk.h"

namespace keypact::ike::v2 {

/// What PPK_IDENTITY_KEY proves the knowledge of a PPK with: no other IKE SA has the same.
struct PpkWitness {
  PrfId prf{};
  Nonces nonces;
  IkeSpi initiator_spi;
  IkeSpi responder_spi;
};

/// What came of the initiator's PPK_IDENTITY_KEY.
struct NamedPpk {
  PpkPointer ppk{};          ///< that both ends have; nullptr: none
  Octets id{};               ///< of it, or the last one that was named
  bool other_value = false;  ///< one of that id is ours, but it is not the same
};

/// In the request of IKE_SA_INIT. Both, since most peers know RFC 8784 only.
[[nodiscard]] std::vector<wire::Payload> ppk_uses(const Options& options);
/// As responder: what is made of them. One that has no PPK at all uses none (RFC 8784 §3).
[[nodiscard]] PpkUse choose_ppk_use(const Context& context, const PayloadSet& request);
/// In the response: one of them, or nothing.
[[nodiscard]] std::vector<wire::Payload> answered_ppk_use(PpkUse use);
/// As initiator: what the responder chose.
[[nodiscard]] PpkUse chosen_ppk_use(const PayloadSet& response);

/// PPK_IDENTITY_KEY, where PPKs are used in IKE_INTERMEDIATE.
[[nodiscard]] NotifyType identity_key_of(PpkUse use);
/// That of the initiator's request.
[[nodiscard]] wire::Payload ppk_identity_key(crypto::Library& library, const PpkWitness& witness, PpkUse use,
                                             OctetView id, const config::Ppk& ppk);
/// As responder: the first that we have too. As many are looked at as a message may have notifies.
[[nodiscard]] NamedPpk find_named_ppk(const Context& context, const PpkWitness& witness, PpkUse use,
                                      const PayloadSet& request);
/// PPK_IDENTITY of the response; nothing where none was found.
[[nodiscard]] std::vector<wire::Payload> found_ppk(const NamedPpk& named);
/// As initiator: whether the response takes the one of that id.
[[nodiscard]] bool takes_ppk(const PayloadSet& response, OctetView id);

/// As responder, once it is known what the connection requires. `named`: nothing where the initiator never named one.
[[nodiscard]] std::optional<Refusal> refuses_named_ppk(const config::Connection& connection,
                                                       const std::optional<NamedPpk>& named);
/// As initiator: the responder found none.
[[nodiscard]] std::optional<Refusal> refuses_ppk_not_found(const config::Connection& connection);

}  // namespace keypact::ike::v2
