// For the tests of this folder: published vectors as JSON, and a random source that gives them back as private values.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/random_source.h"
#include "crypto/key_exchange_algorithm.h"

namespace keypact::crypto {

inline nlohmann::json read_vectors(const std::string& below_tests_data) {
  const std::string path = KEYPACT_SOURCE_DIR "/tests/data/" + below_tests_data;
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return nlohmann::json::parse(file);
}

/// The octets of a hexadecimal member; empty where it is absent.
inline Octets octets_of(const nlohmann::json& vector, const char* member) {
  const auto found = vector.find(member);
  return found == vector.end() ? Octets{} : from_hex(found->get_ref<const std::string&>()).value();
}

/// The value of a registry with this name.
template <class Enumeration>
Enumeration named(const std::string& name) {
  for (std::uint16_t value = 0; value < 64; ++value)
    if (registered_name(static_cast<Enumeration>(value)) == name) return static_cast<Enumeration>(value);
  ADD_FAILURE() << "no such name: " << name;
  return {};
}

/// Gives the octets that it was made of, once.
class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(Octets octets) : octets_(std::move(octets)) {}
  void fill(MutableOctets out) override {
    CHECK(used_ + out.size() <= octets_.size());
    std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
  }

 private:
  Octets octets_;
  std::size_t used_ = 0;
};

/// What random octets make begin_key_exchange() choose this private value of a curve or of ML-KEM: a scalar k comes from
/// k - 1, eight octets wider than the field.
inline FixedRandom random_for(KeyExchangeMethod method, Octets private_value) {
  const auto* const info = key_exchange_info(method);
  if (info->kind != KeyExchangeKind::ec) return FixedRandom(std::move(private_value));
  const std::size_t width = info->private_octets + 8;
  while (private_value.size() > width) private_value.erase(private_value.begin());
  private_value.insert(private_value.begin(), width - private_value.size(), 0);
  for (auto octet = private_value.rbegin(); octet != private_value.rend(); ++octet)
    if ((*octet)-- != 0) break;
  return FixedRandom(std::move(private_value));
}

}  // namespace keypact::crypto
