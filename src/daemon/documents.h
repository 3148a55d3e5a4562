// Documents: what verifications want of elsewhere about revocation, and what was learned by that: one for all engines and threads.
#pragma once

#include "fetch/fetcher.h"
#include "jobs/shared_knowledge.h"

namespace keypact::daemon {

class Documents {
 public:
  /// A time of 0: nothing is fetched.
  /// `note` hears of each that could not be fetched, in another thread.
  Documents(fetch::Limits limits, std::function<void(std::string)> note)
      : fetches_(limits.time > Duration::zero()), note_(std::move(note)), fetcher_(std::move(limits)) {}
  [[nodiscard]] bool fetches() const { return fetches_; }

  /// From any thread. `answer` is called once, in another thread, never from inside this call.
  void fetch(const pki::DocumentRequest& request, std::move_only_function<void(const pki::Document&)> answer);
  [[nodiscard]] jobs::SharedKnowledge& knowledge() { return knowledge_; }

 private:
  jobs::SharedKnowledge knowledge_;
  bool fetches_;
  std::function<void(std::string)> note_;
  fetch::Fetcher fetcher_;
};

}  // namespace keypact::daemon
