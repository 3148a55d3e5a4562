#include "config/identity_grammar.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "config/source_files.h"
#include "config/suggestion.h"
#include "proto/distinguished_name.h"

namespace keypact::config {
namespace {

struct Prefix {
  std::string_view word;
  IdType type;
};

constexpr std::array<Prefix, 10> kPrefixes = {{
    {"ipv4", IdType::ID_IPV4_ADDR},
    {"ipv6", IdType::ID_IPV6_ADDR},
    {"rfc822", IdType::ID_RFC822_ADDR},
    {"email", IdType::ID_RFC822_ADDR},
    {"userfqdn", IdType::ID_RFC822_ADDR},
    {"fqdn", IdType::ID_FQDN},
    {"dns", IdType::ID_FQDN},
    {"asn1dn", IdType::ID_DER_ASN1_DN},
    {"asn1gn", IdType::ID_DER_ASN1_GN},
    {"keyid", IdType::ID_KEY_ID},
}};

std::vector<std::string_view> prefix_words() {
  std::vector<std::string_view> words;
  words.reserve(kPrefixes.size());
  for (const auto& prefix : kPrefixes) words.push_back(prefix.word);
  return words;
}

std::unexpected<GrammarError> wrong(std::string_view part, std::string why, std::string remedy = {}) {
  return failure(GrammarError{std::string(part), std::move(why), std::move(remedy)});
}

/// The type that the text before a colon names; nothing when it names none.
std::optional<IdType> type_of_prefix(std::string_view prefix) {
  const auto known = std::ranges::find_if(kPrefixes, [prefix](const auto& p) { return same_word(p.word, prefix); });
  if (known != kPrefixes.end()) return known->type;
  if (prefix.size() < 3 || prefix.front() != '{' || prefix.back() != '}') return std::nullopt;
  const auto number = parse_number(prefix.substr(1, prefix.size() - 2), 255);
  return number ? std::optional(static_cast<IdType>(*number)) : std::nullopt;
}

bool is_name(IdType type) { return type == IdType::ID_FQDN || type == IdType::ID_RFC822_ADDR; }

/// A name: "*" may only be its first character, and then something must follow.
Result<IdentityPattern, GrammarError> name_identity(IdType type, std::string_view name) {
  if (name.empty()) return wrong(name, "an identity is not empty");
  if (name == "*") return wrong(name, "a lone * is no name", "write %any for any identity");
  if (name.find('*', 1) != std::string_view::npos)
    return wrong(name, "the wildcard * can only be the first character", "for instance *.example.org or *@example.org");
  if (name.find('\0') != std::string_view::npos) return wrong(name, "a name has no NUL in it");
  return IdentityPattern::exactly({type, to_octets(name)});
}

/// "C=CH, O=Example, CN=gateway"; a lone * is any value.
Result<IdentityPattern, GrammarError> distinguished_name(std::string_view text) {
  auto der = name_from_text(text);
  if (!der) return wrong(der.error().part, der.error().why, "for a key identifier write keyid:" + printable(text));
  return IdentityPattern::exactly({IdType::ID_DER_ASN1_DN, std::move(*der)});
}

Result<IdentityPattern, GrammarError> typed_octets(IdType type, std::string_view text, Octets octets) {
  const bool fits =
      type == IdType::ID_IPV4_ADDR ? octets.size() == 4 : type != IdType::ID_IPV6_ADDR || octets.size() == 16;
  if (!fits) return wrong(text, to_string(type) + " has " + (type == IdType::ID_IPV4_ADDR ? "4" : "16") + " octets");
  if (octets.empty()) return wrong(text, "an identity is not empty");
  return IdentityPattern::exactly({type, std::move(octets)});
}

/// The text after "type:".
Result<IdentityPattern, GrammarError> typed_identity(IdType type, std::string_view text) {
  if (text.starts_with('#')) {
    auto octets = from_hex(text.substr(1));
    if (!octets) return wrong(text, "after # stand pairs of hexadecimal digits");
    if (is_name(type)) return name_identity(type, as_text(*octets));
    return typed_octets(type, text, std::move(*octets));
  }
  if (text.size() > 1 && text.front() == '^' && text.back() == '$')
    return wrong(text, "regular expressions are not understood in this version", "use * as the first character");
  switch (type) {
    case IdType::ID_FQDN:
    case IdType::ID_RFC822_ADDR: return name_identity(type, text);
    case IdType::ID_IPV4_ADDR:
    case IdType::ID_IPV6_ADDR:
      return wrong(text, "after this prefix stand the octets in hexadecimal: ipv4:#0a000001",
                   "write the address without the prefix");
    case IdType::ID_DER_ASN1_DN: return distinguished_name(text);
    case IdType::ID_DER_ASN1_GN:
      return wrong(text, "after this prefix stands the DER encoding in hexadecimal: asn1gn:#30...");
    default: return typed_octets(type, text, to_octets(text));
  }
}

std::optional<Result<IdentityPattern, GrammarError>> identity_with_prefix(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto prefix = text.substr(0, colon);
  if (const auto type = type_of_prefix(prefix)) return typed_identity(*type, text.substr(colon + 1));
  if (IpAddress::parse(text)) return std::nullopt;
  if (prefix.starts_with('{')) return wrong(prefix, "a type is written as a number from 0 to 255 in braces: {11}:text");
  if (const auto hint = did_you_mean(prefix, prefix_words()); !hint.empty())
    return wrong(prefix, "\"" + printable(prefix) + "\" is no type of identity", hint);
  return std::nullopt;
}

Result<IdentityPattern, GrammarError> identity_with_at(std::string_view text) {
  if (text.starts_with("@#")) {
    auto octets = from_hex(text.substr(2));
    if (!octets) return wrong(text, "after @# stand pairs of hexadecimal digits");
    return typed_octets(IdType::ID_KEY_ID, text, std::move(*octets));
  }
  if (text.starts_with("@@")) return name_identity(IdType::ID_RFC822_ADDR, text.substr(2));
  if (text.starts_with('@')) {
    if (text.size() == 1)
      return wrong(text, "an identity is not empty", "# begins a comment: put an identity with # in quotes");
    return name_identity(IdType::ID_FQDN, text.substr(1));
  }
  return name_identity(IdType::ID_RFC822_ADDR, text);
}

}  // namespace

Result<IdentityPattern, GrammarError> parse_identity(std::string_view text) {
  if (text.size() > limits::kIdentificationOctets)
    return wrong({}, "an identity has at most " + std::to_string(limits::kIdentificationOctets) + " octets");
  if (same_word(text, "%any") || same_word(text, "%any4") || same_word(text, "%any6") || text == "*")
    return IdentityPattern::anybody();
  if (auto typed = identity_with_prefix(text)) return std::move(*typed);
  if (const auto address = IpAddress::parse(text)) {
    if (address->is_unspecified()) return IdentityPattern::anybody();
    return IdentityPattern::exactly(Identification::of(*address));
  }
  if (text.find('=') != std::string_view::npos) return distinguished_name(text);
  if (text.find('@') != std::string_view::npos) return identity_with_at(text);
  if (text.find(':') != std::string_view::npos) return typed_octets(IdType::ID_KEY_ID, text, to_octets(text));
  if (text.find('/') != std::string_view::npos && text.find_first_not_of("0123456789./") == std::string_view::npos)
    return wrong(text, "IKEv2 has no identity for a block of addresses");
  return name_identity(IdType::ID_FQDN, text);
}

}  // namespace keypact::config
