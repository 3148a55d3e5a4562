// What happens in a simulated world, in words: one line for an event or a request.
#pragma once

#include "ike/core/event.h"
#include "ike/engine/control_request.h"
#include "ipsec/stack.h"

namespace keypact::sim {

/// Empty for what is told elsewhere or not at all.
[[nodiscard]] std::string in_words(const ike::Event& event);
[[nodiscard]] std::string in_words(const ike::ControlRequest& request);
[[nodiscard]] std::string in_words(const ipsec::StackEvent& event);

}  // namespace keypact::sim
