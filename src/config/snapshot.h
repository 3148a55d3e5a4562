// Snapshot: the configuration as the engine sees it, immutable once built: connections, their children, shared keys, and the
// files of certificates and keys. The words are swanctl.conf's; a setting's default is swanctl's, except the algorithms (empty:
// our safe default).
#pragma once

#include "base/instant.h"
#include "config/credential_file.h"
#include "config/placement_setting.h"
#include "config/pool.h"
#include "config/radius_server.h"
#include "proto/hardware_offload.h"
#include "proto/identification.h"
#include "proto/policy.h"
#include "proto/proposal.h"
#include "proto/traffic_selector.h"

namespace keypact::config {

/// One entry of local_addrs / remote_addrs: %any, an address, a block or range, or a name still to be resolved.
struct AddressPattern {
  enum class Kind : std::uint8_t { any, range, name } kind = Kind::any;
  IpAddress first;  ///< of a range; equal to `last` for a single address
  IpAddress last;
  std::string name;

  [[nodiscard]] bool matches(const IpAddress& address) const;
  [[nodiscard]] bool is_single() const { return kind == Kind::range && first == last; }
  bool operator==(const AddressPattern&) const = default;
};

/// A configured selector: "dynamic" stands for the tunnel's own address (or virtual IP) of that side.
struct SelectorPattern {
  bool dynamic = false;
  TrafficSelector selector;  ///< for dynamic: protocol and ports count only
  bool operator==(const SelectorPattern&) const = default;
};

enum class AuthKind : std::uint8_t { psk, pubkey, eap, xauth, null_auth };

/// What is asked of the revocation of a peer's certificate: that it is known to be good; that, when the certificate says where
/// to ask; that it is not known to be revoked.
enum class Revocation : std::uint8_t { strict, ifuri, relaxed };

/// Whether the peer's key may come from the DNS (IPSECKEY, RFC 4025): signed (DNSSEC), or also unsigned.
enum class DnsKeys : std::uint8_t { no, secure, insecure };

struct AuthRound {
  AuthKind kind = AuthKind::pubkey;
  /// Local: an exact identity, or any = the subject of our certificate, or our address.
  IdentityPattern id = IdentityPattern::anybody();
  SettingPlace auth_at{};  ///< of `auth`, or of the round
  std::uint32_t order =
      0;  ///< swanctl's round: its place among those of the same end, where there are several (RFC 4739)
  // The following are for pubkey.
  std::string auth_words = "pubkey";  ///< what follows `auth =`: "rsa-3072-sha256", "ike:pubkey-sha512"
  std::vector<CredentialFile>
      certificates{};                         ///< certs, cert*: candidates of ours, or whose holders alone are accepted
  std::vector<CredentialFile> authorities{};  ///< cacerts, cacert*: one of these is in the path
  std::vector<CredentialFile> public_keys{};  ///< pubkeys
  DnsKeys dns_keys = DnsKeys::no;
  std::optional<IdentityPattern> ca_id{};    ///< of a CA in the path
  std::vector<std::string> cert_policies{};  ///< OIDs
  std::vector<std::string> groups{};
  Revocation revocation = Revocation::relaxed;
  // The following are for eap.
  std::vector<std::uint8_t> eap_types{};  ///< of IANA's registry, in order of preference; empty: any that fits
  /// Local: who we are inside of EAP; any: as `id` says. Remote: who the peer may be there; nothing: the peer is not asked, and is
  /// who it said that it is before EAP.
  std::optional<IdentityPattern> eap_id{};
  bool by_radius = false;  ///< remote: a RADIUS server speaks EAP with the peer, by the methods that it chooses
  std::optional<IdentityPattern> aaa_id{};  ///< local: whose certificate the server of EAP has; nothing: the peer's
  bool operator==(const AuthRound&) const = default;
};

/// When certificates go along with AUTH.
enum class SendCert : std::uint8_t { if_asked, always, never };
/// OCSP responses in CERT payloads (RFC 4806): whether we ask the peer for them.
enum class OcspPayloads : std::uint8_t { never, reply, request, both };

enum class Action : std::uint8_t { none, trap, start, trap_and_start };
enum class UniquePolicy : std::uint8_t { never, no, keep, replace };
/// RFC 6023: whether an IKE SA is set up with its first Child SA.
enum class Childless : std::uint8_t {
  allow,   ///< as responder either way, as initiator with one
  prefer,  ///< as responder either way, as initiator without where the peer takes it
  force,   ///< never with one
  never,   ///< as responder never without
};
enum class Tristate : std::uint8_t { no, accept, yes, force };

/// A limit on the volume of a Child SA, in octets or packets; 0: none.
struct VolumeSetting {
  std::uint64_t rekey = 0;
  std::uint64_t life = 0;
  std::uint64_t rand = 0;  ///< taken off `rekey` at most
  bool operator==(const VolumeSetting&) const = default;
};

inline constexpr std::uint32_t kPaddedToPath = 0xffffffff;

struct ChildConfig {
  std::string name;
  /// Of ESP and AH: what we offer, complete: default already filled in; KE transforms mean PFS.
  std::vector<Proposal> esp_proposals;
  std::vector<Proposal>
      esp_acceptable;  ///< what we take as responder: the offer, with a tolerance where it is the default
  std::vector<SelectorPattern> local_ts;
  std::vector<SelectorPattern> remote_ts;
  Mode mode = Mode::tunnel;
  PolicyAction action = PolicyAction::protect;
  std::uint32_t replay_window = 32;
  HeaderHandling headers;
  bool compress = false;          ///< swanctl's ipcomp, RFC 3173
  std::uint32_t tfc_padding = 0;  ///< octets of each packet; kPaddedToPath: as large as the path carries; 0: none
  PlacementSetting placement;
  HardwareOffload offload = HardwareOffload::none;
  Duration rekey_time = hours(1);
  Duration life_time{};  ///< 0: rekey_time + 10 %
  Duration rand_time{};
  VolumeSetting octets;
  VolumeSetting packets;
  Duration inactivity{};  ///< without traffic for so long: closed; 0: never
  Action start_action = Action::none;
  Action close_action = Action::none;
  Action dpd_action = Action::none;
  std::vector<std::string> updown;  ///< program and arguments, run when it comes up and goes down; empty: none
  bool host_access = false;         ///< only told to that program

