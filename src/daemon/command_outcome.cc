#include "daemon/command_outcome.h"

#include <algorithm>

#include "config/source_files.h"

namespace keypact::daemon {
namespace {

constexpr std::size_t kNotedOctets = 200;

}  // namespace

void tell_outcome(const std::string& name, const io::CommandOutcome& outcome, const Note& note) {
  std::string_view rest = outcome.output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (end > 0) note(name + " prints: " + config::printable(rest.substr(0, end), kNotedOctets));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (outcome.timed_out) note(name + " took too long and was killed");
  else if (outcome.status != 0) note(name + " failed with status " + std::to_string(outcome.status));
}

}  // namespace keypact::daemon
