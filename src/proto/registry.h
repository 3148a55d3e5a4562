// KEYPACT_REGISTRY: makes of one table X(NAME, number) of an IANA registry its enumeration, its names and its membership test.
// A number that is not registered is still a valid value of the enumeration: it came from the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#define KEYPACT_REGISTRY_ENUMERATOR(name, number) name = number,
#define KEYPACT_REGISTRY_CASE(name, number) \
  case Registered::name: return #name;

/// Defines `enum class Type : Integer`, `registered_name(Type)` (empty when not registered) and `to_string(Type)` (the name, or
/// "Type(number)").
#define KEYPACT_REGISTRY(Type, Integer, TABLE)                             \
  enum class Type : Integer { TABLE(KEYPACT_REGISTRY_ENUMERATOR) };        \
  [[nodiscard]] constexpr std::string_view registered_name(Type value) {   \
    using Registered = Type;                                               \
    switch (value) { TABLE(KEYPACT_REGISTRY_CASE) }                        \
    return {};                                                             \
  }                                                                        \
  [[nodiscard]] inline std::string to_string(Type value) {                 \
    const auto name = registered_name(value);                              \
    if (!name.empty()) return std::string(name);                           \
    return #Type "(" + std::to_string(static_cast<unsigned>(value)) + ")"; \
  }
