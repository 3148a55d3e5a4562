// The log of keypactd: the engine's events as lines on stderr, at most so many a second of each kind (row C15).
#pragma once

#include <string>

#include "daemon/log_budget.h"
#include "ike/core/event.h"

namespace keypact::daemon {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

class Log {
 public:
  explicit Log(const std::string& level);

  void write(LogLevel level, const std::string& line);
  void event(const ike::Event& event);
  [[nodiscard]] std::uint64_t left_out() const { return budget_.left_out(); }
  /// True when MessageTraced events would be logged.
  [[nodiscard]] bool wants_messages() const { return level_ == LogLevel::debug; }

 private:
  /// False when lines of this kind came too fast; says once how many were left out.
  [[nodiscard]] bool admits(std::size_t kind);

  LogLevel level_;
  LogBudget budget_;
};

}  // namespace keypact::daemon
