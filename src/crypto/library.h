// Library: the cryptographic algorithms, fetched once from OpenSSL, with the scratch contexts of one thread. Every operation
// of this folder takes it; one per engine or worker thread, never shared between threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "proto/proposal.h"

namespace keypact::crypto {

class Library {
 public:
  /// Fetches everything that this OpenSSL has. What it lacks is not supported (ML-KEM before 3.5).
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// True when this transform can be computed here (ENCR with the key size, PRF, INTEG, KE; SN always).
  [[nodiscard]] bool supports(const Transform& transform) const;

  /// Runs a known-answer test of every supported algorithm; the names of those that failed.
  [[nodiscard]] std::vector<std::string> self_test();

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// True for algorithms that RFC 8247 / RFC 8221 forbid or advise against: usable only when a configuration names them.
[[nodiscard]] bool is_weak(const Transform& transform);

}  // namespace keypact::crypto
