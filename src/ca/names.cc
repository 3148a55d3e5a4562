#include "ca/names.h"

#include <algorithm>

#include "proto/distinguished_name.h"

namespace keypact::ca {
namespace {

constexpr std::size_t kCommonName = 64;  // RFC 5280 §A.1: ub-common-name
constexpr std::size_t kDnsName = 253;
constexpr std::size_t kDnsLabel = 63;
constexpr std::size_t kEmail = 255;  // RFC 5280 §A.1: ub-emailaddress-length

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kDnsLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// RFC 5280 §4.2.1.6: the preferred name syntax.
bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kDnsName) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::min(name.find('.', begin), name.size());
    if (!is_label(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

bool is_email(std::string_view address) {
  const auto at = address.rfind('@');
  return at != std::string_view::npos && at != 0 && address.size() <= kEmail && is_dns_name(address.substr(at + 1)) &&
         std::ranges::all_of(address.substr(0, at), [](char c) {
           return is_letter_or_digit(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").contains(c);
         });
}

std::unexpected<Error> refused(std::string_view kind, const std::string& name, std::string_view rule) {
  return failure(Error{"\"" + name + "\" cannot be " + std::string(kind) + " of a certificate", std::string(rule), {}});
}

class Names {
 public:
  explicit Names(pki::CertificateUse use) : use_(use) {}

  Result<void> dns(const std::string& name) {
    if (!is_dns_name(name))
      return refused("a DNS name", name,
                     "it is made of labels of letters, digits and hyphens; other letters are written as xn--...");
    add(Identification::fqdn(name));
    return {};
  }

  Result<void> address(const std::string& text) {
    const auto address = IpAddress::parse(text);
    if (!address || address->is_unspecified()) return refused("an address", text, "it is no address of a host");
    add(Identification::of(*address));
    // Windows compares the address that it connects to with names of the DNS only.
    if (use_ == pki::CertificateUse::server && address->is_v4()) add(Identification::fqdn(address->to_string()));
    return {};
  }

  Result<void> email(const std::string& address) {
    if (!is_email(address)) return refused("a mail address", address, "it is written user@example.org");
    add(Identification::email(address));
    return {};
  }

  /// A name that does not say what it is.
  Result<void> guessed(const std::string& name) {
    if (IpAddress::parse(name)) return address(name);
    if (use_ == pki::CertificateUse::client && name.contains('@')) return email(name);
    if (is_dns_name(name)) return dns(name);
    return failure(
        Error{"\"" + name + "\" is no name that IKE has",
              "an end is known by a DNS name, an address or a mail address (RFC 4945 §3.1)",
              use_ == pki::CertificateUse::server ? "Give one with --dns or --ip" : "Give one with --email or --dns"});
  }

  std::vector<Identification> take() { return std::move(names_); }

 private:
  void add(Identification name) {
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(std::move(name));
  }
  pki::CertificateUse use_;
  std::vector<Identification> names_;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (std::string_view(" \"#+,;<=>\\/").contains(c)) text += '\\';
    text += c;
  }
  return text;
}

Result<Octets> named(const std::string& name, const std::string& distinguished) {
  auto der = name_from_text(distinguished);
  if (!der) return failure(Error{"\"" + name + "\" cannot be the name of a certificate", der.error().why, {}});
  return std::move(*der);
}

}  // namespace

Result<std::vector<Identification>> alternative_names(pki::CertificateUse use, const WantedNames& wanted) {
  Names names(use);
  const bool named = !wanted.dns.empty() || !wanted.addresses.empty() || !wanted.emails.empty();
  // A server is reached by its name; a client's may be no more than a word for people.
  if (!named || (use == pki::CertificateUse::server && (is_dns_name(wanted.name) || IpAddress::parse(wanted.name))))
    TRY_VOID(names.guessed(wanted.name));
  for (const auto& name : wanted.dns) TRY_VOID(names.dns(name));
  for (const auto& address : wanted.addresses) TRY_VOID(names.address(address));
  for (const auto& address : wanted.emails) TRY_VOID(names.email(address));
  return names.take();
}

Result<Octets> subject_of(const std::string& name) {
  const bool is_file_name = !name.empty() && name.front() != '.' && name.front() != '-' && !name.contains('/') &&
                            std::ranges::none_of(name, is_control);
  if (!is_file_name || name.size() > kCommonName)
    return failure(Error{"\"" + name + "\" cannot be the name of a certificate",
                         "it has 1 to 64 characters, no / among them, and begins neither with a dot nor with a hyphen",
                         {}});
  return named(name, "CN=" + escaped(name));
}

Result<Octets> subject_of_authority(const std::string& name) {
  if (name.contains('=')) return named(name, name);
  if (name.empty() || name.size() > kCommonName || std::ranges::any_of(name, is_control))
    return failure(Error{"\"" + name + "\" cannot be the name of a CA", "it has 1 to 64 characters", {}});
  return named(name, "CN=" + escaped(name));
}

}  // namespace keypact::ca
