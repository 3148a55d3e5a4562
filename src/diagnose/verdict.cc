#include "diagnose/verdict.h"

#include <array>

#include "diagnose/known_peers.h"

namespace keypact::diagnose {
namespace {

using ike::RefusalCode;

/// "{c}" stands for the connection's name.
struct Sentences {
  RefusalCode code;
  std::string_view when_ours;   ///< we refused
  std::string_view when_peers;  ///< the peer refused
  std::string_view remedy_ours;
  std::string_view remedy_peers;
};

constexpr std::array kSentences = {
    Sentences{RefusalCode::no_answer, "the peer did not answer any of our messages",
              "the peer did not answer any of our messages",
              "check that the address is right, that a daemon listens there, and that UDP 500 and 4500 pass both ways",
              "check that the address is right, that a daemon listens there, and that UDP 500 and 4500 pass both ways"},
    Sentences{
        RefusalCode::no_proposal_chosen, "none of the peer's proposals is acceptable to {c}",
        "the peer accepts none of the proposals of {c}",
        "name one set of algorithms at both ends: `proposals` for the IKE SA, `esp_proposals` for the Child SA",
        "the peer does not say what it would take: compare `proposals` (IKE SA) or `esp_proposals` (Child SA) of {c} "
        "with its configuration or its log; an Azure gateway without a policy of its own, a Windows server and old "
        "Cisco configurations take MODP_1024 only"},
    Sentences{RefusalCode::key_exchange_method, "the peer uses a key exchange method that {c} does not take",
              "the peer asks for a key exchange method that {c} does not offer",
              "add the method to the proposals of one end",
              "add the peer's method to `proposals` of {c}, or one of ours there"},
    Sentences{RefusalCode::authentication_failed, "the peer's authentication for {c} does not verify",
              "the peer refuses our authentication for {c}",
              "make the shared key the same at both ends, octet for octet, and tied to these identities",
              "make the shared key the same at both ends, octet for octet, and check that the peer knows our identity"},
    Sentences{RefusalCode::unknown_identity, "no connection takes a peer of this identity",
              "the peer knows no connection for our identity",
              "set `remote.id` (and `local.id`) of the connection that is meant for this peer",
              "make `local.id` of {c} what the peer expects"},
    Sentences{RefusalCode::no_shared_key, "there is no shared key for this pair of identities",
              "the peer has no shared key for this pair of identities",
              "add a secret to the section `secrets` with both identities as `id`", "add the secret at the peer"},
    Sentences{RefusalCode::selectors_unacceptable,
              "the traffic selectors of {c} and of the peer have nothing in common",
              "the peer finds the traffic selectors of {c} unacceptable",
              "make `local_ts` of one end overlap `remote_ts` of the other, both ways",
              "compare `local_ts` and `remote_ts` of {c} with what the peer has configured the other way round"},
    Sentences{RefusalCode::peer_identity_mismatch, "who answered is not whom {c} asks for",
              "the peer is not who we ask for",
              "set `remote.id` of {c} to what the peer calls itself, or its identity to "
              "what {c} asks for",
              "correct the identity at the peer"},
    Sentences{RefusalCode::malformed_message, "the peer sent a message that breaks the rules",
              "the peer says that our message breaks the rules", "report it to the peer's maker, with a capture",
              "report it to us and to the peer's maker, with a capture"},
    Sentences{RefusalCode::unexpected_choice, "the peer chose what {c} never offered",
              "the peer chose what we never offered", "report it to the peer's maker, with a capture",
              "report it to the peer's maker, with a capture"},
    Sentences{RefusalCode::too_many_restarts, "the peer asks for a new start again and again",
              "the peer asks for a new start again and again",
              "somebody in between may be forging answers; else report it to the peer's maker",
              "somebody in between may be forging answers; else report it to the peer's maker"},
    Sentences{RefusalCode::key_exchange_failed, "the key exchange with the peer's public value failed",
              "the peer could not use our public value", "report it to the peer's maker, with a capture",
              "report it to the peer's maker, with a capture"},
    Sentences{RefusalCode::no_connection_for_address, "no connection is configured between these addresses",
              "the peer has no connection between these addresses",
              "add a connection whose `local_addrs` and `remote_addrs` take these addresses",
              "add one at the peer, or correct the address"},
    Sentences{RefusalCode::no_additional_sas, "no further SA is taken on this IKE SA", "the peer takes no further SA",
              "end SAs that are not needed, or use another IKE SA",
              "raise the peer's limit, or end SAs that are not needed"},
    Sentences{RefusalCode::ipsec_stack, "the negotiated SAs could not be installed on this machine",
              "the peer could not install the SAs", "see the detail and the log of keypactd", "see the peer's log"},
    Sentences{RefusalCode::terminated, "it was ended by request", "it was ended by request", "nothing", "nothing"},
    Sentences{RefusalCode::deleted_by_peer, "the peer deleted it", "the peer deleted it",
              "see the peer's log for the reason", "see the peer's log for the reason"},
    Sentences{RefusalCode::peer_error, "the peer answered with an error", "the peer answered with an error",
              "see the peer's log for the reason", "see the peer's log for the reason"},
    Sentences{RefusalCode::unknown_connection, "no such connection or child is configured",
              "the peer knows no such connection",
              "`keypact status` lists the names; `keypact reload` reads changed files", "correct the name"},
    Sentences{RefusalCode::no_remote_address, "{c} names no single address to connect to", "there is no address",
              "give `remote_addrs` one address or name", "give an address"},
    Sentences{RefusalCode::limit_reached, "a limit of this daemon was reached", "a limit of the peer was reached",
              "see the detail; `keypact status --json` shows the counters", "see the peer's log"},
    Sentences{RefusalCode::address_not_proven, "the peer may not be where its datagrams come from",
              "the peer does not accept where our datagrams come from",
              "find out what changes addresses on the way between the two ends",
              "find out what changes addresses on the way between the two ends"},
    Sentences{RefusalCode::redirected, "the peer sends us to another gateway, where we do not go",
              "the peer sends us to another gateway, where we do not go",
              "see the detail; name the other gateway in `remote_addrs` of {c}",
              "see the detail; name the other gateway in `remote_addrs` of {c}"},
    Sentences{RefusalCode::not_unique, "this peer has an IKE SA from another address, and {c} takes one of each",
              "the peer takes one IKE SA of each identity, and has one of ours",
              "end the other one, or set `unique = replace` for {c}",
              "end the other one, or set `unique = replace` there"},
    Sentences{RefusalCode::child_in_ike_auth, "one end wants the IKE SA with its first Child SA, the other one without",
              "one end wants the IKE SA with its first Child SA, the other one without",
              "set `childless = allow` for {c}, and at the peer", "set `childless = allow` for {c}, and at the peer"},
    Sentences{RefusalCode::ah_impossible, "{c} asks for AH, which cannot be had here", "the peer takes no AH here",
              "name `esp_proposals` for the child; ESP with null-sha256 or aes256gmac encrypts nothing either",
              "name `esp_proposals` for the child at the peer"},
    Sentences{RefusalCode::no_signing_key, "{c} has no certificate and private key to authenticate with",
              "the peer has no certificate and private key for {c}",
              "put the certificate into x509 and its private key into private, or name it as `local.certs`",
              "see the peer's log"},
    Sentences{
        RefusalCode::certificate_refused, "the peer's certificate or signature is not accepted for {c}",
        "the peer does not accept our certificate or signature for {c}",
        "correct what the detail names, at the peer or in `remote` of {c}",
        "see the peer's log; it must trust the CA of our certificate, which must hold the identity that it expects"},
    Sentences{RefusalCode::no_inner_address, "there is no address in the pools of {c} that the client could get",
              "the gateway gives us no address inside the tunnel",
              "name a pool with free addresses of that family as `pools` of {c}, and define it in the section pools",
              "name a pool with free addresses as `pools` at the gateway, or leave `vips` of {c} out"},
    Sentences{RefusalCode::inner_address_required, "{c} gives its clients addresses, and this one asks for none",
              "the gateway wants to give us an address inside the tunnel, and {c} asks for none",
              "set `vips = 0.0.0.0` at the client, or leave `pools` of {c} out", "set `vips = 0.0.0.0` for {c}"},
    Sentences{RefusalCode::eap_failed, "the peer of {c} did not authenticate itself by EAP",
              "the peer does not accept how we authenticate ourselves by EAP for {c}",
              "see the detail; passwords are in the section secrets, by the identity that the peer has in EAP",
              "see the detail; name our identity as `local.eap_id`, and its password in the section secrets"},
    Sentences{RefusalCode::eap_unavailable, "{c} does not have what it needs for EAP",
              "the peer does not have what it needs for EAP",
              "see the detail; passwords are in the section secrets, certificates in x509 and their keys in private",
              "see the peer's log"},
    Sentences{RefusalCode::no_ppk, "there is no post-quantum preshared key that {c} and the peer both know",
              "the peer does not know the post-quantum preshared key of {c}",
              "add a section ppk... with this id to the section secrets, and name it as `ppk_id` of {c}",
              "add the key with this id at the peer"},
    Sentences{RefusalCode::ppk_required, "{c} requires a post-quantum preshared key, and the peer goes without",
              "the peer requires a post-quantum preshared key, and {c} has none",
              "give the peer the key and let it use it (RFC 8784 or RFC 9867), or set `ppk_required = no` for {c}",
              "name the key as `ppk_id` of {c}, and add it to the section secrets"},
    Sentences{RefusalCode::busy, "another exchange with the peer is on its way, which this one would disturb",
              "the peer is busy with another exchange, which this one would disturb", "try again in a moment",
              "try again in a moment"},
};

std::string filled(std::string_view sentence, const std::string& connection) {
  std::string text(sentence);
  const auto name = connection.empty() ? std::string("this daemon") : "connection " + connection;
  for (auto at = text.find("{c}"); at != std::string::npos; at = text.find("{c}", at + name.size()))
    text.replace(at, 3, name);
  return text;
}

const Sentences& sentences_of(RefusalCode code) {
  for (const auto& row : kSentences)
    if (row.code == code) return row;
  return kSentences.back();
}

}  // namespace

Verdict verdict_of(const ike::Refusal& refusal, const std::string& connection) {
  const auto& row = sentences_of(refusal.code);
  Verdict verdict;
  verdict.code = to_string(refusal.code);
  verdict.what = filled(refusal.by_peer ? row.when_peers : row.when_ours, connection);
  const auto known = known_peer(refusal);
  if (known) verdict.what += ": " + std::string(known->offers);
  if (refusal.notify) verdict.what += " (" + to_string(*refusal.notify) + ")";
  verdict.phase = refusal.exchange ? to_string(*refusal.exchange) : "before the first message";
  verdict.rule = rule_of(refusal);
  verdict.side = to_string(side_of(refusal));
  verdict.remedy = filled(known ? known->remedy : refusal.by_peer ? row.remedy_peers : row.remedy_ours, connection);
  verdict.detail = refusal.detail;
  verdict.ours = refusal.ours;
  verdict.theirs = refusal.theirs;
  return verdict;
}

}  // namespace keypact::diagnose
