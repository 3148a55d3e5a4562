// keypact, the tool.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "cli/run.h"

int main(int argc, char** argv) {
  using namespace keypact::cli;
  std::signal(SIGPIPE, SIG_DFL);  // `keypact status | head` ends quietly
  const auto style = style_of_terminal(STDOUT_FILENO);
  const auto error_style = style_of_terminal(STDERR_FILENO);
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(run(arguments, KEYPACT_VERSION, Console{std::cout, std::cerr, style, error_style}));
  } catch (const std::exception& error) {  // memory that ran out, nothing else throws up to here
    std::cerr << "keypact: " << error.what() << '\n';
    return static_cast<int>(ExitCode::failed);
  }
}
