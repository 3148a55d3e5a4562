// Secret: octets that must not leak. Move-only, zeroed on destruction and on move, no ==, no formatting; reveal() is the one
// greppable way in. SecretOf<Tag> gives each key of the RFCs its own type.
#pragma once

#include <memory>

#include "base/octets.h"

namespace keypact {

class Secret {
 public:
  Secret() = default;
  /// A zeroed secret of `size` octets, to be filled through reveal_mutable().
  explicit Secret(std::size_t size);
  static Secret copy_of(OctetView octets);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] OctetView reveal() const { return {octets_.get(), size_}; }
  [[nodiscard]] MutableOctets reveal_mutable() { return {octets_.get(), size_}; }
  /// An explicit copy, for the few places where a key is really needed twice.
  [[nodiscard]] Secret clone() const { return copy_of(reveal()); }
  void wipe() noexcept;

 private:
  std::unique_ptr<std::uint8_t[]> octets_;
  std::size_t size_ = 0;
};

/// Equality in time that depends on the lengths only.
[[nodiscard]] bool secret_equal(OctetView a, OctetView b);

/// Overwrites with zeros in a way that the compiler keeps.
void wipe_octets(MutableOctets octets) noexcept;

template <class Tag>
struct SecretOf : Secret {
  SecretOf() = default;
  explicit SecretOf(Secret&& secret) : Secret(std::move(secret)) {}
};

}  // namespace keypact
