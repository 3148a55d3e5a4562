// Library: the cryptographic algorithms, fetched once from OpenSSL, with the scratch contexts of one thread. Every operation
// of this folder takes it; one per engine or worker thread, never shared between threads. Scratch contexts are keyed anew for
// each operation and hold the keys of the last one until then.
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

  /// True when this transform can be computed here: ENCR with a key length that it has (and none where it has a fixed one), PRF,
  /// INTEG, KE and ADDKE, both values of SN. NONE is true: whether it may be negotiated is not decided here. Groups 1, 22, 23
  /// and 24 are refused for good (RFC 8247 §2.4).
  [[nodiscard]] bool supports(const Transform& transform) const;

  /// Runs a known-answer test of every supported algorithm (some 25 ms); the names of those that failed. To be run at start: a
  /// failure means that this OpenSSL must not be used.
  [[nodiscard]] std::vector<std::string> self_test();

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// True for algorithms that RFC 8247 / RFC 8221 forbid or advise against: usable only when a configuration names them. SHA-1 in
/// HMAC is not weak: RFC 8247 §2.2 and §2.3 say MUST-.
[[nodiscard]] bool is_weak(const Transform& transform);

}  // namespace keypact::crypto
