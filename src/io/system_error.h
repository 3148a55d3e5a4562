// What a failed system call means for a person: the one place that turns errno into why and what to do.
#pragma once

#include <string>

#include "base/result.h"

namespace keypact::io {

/// `what` failed with errno `code`. An empty `remedy` is replaced by the usual one for that code, if there is one
/// (EPERM: run as root or with CAP_NET_ADMIN; EMFILE: raise the limit of open files ...).
[[nodiscard]] Error system_error(std::string what, int code, std::string remedy = {});

/// The system's words for errno `code` ("no such file or directory").
[[nodiscard]] std::string system_reason(int code);

}  // namespace keypact::io
