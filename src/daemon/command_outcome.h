// What programs that we ran print, and how they failed, told to people.
#pragma once

#include <functional>

#include "io/command.h"

namespace keypact::daemon {

/// Hears one sentence at a time.
using Note = std::function<void(const std::string&)>;

/// `name`: of the program, and what it was to do.
void tell_outcome(const std::string& name, const io::CommandOutcome& outcome, const Note& note);

}  // namespace keypact::daemon
