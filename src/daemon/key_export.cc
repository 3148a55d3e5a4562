#include "daemon/key_export.h"

#include <array>

#include "io/files.h"

namespace keypact::daemon {
namespace {

/// Wireshark's names of the algorithms; empty: it cannot decrypt this one.
struct CipherName {
  EncryptionId id;
  std::string_view ike;  ///< "{bits}" stands for the key size
  std::string_view esp;
};
constexpr std::array kCiphers = {
    CipherName{EncryptionId::ENCR_3DES, "3DES [RFC2451]", "TripleDES-CBC [RFC2451]"},
    CipherName{EncryptionId::ENCR_NULL, "NULL [RFC2410]", "NULL"},
    CipherName{EncryptionId::ENCR_AES_CBC, "AES-CBC-{bits} [RFC3602]", "AES-CBC [RFC3602]"},
    CipherName{EncryptionId::ENCR_AES_CTR, "AES-CTR-{bits} [RFC5930]", "AES-CTR [RFC3686]"},
    CipherName{EncryptionId::ENCR_AES_CCM_8, "AES-CCM-{bits} with 8 octet ICV [RFC5282]", ""},
    CipherName{EncryptionId::ENCR_AES_CCM_12, "AES-CCM-{bits} with 12 octet ICV [RFC5282]", ""},
    CipherName{EncryptionId::ENCR_AES_CCM_16, "AES-CCM-{bits} with 16 octet ICV [RFC5282]", ""},
    CipherName{EncryptionId::ENCR_AES_GCM_8, "AES-GCM-{bits} with 8 octet ICV [RFC5282]",
               "AES-GCM with 8 octet ICV [RFC4106]"},
    CipherName{EncryptionId::ENCR_AES_GCM_12, "AES-GCM-{bits} with 12 octet ICV [RFC5282]",
               "AES-GCM with 12 octet ICV [RFC4106]"},
    CipherName{EncryptionId::ENCR_AES_GCM_16, "AES-GCM-{bits} with 16 octet ICV [RFC5282]",
               "AES-GCM with 16 octet ICV [RFC4106]"},
};

struct IntegrityName {
  IntegrityId id;
  std::string_view ike;
  std::string_view esp;
};
constexpr std::array kIntegrities = {
    IntegrityName{IntegrityId::NONE, "NONE [RFC4306]", "NULL"},
    IntegrityName{IntegrityId::AUTH_HMAC_MD5_96, "HMAC_MD5_96 [RFC2403]", "HMAC-MD5-96 [RFC2403]"},
    IntegrityName{IntegrityId::AUTH_HMAC_SHA1_96, "HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]"},
    IntegrityName{IntegrityId::AUTH_AES_XCBC_96, "", "ANY 96 bit authentication [no checking]"},
    IntegrityName{IntegrityId::AUTH_AES_CMAC_96, "", "ANY 96 bit authentication [no checking]"},
    IntegrityName{IntegrityId::AUTH_HMAC_SHA2_256_128, "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]"},
    IntegrityName{IntegrityId::AUTH_HMAC_SHA2_384_192, "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]"},
    IntegrityName{IntegrityId::AUTH_HMAC_SHA2_512_256, "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]"},
};

template <class Rows, class Id>
auto row_of(const Rows& rows, Id id) -> decltype(&rows.front()) {
  for (const auto& row : rows)
    if (row.id == id) return &row;
  return nullptr;
}

std::string with_bits(std::string_view name, std::uint16_t bits) {
  std::string text(name);
  if (const auto at = text.find("{bits}"); at != std::string::npos) text.replace(at, 6, std::to_string(bits));
  return text;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// Empty when Wireshark knows no name for the pair.
std::string line_of(const ike::IkeKeysDerived& e) {
  const auto& algorithms = e.initiator.algorithms;
  const auto* cipher = row_of(kCiphers, algorithms.encryption);
  const auto* integrity = row_of(kIntegrities, algorithms.integrity);
  if (cipher == nullptr || integrity == nullptr || cipher->ike.empty() || integrity->ike.empty()) return {};
  return to_string(e.initiator_spi) + ',' + to_string(e.responder_spi) + ',' + to_hex(e.initiator.encryption.reveal()) +
         ',' + to_hex(e.responder.encryption.reveal()) + ',' + quoted(with_bits(cipher->ike, algorithms.key_bits)) +
         ',' + to_hex(e.initiator.integrity.reveal()) + ',' + to_hex(e.responder.integrity.reveal()) + ',' +
         quoted(std::string(integrity->ike)) + '\n';
}

std::string line_of(const ike::ChildKeysDerived& e) {
  const auto* cipher = row_of(kCiphers, e.keys.algorithms.encryption);
  const auto* integrity = row_of(kIntegrities, e.keys.algorithms.integrity);
  if (cipher == nullptr || integrity == nullptr || cipher->esp.empty()) return {};
  return quoted(e.source.address.is_v4() ? "IPv4" : "IPv6") + ',' + quoted(e.source.address.to_string()) + ',' +
         quoted(e.destination.address.to_string()) + ',' + quoted("0x" + to_string(e.spi)) + ',' +
         quoted(std::string(cipher->esp)) + ',' + quoted("0x" + to_hex(e.keys.encryption.reveal())) + ',' +
         quoted(std::string(integrity->esp)) + ',' + quoted("0x" + to_hex(e.keys.integrity.reveal())) + '\n';
}

}  // namespace

Result<void> KeyExport::event(const ike::Event& event) const {
  std::string line;
  std::string_view table;
  if (const auto* keys = std::get_if<ike::IkeKeysDerived>(&event)) {
    line = line_of(*keys);
    table = "ikev2_decryption_table";
  } else if (const auto* child = std::get_if<ike::ChildKeysDerived>(&event)) {
    line = line_of(*child);
    table = "esp_sa";
  }
  if (line.empty()) return {};
  auto written = io::append_private(directory_ + '/' + std::string(table), as_octets(line));
  wipe_octets({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});  // NOLINT: the keys in the line
  return written;
}

}  // namespace keypact::daemon
