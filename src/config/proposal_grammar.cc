#include "config/proposal_grammar.h"

#include <algorithm>

#include "config/proposal_keywords.h"
#include "config/source_files.h"
#include "config/suggestion.h"
#include "proto/additional_key_exchanges.h"

namespace keypact::config {
namespace {

std::unexpected<GrammarError> wrong(std::string_view part, std::string why, std::string remedy = {}) {
  return failure(GrammarError{std::string(part), std::move(why), std::move(remedy)});
}

GrammarError unknown_keyword(std::string_view word) {
  GrammarError error{std::string(word), "\"" + printable(word) + "\" is no algorithm"};
  if (word.ends_with('!')) {
    error.remedy = "the ! belongs to ipsec.conf; here a proposal is always strict: leave it out";
  } else if (is_private_keyword(word)) {
    error.why += " with a registered number, and those of private use are not offered";
  } else {
    error.remedy = did_you_mean(word, proposal_keywords());
  }
  return error;
}

std::optional<PrfId> prf_of(IntegrityId id) {
  switch (id) {
    case IntegrityId::AUTH_HMAC_MD5_96:
    case IntegrityId::AUTH_HMAC_MD5_128: return PrfId::PRF_HMAC_MD5;
    case IntegrityId::AUTH_HMAC_SHA1_96:
    case IntegrityId::AUTH_HMAC_SHA1_160: return PrfId::PRF_HMAC_SHA1;
    case IntegrityId::AUTH_AES_XCBC_96: return PrfId::PRF_AES128_XCBC;
    case IntegrityId::AUTH_AES_CMAC_96: return PrfId::PRF_AES128_CMAC;
    case IntegrityId::AUTH_HMAC_SHA2_256_128: return PrfId::PRF_HMAC_SHA2_256;
    case IntegrityId::AUTH_HMAC_SHA2_384_192: return PrfId::PRF_HMAC_SHA2_384;
    case IntegrityId::AUTH_HMAC_SHA2_512_256: return PrfId::PRF_HMAC_SHA2_512;
    default: return std::nullopt;
  }
}

bool is_aead_transform(const Transform& transform) { return is_aead(static_cast<EncryptionId>(transform.id)); }

/// A proposal while it is put together: the transforms of its keywords, by type.
class ProposalText {
 public:
  ProposalText(ProtocolId protocol, std::string_view text) : text_(text), parsed_{{protocol, {}}, {}} {}

  Result<void, GrammarError> read();
  Result<void, GrammarError> complete();
  Result<ParsedProposal, GrammarError> take();

 private:
  Result<void, GrammarError> check_ciphers();
  Result<void, GrammarError> complete_ike();
  Result<void, GrammarError> complete_ah();
  void complete_child();
  Result<void, GrammarError> complete_esp();
  void imply_prfs();
  [[nodiscard]] Result<void, GrammarError> check_additional_key_exchanges();
  void sort_by_type();
  void add(const Transform& transform);
  void remark(std::string_view part, std::string why, std::string remedy = {}) {
    parsed_.remarks.push_back({std::string(part), std::move(why), std::move(remedy)});
  }
  [[nodiscard]] Proposal& proposal() { return parsed_.proposal; }
  [[nodiscard]] bool has(TransformType type) const { return parsed_.proposal.has_type(type); }
  [[nodiscard]] bool is_aead_proposal() const;
  void erase(TransformType type) {
    std::erase_if(proposal().transforms, [type](const auto& t) { return t.type == type; });
  }

