// The named states of an IKE SA (ike/v2/ike_sa.h, local_exchange.h), and how the engine under test comes into each of them.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "fuzz/engine_pair.h"

namespace keypact::fuzz {

struct NamedState {
  std::string_view name;
  /// Some states exist only with some agreements.
  void (*adapt)(Shape& shape);
  /// Everything that must have happened before; what follows happens step by step, until the state holds.
  void (*prepare)(EnginePair& pair);
  bool (*holds)(const ike::v2::IkeSa& sa);
};

[[nodiscard]] std::span<const NamedState> named_states();

/// A pair whose first engine holds an IKE SA in this state, and has just come to it; nullptr: with this shape it does not get there.
[[nodiscard]] std::unique_ptr<EnginePair> begin_in(const NamedState& state, Shape shape);

/// The IKE SA of ours that is in this state; nullptr: none.
[[nodiscard]] const ike::v2::IkeSa* in_state(EnginePair& pair, const NamedState& state);

}  // namespace keypact::fuzz