  bool operator==(const ChildConfig&) const = default;
};

struct Connection {
  std::string name;
  int version = 0;                           ///< 0: accept both, initiate IKEv2
  std::vector<AddressPattern> local_addrs;   ///< never empty
  std::vector<AddressPattern> remote_addrs;  ///< never empty
  std::uint16_t local_port = 500;
  std::uint16_t remote_port = 500;
  std::vector<Proposal> ike_proposals;  ///< what we offer, complete: default already filled in
  std::vector<Proposal>
      ike_acceptable;             ///< what we take as responder: the offer, with a tolerance where it is the default
  std::vector<AuthRound> local;   ///< never empty
  std::vector<AuthRound> remote;  ///< never empty
  std::vector<ChildConfig> children;
  std::uint8_t dscp = 0;  ///< of the packets of IKE
  bool encap = false;
  bool mobike = true;
  Tristate fragmentation = Tristate::yes;
  UniquePolicy unique = UniquePolicy::no;
  Duration dpd_delay{};
  Duration rekey_time = hours(4);
  Duration reauth_time{};
  Duration over_time{};
  Duration rand_time{};
  /// How many times an initiation is tried; 0: for ever. Nothing: an operator's once, what is to stay up for ever.
  std::optional<unsigned> keyingtries;
  Childless childless = Childless::allow;
  SendCert send_cert = SendCert::if_asked;
  bool send_certreq = true;
  OcspPayloads ocsp = OcspPayloads::reply;
  std::vector<IpAddress> vips;     ///< that we ask the peer for; 0.0.0.0 and ::: any
  std::vector<std::string> pools;  ///< that the peer gets addresses of, by name, in this order
  std::optional<Octets>
      ppk_id;  ///< RFC 8784: which PPK; nothing: as initiator none, as responder the one that the peer names
  bool ppk_required = false;  ///< never without one

  [[nodiscard]] const ChildConfig* child(std::string_view child_name) const;
  bool operator==(const Connection&) const = default;
};

struct SharedKey {
  std::string name;
  std::vector<IdentityPattern> owners;  ///< empty: anybody
  Secret secret;
};

/// A password of EAP: swanctl's sections eap*, ntlm*.
struct EapSecret {
  std::string name;
  std::vector<std::string> identities;  ///< as written; empty, or with %any: of everybody
  Secret secret;
  bool is_nt_hash = false;
};

/// A post-quantum preshared key: swanctl's sections ppk*. RFC 8784.
struct Ppk {
  std::string name;
  std::vector<Octets> ids;  ///< PPK_IDs without their type; empty: of any
  Secret secret;
};

struct Snapshot {
  std::vector<std::shared_ptr<const Connection>> connections;
  std::vector<std::shared_ptr<const SharedKey>> ike_secrets;
  std::shared_ptr<const StoredCredentials> stored = std::make_shared<const StoredCredentials>();  ///< never null

  std::vector<std::shared_ptr<const Pool>> pools;
  std::vector<std::shared_ptr<const EapSecret>> eap_secrets;
  std::vector<std::shared_ptr<const Ppk>> ppks;
  std::vector<std::shared_ptr<const RadiusServer>> radius_servers;  ///< in the order in which they are asked

  [[nodiscard]] std::shared_ptr<const Connection> connection(std::string_view name) const;
  [[nodiscard]] std::shared_ptr<const Pool> pool(std::string_view name) const;
  /// The one that names this identity, else one for everybody; nullptr when there is none.
  [[nodiscard]] std::shared_ptr<const EapSecret> eap_secret(std::string_view identity) const;
  /// The one that has this id, else one for any; nullptr when there is none.
  [[nodiscard]] std::shared_ptr<const Ppk> ppk(OctetView id) const;
  /// The best key for this pair: both owners matched before one, an exact owner before a wildcard; nullptr when there is none.
  [[nodiscard]] std::shared_ptr<const SharedKey> shared_key(const Identification& local,
                                                            const Identification& peer) const;
};

}  // namespace keypact::config
