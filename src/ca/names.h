// The names that a certificate may have: what people write, as SubjectAltName. RFC 5280 §4.2.1.6, RFC 4945 §5.1.3.6.
#pragma once

#include <vector>

#include "base/result.h"
#include "pki/certificate_maker.h"
#include "proto/identification.h"

namespace keypact::ca {

struct WantedNames {
  std::string name;  ///< the subject's CN, and a name of its own unless others are given
  std::vector<std::string> dns{};
  std::vector<std::string> addresses{};
  std::vector<std::string> emails{};
};

/// At least one, without repetition.
[[nodiscard]] Result<std::vector<Identification>> alternative_names(pki::CertificateUse use, const WantedNames& wanted);

/// "CN=<name>" in DER. The name becomes that of files too.
[[nodiscard]] Result<Octets> subject_of(const std::string& name);
/// Of a CA: "CN=<name>", or a whole distinguished name ("C=CH, O=Example, CN=Example CA").
[[nodiscard]] Result<Octets> subject_of_authority(const std::string& name);

}  // namespace keypact::ca
