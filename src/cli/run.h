// run: the whole tool behind main(): arguments in, exit code out.
#pragma once

#include "cli/console.h"
#include "cli/outcome.h"
#include "cli/verbs.h"

namespace keypact::cli {

/// What the arguments (without the program's name) ask for; an exit code when there is nothing left to do (--help, usage errors).
[[nodiscard]] Result<Options, ExitCode> parse_arguments(const std::vector<std::string>& arguments,
                                                        std::string_view version, const Console& console);

[[nodiscard]] ExitCode run(const std::vector<std::string>& arguments, std::string_view version, Console console);

}  // namespace keypact::cli