  std::string_view text_;
  ParsedProposal parsed_;
};

void ProposalText::add(const Transform& transform) {
  auto& transforms = proposal().transforms;
  if (std::ranges::find(transforms, transform) == transforms.end()) transforms.push_back(transform);
}

bool ProposalText::is_aead_proposal() const {
  const auto ciphers = parsed_.proposal.of_type(TransformType::ENCR);
  return !ciphers.empty() && is_aead_transform(ciphers.front());
}

Result<void, GrammarError> ProposalText::read() {
  for (const auto word : split(text_, '-')) {
    const auto keyword = find_proposal_keyword(word);
    if (!keyword) return failure(unknown_keyword(word));
    if (keyword->weak)
      remark(word, "\"" + std::string(word) + "\" is weak", "use it only for a peer that has nothing better");
    add(keyword->transform);
  }
  return {};
}

Result<void, GrammarError> ProposalText::check_ciphers() {
  const auto ciphers = proposal().of_type(TransformType::ENCR);
  if (ciphers.empty()) return wrong(text_, "a proposal needs a cipher", "for instance aes256gcm16");
  const bool aead = is_aead_transform(ciphers.front());
  // RFC 7296 §3.3: one proposal cannot say "this cipher with, that one without integrity transform".
  if (std::ranges::any_of(ciphers, [aead](const auto& cipher) { return is_aead_transform(cipher) != aead; }))
    return wrong(text_, "AEAD ciphers (gcm, ccm, chacha20poly1305) and others cannot be in one proposal",
                 "write two proposals, separated by a comma");
  if (!aead && !has(TransformType::INTEG))
    // RFC 8221 §4: encryption must be authenticated.
    return wrong(text_, "a cipher that is no AEAD needs an integrity algorithm", "for instance aes256-sha256");
  return {};
}

/// swanctl.conf: without a PRF, those of the integrity algorithms are meant.
void ProposalText::imply_prfs() {
  if (has(TransformType::PRF)) return;
  for (const auto& transform : proposal().of_type(TransformType::INTEG))
    if (const auto id = prf_of(static_cast<IntegrityId>(transform.id))) add(prf(*id));
}

Result<void, GrammarError> ProposalText::complete_ike() {
  for (const auto& cipher : proposal().of_type(TransformType::ENCR)) {
    const auto id = static_cast<EncryptionId>(cipher.id);
    // RFC 7296 §5, RFC 8247 §2.1: what IKE says is always encrypted.
    if (id == EncryptionId::ENCR_NULL || id == EncryptionId::ENCR_NULL_AUTH_AES_GMAC)
      return wrong(text_, "IKE messages are always encrypted", "for instance aes256gcm16-prfsha256-ecp256");
  }
  imply_prfs();
  if (!has(TransformType::PRF))
    return wrong(text_, "an IKE proposal needs a PRF", "for instance aes256gcm16-prfsha256-ecp256");
  if (is_aead_proposal() && has(TransformType::INTEG)) {
    remark(text_, "an AEAD cipher protects the integrity itself; the integrity algorithm counts as PRF only",
           "write prfsha256 in the place of sha256");
    erase(TransformType::INTEG);
  }
  std::erase(proposal().transforms, key_exchange(KeyExchangeMethod::NONE));
  if (!has(TransformType::KE))
    return wrong(text_, "an IKE proposal needs a key exchange method", "for instance aes256gcm16-prfsha256-ecp256");
  if (has(TransformType::SN)) {
    remark(text_, "esn and noesn have no meaning for IKE");
    erase(TransformType::SN);
  }
  return {};
}

Result<void, GrammarError> ProposalText::complete_esp() {
  if (is_aead_proposal() && has(TransformType::INTEG)) {
    remark(text_, "an AEAD cipher protects the integrity itself; the integrity algorithm has no effect");
    erase(TransformType::INTEG);
  }
  complete_child();
  return {};
}

Result<void, GrammarError> ProposalText::complete_ah() {
  if (has(TransformType::ENCR))
    return wrong(text_, "AH does not encrypt", "for instance sha256-x25519; for encryption name `esp_proposals`");
  if (!has(TransformType::INTEG)) return wrong(text_, "AH needs an integrity algorithm", "for instance sha256");
  complete_child();
  return {};
}

void ProposalText::complete_child() {
  if (has(TransformType::PRF)) {
    remark(text_, "a PRF has no meaning for a Child SA");
    erase(TransformType::PRF);
  }
  if (!has(TransformType::SN)) add(sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT));
}

/// RFC 9370 §2.2.1, §2.2.4: they come behind a first key exchange, and no method runs twice.
Result<void, GrammarError> ProposalText::check_additional_key_exchanges() {
  const auto none = static_cast<std::uint16_t>(KeyExchangeMethod::NONE);
  const auto first = proposal().of_type(TransformType::KE);
  for (const auto type : kAdditionalKeyExchanges) {
    const auto methods = proposal().of_type(type);
    if (methods.empty()) continue;
    const auto word = "ke" + std::to_string(1 + static_cast<int>(type) - static_cast<int>(TransformType::ADDKE1)) + "_";
    if (first.empty())
      return wrong(text_, word + " needs a key exchange that it comes behind", "for instance x25519-ke1_mlkem768");
    if (std::ranges::find(first, none, &Transform::id) != first.end())
      return wrong(text_, "without key exchange (none) there is none for " + word + " to come behind",
                   "write a proposal of its own for each, separated by a comma");
    if (methods.size() == 1 && first.size() == 1 && methods.front().id == first.front().id)
      return wrong(text_, "one key exchange method cannot run twice", "for instance x25519-ke1_mlkem768");
    if (methods.size() == 1 && methods.front().id == none) {
      remark(text_, word + "none alone has no meaning");
      erase(type);
    }
  }
  return {};
}

/// Type by type, with the order of preference kept in each.
void ProposalText::sort_by_type() {
  std::vector<Transform> sorted;
  for (auto type = static_cast<unsigned>(TransformType::ENCR); type <= static_cast<unsigned>(TransformType::ADDKE7);
       ++type)
    std::ranges::move(proposal().of_type(static_cast<TransformType>(type)), std::back_inserter(sorted));
  proposal().transforms = std::move(sorted);
}

Result<void, GrammarError> ProposalText::complete() {
  if (proposal().protocol == ProtocolId::AH) {
    TRY_VOID(complete_ah());
  } else {
    TRY_VOID(check_ciphers());
    TRY_VOID(proposal().protocol == ProtocolId::IKE ? complete_ike() : complete_esp());
  }
  TRY_VOID(check_additional_key_exchanges());
  sort_by_type();
  return {};
}

Result<ParsedProposal, GrammarError> ProposalText::take() { return std::move(parsed_); }

}  // namespace

Result<ParsedProposal, GrammarError> parse_proposal(ProtocolId protocol, std::string_view text) {
  ProposalText proposal(protocol, text);
  TRY_VOID(proposal.read());
  TRY_VOID(proposal.complete());
  return proposal.take();
}

}  // namespace keypact::config
