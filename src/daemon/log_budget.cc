#include "daemon/log_budget.h"

namespace keypact::daemon {

LogBudget::Verdict LogBudget::judge(std::size_t kind, Instant now) {
  auto& window = windows_[kind];
  Verdict verdict;
  if (now - window.began >= seconds(1)) {
    verdict.left_out_before = window.left_out;
    // The line that tells of them counts, too.
    window = {now, window.left_out > 0 ? 1U : 0U, 0};
  }
  verdict.admitted = ++window.lines <= kLinesPerSecond;
  if (!verdict.admitted) ++window.left_out, ++left_out_;
  return verdict;
}

}  // namespace keypact::daemon
