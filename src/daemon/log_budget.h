// LogBudget: how many lines of one kind may come in a second, and how many were left out. Row C15.
#pragma once

#include <cstdint>
#include <map>

#include "base/instant.h"

namespace keypact::daemon {

class LogBudget {
 public:
  static constexpr unsigned kLinesPerSecond = 10;

  struct Verdict {
    bool admitted = false;
    std::uint64_t left_out_before = 0;  ///< to be told now: lines of this kind that were left out and not yet told
  };
  [[nodiscard]] Verdict judge(std::size_t kind, Instant now);
  /// Of all kinds, since the start.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  struct Window {
    Instant began;
    unsigned lines = 0;
    std::uint64_t left_out = 0;
  };
  std::map<std::size_t, Window> windows_;
  std::uint64_t left_out_ = 0;
};

}  // namespace keypact::daemon
