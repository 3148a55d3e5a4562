// A Selector as the kernel has it in its policies and SAs, and back. For the .cc files of xfrm only.
#pragma once

#include "xfrm/kernel_values.h"
#include "xfrm/selector.h"

namespace keypact::xfrm {

[[nodiscard]] xfrm_selector to_kernel(const Selector& selector);
[[nodiscard]] Selector selector_from(const xfrm_selector& selector);

}  // namespace keypact::xfrm
