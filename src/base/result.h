// Result: the value or the precise reason why there is none. Each layer names its own error type; Error is for the layers
// that only talk to people (configuration, system calls).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace keypact {

/// An error told to a person: what happened, why, and what to do about it (the last may be empty).
struct Error {
  std::string what;
  std::string why;
  std::string remedy;

  /// One sentence: "what: why. remedy".
  [[nodiscard]] std::string to_string() const;
};

template <class T, class E = Error>
using Result = std::expected<T, E>;

template <class E>
[[nodiscard]] constexpr std::unexpected<std::decay_t<E>> failure(E&& error) {
  return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace keypact

#define KEYPACT_CONCAT_INNER(a, b) a##b
#define KEYPACT_CONCAT(a, b) KEYPACT_CONCAT_INNER(a, b)

/// TRY(auto x, expression): x is the value, or the enclosing function returns the expression's error.
#define TRY(declaration, expression)                                                      \
  auto KEYPACT_CONCAT(try_result_, __LINE__) = (expression);                              \
  if (!KEYPACT_CONCAT(try_result_, __LINE__))                                             \
    return ::std::unexpected(::std::move(KEYPACT_CONCAT(try_result_, __LINE__)).error()); \
  declaration = ::std::move(*KEYPACT_CONCAT(try_result_, __LINE__))

/// TRY_VOID(expression): as TRY, for a Result<void, E>.
#define TRY_VOID(expression)                                                              \
  do {                                                                                    \
    auto try_result_void = (expression);                                                  \
    if (!try_result_void) return ::std::unexpected(::std::move(try_result_void).error()); \
  } while (false)
