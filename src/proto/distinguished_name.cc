#include "proto/distinguished_name.h"

#include <algorithm>
#include <vector>

#include "base/reader.h"
#include "base/writer.h"

namespace keypact {
namespace {

constexpr std::size_t kTextOctets = 4096;
constexpr std::size_t kPrintedOctets = 1024;
constexpr std::size_t kMembers = 64;

// Tags of DER.
constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kUtf8String = 0x0c;
constexpr std::uint8_t kNumericString = 0x12;
constexpr std::uint8_t kPrintableString = 0x13;
constexpr std::uint8_t kTeletexString = 0x14;
constexpr std::uint8_t kIa5String = 0x16;
constexpr std::uint8_t kVisibleString = 0x1a;
constexpr std::uint8_t kUniversalString = 0x1c;
constexpr std::uint8_t kBmpString = 0x1e;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;

struct Attribute {
  std::string_view word;
  std::string_view oid;
};
constexpr std::string_view kEmail = "1.2.840.113549.1.9.1";
constexpr std::string_view kDomainComponent = "0.9.2342.19200300.100.1.25";
/// strongSwan's words, the one to print first in front of others for the same type.
constexpr Attribute kAttributes[] = {
    {"C", "2.5.4.6"},
    {"ST", "2.5.4.8"},
    {"L", "2.5.4.7"},
    {"O", "2.5.4.10"},
    {"OU", "2.5.4.11"},
    {"CN", "2.5.4.3"},
    {"E", kEmail},
    {"Email", kEmail},
    {"emailAddress", kEmail},
    {"DC", kDomainComponent},
    {"UID", "0.9.2342.19200300.100.1.1"},
    {"SN", "2.5.4.5"},
    {"serialNumber", "2.5.4.5"},
    {"S", "2.5.4.4"},
    {"G", "2.5.4.42"},
    {"N", "2.5.4.41"},
    {"I", "2.5.4.43"},
    {"T", "2.5.4.12"},
    {"D", "2.5.4.13"},
    {"STREET", "2.5.4.9"},
    {"postalCode", "2.5.4.17"},
    {"postalAddress", "2.5.4.16"},
    {"dnQualifier", "2.5.4.46"},
    {"pseudonym", "2.5.4.65"},
    {"unstructuredName", "1.2.840.113549.1.9.2"},
    {"unstructuredAddress", "1.2.840.113549.1.9.8"},
    {"ID", "2.5.4.45"},
    {"organizationIdentifier", "2.5.4.97"},
};

/// One AttributeTypeAndValue, within the octets that were parsed.
struct Member {
  OctetView oid;
  std::uint8_t tag = 0;
  OctetView value;
  std::size_t set = 0;  ///< those of one RelativeDistinguishedName have the same
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

// DER.

struct Element {
  std::uint8_t tag = 0;
  OctetView value;
};

/// Definite lengths in their shortest form, up to three octets: no name is longer.
std::optional<Element> next_element(Reader& in) {
  const auto tag = in.u8();
  const auto first = in.u8();
  if (!tag || !first || (*tag & 0x1f) == 0x1f) return std::nullopt;
  std::size_t length = *first;
  if (length >= 0x80) {
    const std::size_t octets = length - 0x80;
    if (octets == 0 || octets > 3) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      const auto octet = in.u8();
      if (!octet || (i == 0 && *octet == 0)) return std::nullopt;
      length = length << 8 | *octet;
    }
    if (length < 0x80) return std::nullopt;
  }
  const auto value = in.octets(length);
  if (!value) return std::nullopt;
  return Element{*tag, *value};
}

std::optional<Element> only_element(OctetView octets, std::uint8_t tag) {
  Reader in(octets);
  const auto element = next_element(in);
  return element && element->tag == tag && in.finish() ? element : std::nullopt;
}

void put_element(Writer& out, std::uint8_t tag, OctetView value) {
  out.u8(tag);
  const auto size = value.size();
  if (size >= 0x10000) out.u8(0x83), out.u8(static_cast<std::uint8_t>(size >> 16));
  else if (size >= 0x100) out.u8(0x82);
  else if (size >= 0x80) out.u8(0x81);
  if (size >= 0x100) out.u8(static_cast<std::uint8_t>(size >> 8));
  out.u8(static_cast<std::uint8_t>(size));
  out.octets(value);
}

bool is_oid(OctetView oid) {
  bool begins = true;
  for (const auto octet : oid) {
    if (begins && octet == 0x80) return false;
    begins = (octet & 0x80) == 0;
  }
  return !oid.empty() && oid.size() <= 64 && begins;
}

std::optional<Member> member_of(OctetView octets, std::size_t set) {
  Reader in(octets);
  const auto oid = next_element(in);
  const auto value = oid ? next_element(in) : std::nullopt;
  if (!value || !in.finish() || oid->tag != kOid || !is_oid(oid->value)) return std::nullopt;
  return Member{oid->value, value->tag, value->value, set};
}

/// RDNSequence, to its last octet; nothing when it is malformed or empty.
std::optional<std::vector<Member>> parse(OctetView der) {
  const auto name = only_element(der, kSequence);
  if (!name) return std::nullopt;
  std::vector<Member> members;
  std::size_t set = 0;
  for (Reader sets(name->value); !sets.at_end(); ++set) {
    const auto relative = next_element(sets);
    if (!relative || relative->tag != kSet || relative->value.empty()) return std::nullopt;
    for (Reader in(relative->value); !in.at_end();) {
      const auto element = next_element(in);
      const auto member = element && element->tag == kSequence ? member_of(element->value, set) : std::nullopt;
      if (!member || members.size() == kMembers) return std::nullopt;
      members.push_back(*member);
    }
  }
  if (members.empty()) return std::nullopt;
  return members;
}

// Object identifiers.

void put_arc(Octets& oid, std::uint64_t arc) {
  Octets digits{static_cast<std::uint8_t>(arc & 0x7f)};
  for (arc >>= 7; arc != 0; arc >>= 7) digits.push_back(static_cast<std::uint8_t>(0x80 | (arc & 0x7f)));
  oid.insert(oid.end(), digits.rbegin(), digits.rend());
}

/// From "2.5.4.3"; nothing when it is none, or has an arc of more than nine digits.
std::optional<Octets> oid_from_dotted(std::string_view text) {
  std::vector<std::uint64_t> arcs;
  while (true) {
    const auto dot = text.find('.');
    const auto digits = text.substr(0, dot);
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    std::uint64_t arc = 0;
    for (const char digit : digits) arc = arc * 10 + static_cast<std::uint64_t>(digit - '0');
    arcs.push_back(arc);
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  if (arcs.size() < 2 || arcs.size() > 20 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39)) return std::nullopt;
  Octets oid;
  put_arc(oid, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) put_arc(oid, arcs[i]);
  return oid;
}

std::string dotted(OctetView oid) {
  std::string text;
  std::uint64_t arc = 0;
  for (const auto octet : oid) {
    arc = arc << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (text.empty()) {
      const auto first = std::min<std::uint64_t>(arc / 40, 2);
      text = std::to_string(first) + '.' + std::to_string(arc - first * 40);
    } else {
      text += '.' + std::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

std::optional<Octets> oid_of(std::string_view word) {
  const auto* const known = std::ranges::find_if(kAttributes, [&](const auto& a) { return same_word(a.word, word); });
  return oid_from_dotted(known != std::end(kAttributes) ? known->oid : word);
}

std::string type_text(OctetView oid) {
  const auto text = dotted(oid);
  const auto* const known = std::ranges::find(kAttributes, std::string_view(text), &Attribute::oid);
  return known != std::end(kAttributes) ? std::string(known->word) : text;
}

// Values.

void put_utf8(Octets& to, std::uint32_t c) {
  const auto tail = [&](int shift) { to.push_back(static_cast<std::uint8_t>(0x80 | (c >> shift & 0x3f))); };
  if (c < 0x80) return to.push_back(static_cast<std::uint8_t>(c));
  if (c < 0x800) return to.push_back(static_cast<std::uint8_t>(0xc0 | c >> 6)), tail(0);
  if (c < 0x10000) return to.push_back(static_cast<std::uint8_t>(0xe0 | c >> 12)), tail(6), tail(0);
  to.push_back(static_cast<std::uint8_t>(0xf0 | (c >> 18 & 7))), tail(12), tail(6), tail(0);
}

bool is_utf8(OctetView octets) {
  for (std::size_t i = 0; i < octets.size();) {
    const auto first = octets[i++];
    const int more = first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : (first & 0xf0) == 0xe0 ? 2 : 3;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return false;
    std::uint32_t c = more == 0 ? first : first & (0x3fU >> more);
    for (int k = 0; k < more; ++k, ++i) {
      if (i == octets.size() || (octets[i] & 0xc0) != 0x80) return false;
      c = c << 6 | (octets[i] & 0x3f);
    }
    const bool overlong = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
    if (overlong || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
  }
  return true;
}

/// Characters of two or four octets each.
std::optional<Octets> utf8_of_wide(OctetView value, std::size_t width) {
  if (value.size() % width != 0) return std::nullopt;
  Octets utf8;
  for (std::size_t i = 0; i < value.size(); i += width) {
    std::uint32_t c = 0;
    for (std::size_t k = 0; k < width; ++k) c = c << 8 | value[i + k];
    if (c > 0x10ffff) return std::nullopt;
    put_utf8(utf8, c);
  }
  return utf8;
}

/// The value of a string in UTF-8; nothing when it is of another type or broken.
std::optional<Octets> utf8_of(const Member& member) {
  switch (member.tag) {
    case kUtf8String:
      if (!is_utf8(member.value)) return std::nullopt;
      return to_octets(member.value);
    case kNumericString:
    case kPrintableString:
    case kIa5String:
    case kVisibleString: return to_octets(member.value);
    case kTeletexString: return utf8_of_wide(member.value, 1);
    case kBmpString: return utf8_of_wide(member.value, 2);
    case kUniversalString: return utf8_of_wide(member.value, 4);
    default: return std::nullopt;
  }
}

/// As RFC 5280 §7.1 compares: small ASCII letters, no blanks at the ends, one where there are several.
std::string folded(OctetView utf8) {
  std::string text;
  for (const auto octet : utf8) {
    const auto c = static_cast<char>(octet);
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank) text += lower(c);
    else if (!text.empty() && text.back() != ' ') text += ' ';
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

bool same_value(const Member& a, const Member& b) {
  const auto left = utf8_of(a);
  const auto right = utf8_of(b);
  if (left && right) return folded(*left) == folded(*right);
  return !left && !right && a.tag == b.tag && same_octets(a.value, b.value);
}

bool is_lone_star(const Member& member) { return member.value.size() == 1 && member.value.front() == '*'; }

bool is_printable_string(OctetView value) {
  return std::ranges::all_of(value, [](std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// RFC 5280 §4.1.2.4: IA5String for mail and domain components, else PrintableString or UTF8String.
std::uint8_t string_type(OctetView oid, OctetView value) {
  const bool ascii = std::ranges::all_of(value, [](std::uint8_t c) { return c < 0x80; });
  const auto type = dotted(oid);
  if (ascii && (type == kEmail || type == kDomainComponent)) return kIa5String;
  return is_printable_string(value) ? kPrintableString : kUtf8String;
}

// Text.

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

/// A RelativeDistinguishedName with the one member that the text is.
Result<void, NameError> put_member(Writer& out, std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return wrong(text, "a member of a distinguished name is written TYPE=value");
  const auto word = trimmed(text.substr(0, equals));
  const auto oid = oid_of(word);
  if (!oid) return wrong(word, "it is no type of a distinguished name, such as C, ST, L, O, OU, CN, E, DC");
  const auto value = unescaped(trimmed(text.substr(equals + 1)));
  if (!value) return wrong(text, "after \\ stands one of , + \" \\ < > ; = # / or two hexadecimal digits");
  if (value->empty()) return wrong(text, "the value is empty");
  if (std::ranges::find(*value, 0) != value->end()) return wrong(text, "there is a NUL in the value");
  if (!is_utf8(*value)) return wrong(text, "the value is not UTF-8");
  Writer pair;
  put_element(pair, kOid, *oid);
  put_element(pair, string_type(*oid, *value), *value);
  Writer set;
  put_element(set, kSequence, pair.view());
  put_element(out, kSet, set.view());
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

std::string value_text(const Member& member) {
  const auto utf8 = utf8_of(member).value_or(to_octets(member.value));
  std::string text;
  for (std::size_t i = 0; i < utf8.size() && text.size() <= kPrintedOctets; ++i) {
    const auto c = static_cast<char>(utf8[i]);
    const bool edge = i == 0 || i + 1 == utf8.size();
    if (utf8[i] < 0x20 || utf8[i] > 0x7e) text.append("\\").append(to_hex(OctetView(utf8).subspan(i, 1)));
    else if (std::string_view("\"+,;<>\\").find(c) != std::string_view::npos || (edge && c == ' ') ||
             (i == 0 && c == '#'))
      text.append({'\\', c});
    else text += c;
  }
  return text;
}

}  // namespace

Result<Octets, NameError> name_from_text(std::string_view text) {
  if (text.size() > kTextOctets) return wrong({}, "a distinguished name has at most 4096 octets");
  const char separator = text.starts_with('/') ? '/' : ',';
  Writer members;
  std::size_t count = 0;
  for (std::size_t begin = separator == '/' ? 1 : 0; begin <= text.size();) {
    const auto end = end_of_member(text, begin, separator);
    const auto member = text.substr(begin, end - begin);
    if (++count > kMembers) return wrong(member, "a distinguished name has at most 64 members");
    TRY_VOID(put_member(members, member));
    begin = end + 1;
  }
  Writer name;
  put_element(name, kSequence, members.view());
  return std::move(name).take();
}

std::string name_to_text(OctetView der) {
  const auto members = parse(der);
  std::string text;
  if (!members) text = to_hex(der.first(std::min(der.size(), kPrintedOctets)));
  for (std::size_t i = 0; members && i < members->size() && text.size() <= kPrintedOctets; ++i) {
    const auto& member = (*members)[i];
    if (i > 0) text += (*members)[i - 1].set == member.set ? " + " : ", ";
    text.append(type_text(member.oid)).append("=").append(value_text(member));
  }
  if (text.size() > kPrintedOctets) text.replace(kPrintedOctets, std::string::npos, "...");
  return text;
}

bool name_matches(OctetView pattern, OctetView name) {
  const auto wanted = parse(pattern);
  const auto given = parse(name);
  if (!wanted || !given) return false;
  return std::ranges::equal(*wanted, *given, [](const Member& a, const Member& b) {
    return a.set == b.set && same_octets(a.oid, b.oid) && (is_lone_star(a) || same_value(a, b));
  });
}

bool same_name(OctetView a, OctetView b) {
  const auto left = parse(a);
  const auto right = parse(b);
  if (!left || !right) return false;
  return std::ranges::equal(*left, *right, [](const Member& x, const Member& y) {
    return x.set == y.set && same_octets(x.oid, y.oid) && same_value(x, y);
  });
}

bool has_wildcard(OctetView name) {
  const auto members = parse(name);
  return members && std::ranges::any_of(*members, is_lone_star);
}

}  // namespace keypact
