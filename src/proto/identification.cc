#include "proto/identification.h"

#include <algorithm>

#include "proto/distinguished_name.h"

namespace keypact {
namespace {

bool is_name(IdType type) { return type == IdType::ID_FQDN || type == IdType::ID_RFC822_ADDR; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string printable(OctetView octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto octet : octets) {
    if (octet >= 0x20 && octet < 0x7f && octet != '\\') {
      text += static_cast<char>(octet);
    } else {
      text += "\\x";
      text += kDigits[octet >> 4];
      text += kDigits[octet & 15];
    }
  }
  return text;
}

}  // namespace

Identification Identification::of(const IpAddress& address) {
  return {address.is_v4() ? IdType::ID_IPV4_ADDR : IdType::ID_IPV6_ADDR, to_octets(address.octets())};
}
Identification Identification::fqdn(std::string_view name) { return {IdType::ID_FQDN, to_octets(name)}; }
Identification Identification::email(std::string_view address) { return {IdType::ID_RFC822_ADDR, to_octets(address)}; }
Identification Identification::key_id(OctetView octets) { return {IdType::ID_KEY_ID, to_octets(octets)}; }

std::string Identification::to_string() const {
  const auto address_octets = type == IdType::ID_IPV4_ADDR ? 4u : type == IdType::ID_IPV6_ADDR ? 16u : 0u;
  if (address_octets != 0 && data.size() == address_octets) return IpAddress::from_octets(data)->to_string();
  if (is_name(type)) return printable(data);
  if (type == IdType::ID_NULL && data.empty()) return keypact::to_string(type);
  if (type == IdType::ID_DER_ASN1_DN && same_name(data, data)) return name_to_text(data);
  return keypact::to_string(type) + ':' + (type == IdType::ID_KEY_ID ? printable(data) : to_hex(data));
}

bool IdentityPattern::is_wildcard() const {
  if (!any && identity.type == IdType::ID_DER_ASN1_DN) return has_wildcard(identity.data);
  return !any && is_name(identity.type) && identity.data.size() > 1 && identity.data.front() == '*';
}

bool IdentityPattern::matches(const Identification& candidate) const {
  if (any) return true;
  if (candidate.type != identity.type) return false;
  if (identity.type == IdType::ID_DER_ASN1_DN) return name_matches(identity.data, candidate.data);
  if (!is_name(identity.type)) return candidate.data == identity.data;
  const auto name = as_text(candidate.data);
  auto pattern = as_text(identity.data);
  if (name.find('\0') != std::string_view::npos) return false;
  if (!is_wildcard()) return same_text(name, pattern);
  pattern.remove_prefix(1);
  // "*.example.org" asks for at least one character before the dot.
  return name.size() > pattern.size() && same_text(name.substr(name.size() - pattern.size()), pattern);
}

std::string IdentityPattern::to_string() const { return any ? "%any" : identity.to_string(); }

}  // namespace keypact
