#include "provision/vocabulary.h"

#include <algorithm>

#include "config/proposal_keywords.h"
#include "ike/v2/proposal_choice.h"

namespace keypact::provision {
namespace {

using ike::v2::KeyExchangeUse;

bool is_aead_cipher(const CipherWord& cipher) { return is_aead(static_cast<EncryptionId>(cipher.transform.id)); }

bool has(const Proposal& proposal, const Transform& transform) {
  return std::ranges::find(proposal.transforms, transform) != proposal.transforms.end();
}

bool is_taken(const Proposal& offer, const std::vector<Proposal>& acceptable, KeyExchangeUse use) {
  const auto payload = ike::v2::sa_payload({offer}, {}, use);
  return ike::v2::choose_proposal(payload, acceptable, use, std::nullopt).has_value();
}

std::string texts_of(const std::vector<Proposal>& proposals) {
  std::string text;
  for (const auto& proposal : proposals) text += (text.empty() ? "" : "; ") + to_string(proposal);
  return text.empty() ? "nothing" : text;
}

Error nothing_fits(std::string_view protocol, std::string_view setting, std::string_view client_name,
                   const std::vector<Proposal>& taken, const Proposal& best) {
  const std::string client(client_name);
  return {"no proposal for " + std::string(protocol) + " that " + client + " can be told is acceptable",
          "the connection takes " + texts_of(taken) + "; the best that " + client + " has is " + to_string(best),
          "Add \"" + config::proposal_text(best) + "\" to `" + std::string(setting) + "`, or leave that setting out"};
}

/// RFC 7296 §1.3.3: the key exchange of the Child SA counts when it is rekeyed, and must be taken then.
bool is_taken_as_child(const Proposal& offer, const config::ChildConfig& child) {
  return is_taken(offer, child.esp_acceptable, KeyExchangeUse::ignore) &&
         is_taken(offer, child.esp_acceptable, KeyExchangeUse::negotiate);
}

}  // namespace

std::vector<Proposal> Vocabulary::ike_offers() const {
  std::vector<Proposal> offers;
  for (const auto& cipher : ike_ciphers)
    for (const auto& hash : ike_hashes)
      for (const auto& group : groups) {
        Proposal offer{ProtocolId::IKE, {cipher.transform, prf(hash.prf)}};
        if (!is_aead_cipher(cipher)) offer.transforms.push_back(integrity(hash.integrity));
        offer.transforms.push_back(key_exchange(group.method));
        offers.push_back(std::move(offer));
      }
  return offers;
}

std::vector<Proposal> Vocabulary::esp_offers() const {
  std::vector<Proposal> protections;
  for (const auto& cipher : esp_ciphers) {
    if (is_aead_cipher(cipher)) protections.push_back({ProtocolId::ESP, {cipher.transform}});
    else
      for (const auto& hash : esp_hashes)
        protections.push_back({ProtocolId::ESP, {cipher.transform, integrity(hash.integrity)}});
  }
  std::vector<Proposal> offers;
  for (const auto& protection : protections) {
    auto with_pfs = protection;
    for (const auto& group : groups) {
      with_pfs.transforms.resize(protection.transforms.size());
      with_pfs.transforms.push_back(key_exchange(group.method));
      with_pfs.transforms.push_back(sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT));
      offers.push_back(with_pfs);
    }
    offers.push_back(protection);
    offers.back().transforms.push_back(sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT));
  }
  return offers;
}

std::string_view cipher_word(std::span<const CipherWord> words, const Proposal& proposal) {
  const auto found = std::ranges::find_if(words, [&](const CipherWord& each) { return has(proposal, each.transform); });
  return found == words.end() ? std::string_view{} : found->word;
}

std::string_view hash_word(std::span<const HashWord> words, const Proposal& proposal) {
  const bool by_prf = !proposal.has_type(TransformType::INTEG);
  const auto found = std::ranges::find_if(
      words, [&](const HashWord& each) { return has(proposal, by_prf ? prf(each.prf) : integrity(each.integrity)); });
  return found == words.end() ? std::string_view{} : found->word;
}

std::string_view group_word(std::span<const GroupWord> words, const Proposal& proposal) {
  const auto found =
      std::ranges::find_if(words, [&](const GroupWord& each) { return has(proposal, key_exchange(each.method)); });
  return found == words.end() ? std::string_view{} : found->word;
}

Result<Algorithms> algorithms_for(const Vocabulary& client, std::string_view client_name,
                                  const config::Connection& connection, const config::ChildConfig& child) {
  const auto ike_offers = client.ike_offers();
  const auto ike = std::ranges::find_if(ike_offers, [&](const Proposal& offer) {
    return is_taken(offer, connection.ike_acceptable, KeyExchangeUse::negotiate);
  });
  if (ike == ike_offers.end())
    return failure(
        nothing_fits("IKE", "proposals", client_name, connection.ike_acceptable, client.ike_offers().front()));
  auto esp_offers = client.esp_offers();
  // One group for both: some clients rekey with that of the IKE SA whatever they are told.
  const auto group = key_exchange(ike::v2::key_exchange_of(*ike));
  const auto fits = [&](const Proposal& offer) { return is_taken_as_child(offer, child); };
  const auto same_group = [&](const Proposal& offer) { return has(offer, group) && fits(offer); };
  auto esp = std::ranges::find_if(esp_offers, same_group);
  if (esp == esp_offers.end()) esp = std::ranges::find_if(esp_offers, fits);
  if (esp == esp_offers.end())
    return failure(
        nothing_fits("ESP", "esp_proposals", client_name, child.esp_acceptable, client.esp_offers().front()));
  return Algorithms{*ike, *esp};
}

}  // namespace keypact::provision
