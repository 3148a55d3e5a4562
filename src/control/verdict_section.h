// Verdicts as vici keys, and the memory of the last failure of each connection.
#pragma once

#include <map>

#include "control/host.h"
#include "vici/message.h"

namespace keypact::control {

/// The keys of vici/extensions.h.
void write_verdict(vici::Section& section, const Verdict& verdict, const std::string& connection);

class LastFailures {
 public:
  /// Names come from the configuration; the bound is for reloads that bring new ones again and again.
  static constexpr std::size_t kConnections = 4096;

  void note(const std::string& connection, Verdict verdict, Instant at);
  void clear(const std::string& connection) { failures_.erase(connection); }
  /// True when the last failure has this code.
  [[nodiscard]] bool is(const std::string& connection, std::string_view code) const;
  /// Writes nothing when there was none.
  void write(vici::Section& section, const std::string& connection, Instant now) const;

 private:
  struct Failure {
    Verdict verdict;
    Instant at;
  };
  std::map<std::string, Failure, std::less<>> failures_;
};

}  // namespace keypact::control
