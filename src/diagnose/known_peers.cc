#include "diagnose/known_peers.h"

#include <algorithm>
#include <array>

#include "base/octets.h"

namespace keypact::diagnose {
namespace {

constexpr Transform cipher(EncryptionId id, std::optional<std::uint16_t> key_bits = std::nullopt) {
  return {TransformType::ENCR, static_cast<std::uint16_t>(id), key_bits};
}
constexpr Transform mac(IntegrityId id) { return {TransformType::INTEG, static_cast<std::uint16_t>(id), std::nullopt}; }
constexpr Transform method(KeyExchangeMethod id) {
  return {TransformType::KE, static_cast<std::uint16_t>(id), std::nullopt};
}

constexpr auto kAes192 = cipher(EncryptionId::ENCR_AES_CBC, 192);
constexpr auto kDes = cipher(EncryptionId::ENCR_DES);
constexpr auto kSha1 = mac(IntegrityId::AUTH_HMAC_SHA1_96);
constexpr auto kSha512 = mac(IntegrityId::AUTH_HMAC_SHA2_512_256);
constexpr auto kModp1024 = method(KeyExchangeMethod::MODP_1024);
constexpr auto kModp1536 = method(KeyExchangeMethod::MODP_1536);

/// What all offers of one protocol that we know and refuse have in common. RFC 8247 §2.4, §2.1.
enum class Weakness : std::uint8_t { key_exchange, encryption };

struct Row {
  ProtocolId protocol{};
  Weakness weakness{};
  std::string_view vendor_id;                   ///< how one of its vendor IDs begins; empty: known by its offer alone
  std::array<std::optional<Transform>, 2> has;  ///< of its offer
  KnownPeer peer;
};

/// MS NT5 ISAKMPOAKLEY, before the version.
constexpr std::string_view kMicrosoft = "\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61";
constexpr std::string_view kCisco = "CISCO-DELETE-REASON";

/// The first one that fits tells most.
constexpr std::array kRows = {
    Row{ProtocolId::IKE,
        Weakness::key_exchange,
        kMicrosoft,
        {kAes192, kModp1024},
        {"it offers what Windows offers as installed: key exchange with MODP_1024 only",
         "at the client, in PowerShell: Set-VpnConnectionIPsecConfiguration -ConnectionName NAME "
         "-AuthenticationTransformConstants GCMAES256 -CipherTransformConstants GCMAES256 -EncryptionMethod AES256 "
         "-IntegrityCheckMethod SHA384 -DHGroup ECP384 -PfsGroup ECP384 -Force; or, as weak as it is, for {c} alone: "
         "proposals = default, aes256-sha384-modp1024"}},
    Row{ProtocolId::IKE,
        Weakness::key_exchange,
        kMicrosoft,
        {kModp1024},
        {"it offers what an Azure VPN gateway offers without a policy of its own: key exchange with MODP_1024 only",
         "at Azure: az network vpn-connection ipsec-policy add --connection-name NAME --resource-group GROUP "
         "--ike-encryption AES256 --ike-integrity SHA384 --dh-group ECP384 --ipsec-encryption GCMAES256 "
         "--ipsec-integrity GCMAES256 --pfs-group ECP384 --sa-lifetime 3600 --sa-max-size 102400000; or, as weak as "
         "it is, for {c} alone: proposals = default, aes256-sha256-modp1024"}},
    Row{ProtocolId::IKE,
        Weakness::key_exchange,
        kCisco,
        {kDes, kModp1536},
        {"it offers what the wizard of old Cisco ASAs made: key exchange with MODP_1536 and MODP_1024 only",
         "at the ASA: crypto ikev2 policy 1 / encryption aes-256 / integrity sha256 / prf sha256 / group 19 14; or, as "
         "weak as it is, for {c} alone: proposals = default, aes256-sha1-modp1536"}},
    Row{ProtocolId::IKE,
        Weakness::key_exchange,
        kCisco,
        {kSha512, kModp1536},
        {"it offers what Cisco IOS 15 offers as installed: key exchange with MODP_1536 and MODP_1024 only",
         "at the router: crypto ikev2 proposal default / encryption aes-cbc-256 / integrity sha256 / group 19 14; or, "
         "as weak as it is, for {c} alone: proposals = default, aes256-sha512-modp1536"}},
    Row{ProtocolId::ESP,
        Weakness::key_exchange,
        {},
        {kAes192, kSha1},
        {"it offers what MikroTik RouterOS offers as installed: PFS with MODP_1024 only",
         "at the router: /ip ipsec proposal set [find default=yes] pfs-group=modp2048; or, as weak as it is, for the "
         "child of {c} alone: esp_proposals = default, aes256-sha1-modp1024"}},
    Row{ProtocolId::IKE,
        Weakness::key_exchange,
        {},
        {},
        {"all key exchange methods that it offers are weak (RFC 8247 §2.4)",
         "add one at the peer: MODP_2048 (group 14), ECP_256 (group 19) or CURVE25519 (group 31); or name its own in "
         "`proposals` of {c}, as weak as it is"}},
    Row{ProtocolId::ESP,
        Weakness::key_exchange,
        {},
        {},
        {"all key exchange methods that it offers are weak (RFC 8247 §2.4)",
         "add one for PFS at the peer: MODP_2048 (group 14), ECP_256 (group 19) or CURVE25519 (group 31), or take PFS "
         "out there; or name its own in `esp_proposals` of {c}, as weak as it is"}},
    Row{ProtocolId::IKE,
        Weakness::encryption,
        {},
        {},
        {"all ciphers that it offers are broken or weak (RFC 8247 §2.1)", "add AES at the peer"}},
    Row{ProtocolId::ESP,
        Weakness::encryption,
        {},
        {},
        {"all ciphers that it offers are broken or weak (RFC 8221 §5)", "add AES at the peer"}},
};

bool is_weak(const Transform& transform) {
  if (transform.type == TransformType::KE)
    return transform == kModp1024 || transform == kModp1536 || transform == method(KeyExchangeMethod::MODP_768);
  return transform == kDes || transform == cipher(EncryptionId::ENCR_3DES) ||
         transform == cipher(EncryptionId::ENCR_NULL);
}

/// Of one protocol and type: whether something is offered at all, and nothing that is not weak.
bool is_weak_throughout(const std::vector<Proposal>& offered, ProtocolId protocol, TransformType type) {
  std::size_t weak = 0;
  for (const auto& proposal : offered) {
    if (proposal.protocol != protocol) continue;
    const auto transforms = proposal.of_type(type);
    if (transforms.empty() || !std::ranges::all_of(transforms, is_weak)) return false;
    ++weak;
  }
  return weak > 0;
}

bool has(const std::vector<Proposal>& offered, const Transform& transform) {
  return std::ranges::any_of(offered, [&](const auto& proposal) {
    return std::ranges::find(proposal.transforms, transform) != proposal.transforms.end();
  });
}

bool has_vendor(const ike::Refusal& refusal, std::string_view begins) {
  return begins.empty() ||
         std::ranges::any_of(refusal.vendor_ids, [&](const auto& id) { return as_text(id).starts_with(begins); });
}

bool fits(const Row& row, const ike::Refusal& refusal) {
  const auto type = row.weakness == Weakness::key_exchange ? TransformType::KE : TransformType::ENCR;
  return has_vendor(refusal, row.vendor_id) && is_weak_throughout(refusal.offered, row.protocol, type) &&
         std::ranges::all_of(row.has, [&](const auto& wanted) { return !wanted || has(refusal.offered, *wanted); });
}

}  // namespace

std::optional<KnownPeer> known_peer(const ike::Refusal& refusal) {
  if (refusal.code != ike::RefusalCode::no_proposal_chosen || refusal.by_peer) return std::nullopt;
  const auto row = std::ranges::find_if(kRows, [&](const Row& each) { return fits(each, refusal); });
  return row == kRows.end() ? std::nullopt : std::optional(row->peer);
}

}  // namespace keypact::diagnose
