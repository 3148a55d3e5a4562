// BrokenInvariant: the first thing that should never be so in a simulated world, in words. Empty while all is well.
#pragma once

#include <string>

namespace keypact::sim {

class BrokenInvariant {
 public:
  /// Remembers the first one only: what follows is often its consequence.
  void report(unsigned number, const std::string& who, const std::string& what) {
    if (words_.empty()) words_ = "invariant " + std::to_string(number) + ", " + who + ": " + what;
  }
  [[nodiscard]] bool is_broken() const { return !words_.empty(); }
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  std::string words_;
};

}  // namespace keypact::sim
