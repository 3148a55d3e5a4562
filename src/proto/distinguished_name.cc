#include "pki/distinguished_name.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <vector>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kTextOctets = 4096;
constexpr std::size_t kPrintedOctets = 1024;
constexpr int kMembers = 64;

struct Attribute {
  std::string_view word;
  int nid;
};
/// strongSwan's words, the one to print first in front of others for the same type.
constexpr Attribute kAttributes[] = {
    {"C", NID_countryName},
    {"ST", NID_stateOrProvinceName},
    {"L", NID_localityName},
    {"O", NID_organizationName},
    {"OU", NID_organizationalUnitName},
    {"CN", NID_commonName},
    {"E", NID_pkcs9_emailAddress},
    {"Email", NID_pkcs9_emailAddress},
    {"emailAddress", NID_pkcs9_emailAddress},
    {"DC", NID_domainComponent},
    {"UID", NID_userId},
    {"SN", NID_serialNumber},
    {"serialNumber", NID_serialNumber},
    {"S", NID_surname},
    {"G", NID_givenName},
    {"N", NID_name},
    {"I", NID_initials},
    {"T", NID_title},
    {"D", NID_description},
    {"STREET", NID_streetAddress},
    {"postalCode", NID_postalCode},
    {"postalAddress", NID_postalAddress},
    {"dnQualifier", NID_dnQualifier},
    {"pseudonym", NID_pseudonym},
    {"unstructuredName", NID_pkcs9_unstructuredName},
    {"unstructuredAddress", NID_pkcs9_unstructuredAddress},
    {"ID", NID_x500UniqueIdentifier},
    {"organizationIdentifier", NID_organizationIdentifier},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::unexpected<NameError> wrong(std::string_view part, std::string why) {
  return failure(NameError{std::string(part.substr(0, 64)), std::move(why)});
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') && !text.ends_with("\\ ")) text.remove_suffix(1);
  return text;
}

using Object = std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)>;

Object object_of(std::string_view word) {
  const auto* const known = std::ranges::find_if(kAttributes, [&](const auto& a) { return same_word(a.word, word); });
  if (known != std::end(kAttributes)) return {OBJ_nid2obj(known->nid), ASN1_OBJECT_free};
  if (word.find('.') == std::string_view::npos || word.find_first_not_of("0123456789.") != std::string_view::npos)
    return {nullptr, ASN1_OBJECT_free};
  Object object(OBJ_txt2obj(std::string(word).c_str(), 1), ASN1_OBJECT_free);
  crypto::forget_openssl_errors();
  return object;
}

/// The value without its backslashes; nothing when one stands before what needs none.
std::optional<Octets> unescaped(std::string_view text) {
  Octets value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      value.push_back(static_cast<std::uint8_t>(text[i]));
      continue;
    }
    const auto hex = from_hex(text.substr(std::min(i + 1, text.size()), 2));
    if (hex && hex->size() == 1) {
      value.push_back(hex->front());
      i += 2;
    } else if (i + 1 < text.size() && std::string_view(" \"#+,;<=>\\/").find(text[i + 1]) != std::string_view::npos) {
      value.push_back(static_cast<std::uint8_t>(text[++i]));
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool is_printable_string(OctetView value) {
  return std::ranges::all_of(value, [](std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// RFC 5280 §4.1.2.4: IA5String for mail and domain components, else PrintableString or UTF8String.
int string_type(const ASN1_OBJECT* object, OctetView value) {
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_pkcs9_emailAddress || nid == NID_domainComponent) return V_ASN1_IA5STRING;
  return is_printable_string(value) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
}

Result<void, NameError> add_member(X509_NAME* name, std::string_view member) {
  const auto equals = member.find('=');
  if (equals == std::string_view::npos) return wrong(member, "a member of a distinguished name is written TYPE=value");
  const auto word = trimmed(member.substr(0, equals));
  const auto object = object_of(word);
  if (!object) return wrong(word, "it is no type of a distinguished name, such as C, ST, L, O, OU, CN, E, DC");
  const auto value = unescaped(trimmed(member.substr(equals + 1)));
  if (!value) return wrong(member, "after \\ stands one of , + \" \\ < > ; = # / or two hexadecimal digits");
  if (value->empty()) return wrong(member, "the value is empty");
  if (std::ranges::find(*value, 0) != value->end()) return wrong(member, "there is a NUL in the value");
  if (X509_NAME_entry_count(name) >= kMembers) return wrong(member, "a distinguished name has at most 64 members");
  const bool added = X509_NAME_add_entry_by_OBJ(name, object.get(), string_type(object.get(), *value), value->data(),
                                                static_cast<int>(value->size()), -1, 0) == 1;
  crypto::forget_openssl_errors();
  if (!added) return wrong(member, "the value is not UTF-8");
  return {};
}

/// Where the member that begins here ends: at the next separator without a backslash.
std::size_t end_of_member(std::string_view text, std::size_t begin, char separator) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == separator) return i;
  }
  return text.size();
}

