// Id<Tag>: a number that names one kind of object and cannot be confused with another kind. 0 names nothing.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace keypact {

template <class Tag>
struct Id {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Id&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
};

using IkeSaId = Id<struct IkeSaTag>;
using ChildSaId = Id<struct ChildSaTag>;
using PolicyId = Id<struct PolicyTag>;
using JobId = Id<struct JobTag>;
/// A request that came in through the control interface and waits for its outcome.
using ControlId = Id<struct ControlTag>;

}  // namespace keypact

template <class Tag>
struct std::hash<keypact::Id<Tag>> {
  std::size_t operator()(keypact::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
