#include "pki/auth_constraints.h"

#include <algorithm>
#include <charconv>

namespace keypact::pki {
namespace {

constexpr std::size_t kWordsOctets = 1024;

struct KeyWord {
  std::string_view word;
  std::optional<KeyType> key;
  bool pss;
};
constexpr KeyWord kKeyWords[] = {
    {"pubkey", std::nullopt, false},  {"rsa", KeyType::rsa, false},         {"rsa/pss", KeyType::rsa, true},
    {"ecdsa", KeyType::ecdsa, false}, {"ed25519", KeyType::ed25519, false}, {"ed448", KeyType::ed448, false},
};

struct HashWord {
  std::string_view word;
  HashAlgorithm hash;
};
constexpr HashWord kHashWords[] = {
    {"sha1", HashAlgorithm::SHA1},       {"sha256", HashAlgorithm::SHA2_256},   {"sha384", HashAlgorithm::SHA2_384},
    {"sha512", HashAlgorithm::SHA2_512}, {"identity", HashAlgorithm::IDENTITY},
};

std::unexpected<AuthWordError> wrong(std::string_view word, std::string why) {
  return failure(AuthWordError{std::string(word), std::move(why)});
}

std::optional<AuthRule> key_rule(std::string_view token) {
  AuthRule rule;
  rule.ike = token.starts_with("ike:");
  if (rule.ike) token.remove_prefix(4);
  const auto* const found = std::ranges::find(kKeyWords, token, &KeyWord::word);
  if (found == std::end(kKeyWords)) return std::nullopt;
  rule.key = found->key;
  rule.pss = found->pss;
  return rule;
}

std::optional<unsigned> strength(std::string_view token) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), bits);
  if (error != std::errc() || end != token.data() + token.size() || bits == 0 || bits > 65535) return std::nullopt;
  return bits;
}

Result<void, AuthWordError> add_hash(AuthRule& rule, std::string_view token) {
  const auto* const hash = std::ranges::find(kHashWords, token, &HashWord::word);
  if (hash == std::end(kHashWords)) {
    if (token == "md5" || token == "sha224")
      return wrong(token, "signatures with this hash are not made or taken here");
    return wrong(token, "it is no type of key, no hash, and no strength right after rsa or ecdsa");
  }
  const bool edwards = rule.key == KeyType::ed25519 || rule.key == KeyType::ed448;
  if (rule.key && edwards != (hash->hash == HashAlgorithm::IDENTITY))
    return wrong(token, "keys of this type are not used with this hash");
  if (rule.pss && hash->hash == HashAlgorithm::SHA1) return wrong(token, "RSASSA-PSS is not used with SHA-1");
  if (std::ranges::find(rule.hashes, hash->hash) == rule.hashes.end()) rule.hashes.push_back(hash->hash);
  return {};
}

bool rule_allows(const AuthRule& rule, KeyType key, HashAlgorithm hash, bool pss) {
  if (rule.key && *rule.key != key) return false;
  if (rule.pss && !pss) return false;
  if (!rule.hashes.empty()) return std::ranges::find(rule.hashes, hash) != rule.hashes.end();
  return hash != HashAlgorithm::SHA1;
}

/// The hash of a strength like the key's, then the stronger ones, then the weaker ones.
std::vector<HashAlgorithm> natural_hashes(const PublicKey& key) {
  const unsigned small = key.type() == KeyType::rsa ? 3072 : 256;
  const unsigned medium = key.type() == KeyType::rsa ? 7680 : 384;
  if (key.bits() <= small) return {HashAlgorithm::SHA2_256, HashAlgorithm::SHA2_384, HashAlgorithm::SHA2_512};
  if (key.bits() <= medium) return {HashAlgorithm::SHA2_384, HashAlgorithm::SHA2_512, HashAlgorithm::SHA2_256};
  return {HashAlgorithm::SHA2_512, HashAlgorithm::SHA2_384, HashAlgorithm::SHA2_256};
}

using Schemes = std::vector<const SignatureScheme*>;

/// Method 14, without a look at what is allowed.
Schemes digital_schemes(const PublicKey& key, std::span<const HashAlgorithm> hashes, bool pss_first) {
  Schemes schemes;
  const auto add = [&](SignatureForm form) {
    for (const auto hash : hashes)
      for (const auto& scheme : signature_schemes())
        if (scheme.method == AuthMethod::DIGITAL_SIGNATURE && scheme.form == form && scheme.hash == hash &&
            key.fits(scheme))
          schemes.push_back(&scheme);
  };
  switch (key.type()) {
    case KeyType::rsa:
      add(pss_first ? SignatureForm::rsa_pss : SignatureForm::rsa_pkcs1);
      add(pss_first ? SignatureForm::rsa_pkcs1 : SignatureForm::rsa_pss);
      break;
    case KeyType::ecdsa: add(SignatureForm::ecdsa_der); break;
    default: add(SignatureForm::eddsa); break;
  }
  return schemes;
}

}  // namespace