X509Handle<X509_name_st> parse(OctetView der) {
  const auto* at = der.data();
  X509Handle<X509_name_st> name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  if (!name || at != der.data() + der.size() || X509_NAME_entry_count(name.get()) == 0) return nullptr;
  return name;
}

std::string type_text(const ASN1_OBJECT* object) {
  const auto* const known = std::ranges::find(kAttributes, OBJ_obj2nid(object), &Attribute::nid);
  if (known != std::end(kAttributes)) return std::string(known->word);
  char text[128] = {};
  OBJ_obj2txt(text, sizeof text, object, 1);
  return text;
}

std::string value_text(const ASN1_STRING* value) {
  const OctetView octets(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  std::string text;
  for (std::size_t i = 0; i < octets.size() && text.size() <= kPrintedOctets; ++i) {
    const auto c = static_cast<char>(octets[i]);
    const bool edge = i == 0 || i + 1 == octets.size();
    if (octets[i] < 0x20 || octets[i] > 0x7e) text.append("\\").append(to_hex(octets.subspan(i, 1)));
    else if (std::string_view("\"+,;<>\\").find(c) != std::string_view::npos || (edge && c == ' ') ||
             (i == 0 && c == '#'))
      text.append({'\\', c});
    else text += c;
  }
  return text;
}

bool is_lone_star(const X509_NAME_ENTRY* entry) {
  const auto* const value = X509_NAME_ENTRY_get_data(entry);
  return ASN1_STRING_length(value) == 1 && *ASN1_STRING_get0_data(value) == '*';
}

bool same_member(const X509_NAME_ENTRY* a, const X509_NAME_ENTRY* b) {
  const X509Handle<X509_name_st> left(X509_NAME_new());
  const X509Handle<X509_name_st> right(X509_NAME_new());
  const bool same = X509_NAME_add_entry(left.get(), a, -1, 0) == 1 && X509_NAME_add_entry(right.get(), b, -1, 0) == 1 &&
                    X509_NAME_cmp(left.get(), right.get()) == 0;
  crypto::forget_openssl_errors();
  return same;
}

}  // namespace

Result<Octets, NameError> name_from_text(std::string_view text) {
  if (text.size() > kTextOctets) return wrong({}, "a distinguished name has at most 4096 octets");
  const char separator = text.starts_with('/') ? '/' : ',';
  const X509Handle<X509_name_st> name(X509_NAME_new());
  for (std::size_t begin = separator == '/' ? 1 : 0; begin <= text.size();) {
    const auto end = end_of_member(text, begin, separator);
    TRY_VOID(add_member(name.get(), text.substr(begin, end - begin)));
    begin = end + 1;
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_NAME(name.get(), &der);
  crypto::forget_openssl_errors();
  if (size <= 0) return wrong(text, "OpenSSL cannot encode it");
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

std::string name_to_text(OctetView der) {
  const auto name = parse(der);
  std::string text;
  if (!name) text = to_hex(der.first(std::min(der.size(), kPrintedOctets)));
  int set = -1;
  for (int i = 0; name && i < X509_NAME_entry_count(name.get()) && text.size() <= kPrintedOctets; ++i) {
    const auto* const entry = X509_NAME_get_entry(name.get(), i);
    if (i > 0) text += X509_NAME_ENTRY_set(entry) == set ? " + " : ", ";
    set = X509_NAME_ENTRY_set(entry);
    text.append(type_text(X509_NAME_ENTRY_get_object(entry)))
        .append("=")
        .append(value_text(X509_NAME_ENTRY_get_data(entry)));
  }
  if (text.size() > kPrintedOctets) text.replace(kPrintedOctets, std::string::npos, "...");
  return text;
}

bool same_name(OctetView a, OctetView b) {
  const auto left = parse(a);
  const auto right = parse(b);
  const bool same = left && right && X509_NAME_cmp(left.get(), right.get()) == 0;
  crypto::forget_openssl_errors();
  return same;
}

bool name_matches(OctetView pattern, OctetView name) {
  const auto left = parse(pattern);
  const auto right = parse(name);
  if (!left || !right) return false;
  const int count = X509_NAME_entry_count(left.get());
  if (count != X509_NAME_entry_count(right.get())) return false;
  for (int i = 0; i < count; ++i) {
    const auto* const wanted = X509_NAME_get_entry(left.get(), i);
    const auto* const given = X509_NAME_get_entry(right.get(), i);
    if (X509_NAME_ENTRY_set(wanted) != X509_NAME_ENTRY_set(given)) return false;
    if (OBJ_cmp(X509_NAME_ENTRY_get_object(wanted), X509_NAME_ENTRY_get_object(given)) != 0) return false;
    if (!is_lone_star(wanted) && !same_member(wanted, given)) return false;
  }
  return true;
}

bool has_wildcard(OctetView name) {
  const auto parsed = parse(name);
  for (int i = 0; parsed && i < X509_NAME_entry_count(parsed.get()); ++i)
    if (is_lone_star(X509_NAME_get_entry(parsed.get(), i))) return true;
  return false;
}

}  // namespace keypact::pki
