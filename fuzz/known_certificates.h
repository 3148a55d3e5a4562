// A CA and what it issued, of tests/data/credentials: whom the fuzz targets of pki ask about.
#pragma once

#include "pki/certificate.h"

namespace keypact::fuzz {

inline constexpr std::int64_t kNow = 1780272000;  // 2026-06-01

struct KnownCertificates {
  pki::Certificate root;
  pki::Certificate leaf;
};

[[nodiscard]] const KnownCertificates& known_certificates();

}  // namespace keypact::fuzz