Result<AuthConstraints, AuthWordError> AuthConstraints::parse(std::string_view words) {
  if (words.size() > kWordsOctets) return wrong({}, "it is longer than 1024 octets");
  AuthConstraints constraints;
  bool strength_may_follow = false;
  for (std::size_t begin = 0; begin <= words.size();) {
    const auto end = std::min(words.find('-', begin), words.size());
    const auto token = words.substr(begin, end - begin);
    begin = end + 1;
    if (auto rule = key_rule(token)) {
      strength_may_follow = rule->key == KeyType::rsa || rule->key == KeyType::ecdsa;
      constraints.rules_.push_back(std::move(*rule));
      continue;
    }
    if (constraints.rules_.empty())
      return wrong(token, "it begins with pubkey, rsa, rsa/pss, ecdsa, ed25519 or ed448, each also after ike:");
    auto& rule = constraints.rules_.back();
    if (const auto bits = strength_may_follow ? strength(token) : std::nullopt) {
      rule.min_bits = *bits;
    } else {
      TRY_VOID(add_hash(rule, token));
    }
    strength_may_follow = false;
  }
  return constraints;
}

std::vector<const AuthRule*> AuthConstraints::rules_of(bool of_auth_payload) const {
  const bool has_own = std::ranges::find(rules_, of_auth_payload, &AuthRule::ike) != rules_.end();
  std::vector<const AuthRule*> chosen;
  // The rules without "ike:" are for AUTH payloads too, unless those have their own.
  for (const auto& rule : rules_)
    if (rule.ike == (of_auth_payload && has_own)) chosen.push_back(&rule);
  return chosen;
}

bool AuthConstraints::allows_key(const PublicKey& key) const {
  const auto fits = [&](const AuthRule* rule) {
    return (!rule->key || *rule->key == key.type()) && key.bits() >= rule->min_bits;
  };
  auto chosen = rules_of(false);
  if (chosen.empty()) chosen = rules_of(true);
  return chosen.empty() || std::ranges::any_of(chosen, fits);
}

bool AuthConstraints::allows(const SignatureScheme& scheme) const {
  const auto chosen = rules_of(true);
  if (chosen.empty()) return !is_weak(scheme);
  return std::ranges::any_of(chosen, [&](const AuthRule* rule) {
    return rule_allows(*rule, scheme.key, scheme.hash, scheme.form == SignatureForm::rsa_pss);
  });
}

bool AuthConstraints::allows_in_path(KeyType key, HashAlgorithm hash, bool pss) const {
  const auto chosen = rules_of(false);
  if (std::ranges::all_of(chosen, [](const AuthRule* rule) { return rule->hashes.empty() && !rule->pss; }))
    return hash != HashAlgorithm::SHA1;  // only the key of the end entity is limited
  return std::ranges::any_of(chosen, [&](const AuthRule* rule) { return rule_allows(*rule, key, hash, pss); });
}

std::vector<HashAlgorithm> AuthConstraints::listed_hashes(KeyType key) const {
  std::vector<HashAlgorithm> hashes;
  for (const auto* rule : rules_of(true))
    if (!rule->key || *rule->key == key)
      for (const auto hash : rule->hashes)
        if (std::ranges::find(hashes, hash) == hashes.end()) hashes.push_back(hash);
  return hashes;
}

bool AuthConstraints::pss_only() const {
  const auto chosen = rules_of(true);
  const auto takes_pkcs1 = [](const AuthRule* rule) {
    return !rule->pss && rule->key.value_or(KeyType::rsa) == KeyType::rsa;
  };
  return !chosen.empty() && std::ranges::none_of(chosen, takes_pkcs1);
}

std::vector<const SignatureScheme*> choose_schemes(const PublicKey& key, std::span<const HashAlgorithm> announced,
                                                   const AuthConstraints& constraints) {
  if (!constraints.allows_key(key)) return {};
  const auto listed = constraints.listed_hashes(key.type());
  Schemes schemes;
  if (announced.empty()) {
    for (const auto& scheme : signature_schemes())
      if (scheme.method != AuthMethod::DIGITAL_SIGNATURE && key.fits(scheme)) schemes.push_back(&scheme);
    // A peer that knows method 1 only gets it, unless the configuration lists other hashes or wants RSASSA-PSS.
    const bool method_1 = listed.empty() && !constraints.pss_only();
    std::erase_if(schemes, [&](const auto* scheme) {
      return !constraints.allows(*scheme) && !(method_1 && scheme->method == AuthMethod::RSA_DIGITAL_SIGNATURE);
    });
    return schemes;
  }
  const bool edwards = key.type() == KeyType::ed25519 || key.type() == KeyType::ed448;
  auto hashes = edwards ? std::vector{HashAlgorithm::IDENTITY} : listed.empty() ? natural_hashes(key) : listed;
  std::erase_if(hashes, [&](HashAlgorithm hash) { return std::ranges::find(announced, hash) == announced.end(); });
  schemes = digital_schemes(key, hashes, listed.empty());
  std::erase_if(schemes, [&](const auto* scheme) { return !constraints.allows(*scheme); });
  return schemes;
}

}  // namespace keypact::pki
