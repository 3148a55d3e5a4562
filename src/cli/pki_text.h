// What `keypact pki` prints: for people, and as JSON.
#pragma once

#include "ca/authority.h"
#include "cli/style.h"

namespace keypact::cli {

/// A certificate of the CA as it stands in its index.
struct ListedCertificate {
  ca::Entry entry;
  Result<pki::Certificate> certificate;  ///< or why it cannot be read
};

/// "good", "revoked", "expired"
[[nodiscard]] std::string_view state_of(const ca::Entry& entry, std::int64_t now);

[[nodiscard]] std::string authority_text(const ca::Authority& authority, std::int64_t now, const Style& style);
[[nodiscard]] std::string issued_text(const pki::Certificate& certificate, const std::vector<std::string>& files,
                                      std::int64_t now, const Style& style);
[[nodiscard]] std::string list_text(const ca::Authority& authority, const std::vector<ListedCertificate>& certificates,
                                    std::int64_t now, const Style& style);

// Each a single line without the newline.
[[nodiscard]] std::string authority_json(const ca::Authority& authority);
[[nodiscard]] std::string issued_json(const pki::Certificate& certificate, const std::vector<std::string>& files);
[[nodiscard]] std::string revoked_json(const ca::Entry& entry, const std::string& list);
[[nodiscard]] std::string published_json(std::size_t revoked, const std::vector<std::string>& files);
[[nodiscard]] std::string list_json(const ca::Authority& authority, const std::vector<ListedCertificate>& certificates,
                                    std::int64_t now);

}  // namespace keypact::cli
