#include "control/redirect.h"

#include "config/address_grammar.h"
#include "config/identity_grammar.h"
#include "control/sa_facts.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// Whose IKE SAs are meant; what is not set means all.
struct Wanted {
  std::optional<std::string> connection;
  std::optional<std::int64_t> ike_id;
  std::optional<config::AddressPattern> peer_address;
  std::optional<IdentityPattern> peer_identity;

  [[nodiscard]] bool names_nothing() const { return !connection && !ike_id && !peer_address && !peer_identity; }
  [[nodiscard]] bool matches(IkeSaId id, const ike::v2::IkeSa& sa) const {
    const auto* established = sa.established();
    if (established == nullptr || !established->serves()) return false;
    if (connection && established->parts().connection->name != *connection) return false;
    if (ike_id && id.value != static_cast<std::uint64_t>(*ike_id)) return false;
    if (peer_address && !peer_address->matches(sa.record().remote.address)) return false;
    return !peer_identity || peer_identity->matches(established->peer_identity());
  }
};

template <class T>
std::optional<T> kept(std::optional<std::string_view> text, auto&& parse, std::string& bad, std::string_view key) {
  if (!text) return std::nullopt;
  auto parsed = parse(*text);
  if (parsed) return std::move(*parsed);
  bad = "the value of " + std::string(key) + " is not understood: " + parsed.error().why;
  return std::nullopt;
}

Result<Wanted, std::string> read(const vici::Message& request) {
  Wanted wanted;
  if (const auto ike = vici::text_of(request, "ike")) wanted.connection = std::string(*ike);
  auto id = vici::number_of(request, "ike-id");
  if (!id) return failure(id.error().to_string());
  wanted.ike_id = *id;
  std::string bad;
  wanted.peer_address =
      kept<config::AddressPattern>(vici::text_of(request, "peer-ip"), config::parse_address_pattern, bad, "peer-ip");
  wanted.peer_identity =
      kept<IdentityPattern>(vici::text_of(request, "peer-id"), config::parse_identity, bad, "peer-id");
  if (!bad.empty()) return failure(std::move(bad));
  if (wanted.names_nothing()) return failure(std::string("missing redirect selector"));
  return wanted;
}

vici::Message counted(vici::Message answer, std::size_t matches) {
  answer.key("matches", std::to_string(matches));
  return answer;
}

}  // namespace

vici::Message redirect(EngineAccess& access, const vici::Message& request) {
  const auto gateway = vici::text_of(request, "gateway");
  if (!gateway || gateway->empty()) return counted(vici::refusal("missing target gateway"), 0);
  const auto wanted = read(request);
  if (!wanted) return counted(vici::refusal(wanted.error()), 0);
  const auto address = IpAddress::parse(*gateway);
  constexpr std::size_t kLongestName = 255;
  if (!address && gateway->size() > kLongestName) return counted(vici::refusal("the gateway's name is too long"), 0);
  const auto target = address ? Identification::of(*address) : Identification::fqdn(*gateway);
  std::vector<IkeSaId> ike_sas;
  std::size_t unwilling = 0;
  look_at_all(access, [&](const ike::Engine& engine) {
    for (const auto& [id, sa] : engine.ike_sas()) {
      if (!wanted->matches(id, sa)) continue;
      using enum ike::v2::EstablishedParts::Redirectable;
      if (sa.established()->parts().redirectable == peer) ike_sas.push_back(id);
      else ++unwilling;
    }
  });
  for (const auto id : ike_sas) access.submit(ike::Redirect{access.next_control_id(), id, target});
  if (!ike_sas.empty()) return counted(vici::success(), ike_sas.size());
  return counted(vici::refusal(unwilling == 0 ? "no matching SAs to redirect found"
                                              : "the peers of the matching SAs do not let themselves be redirected"),
                 unwilling);
}

}  // namespace keypact::control
