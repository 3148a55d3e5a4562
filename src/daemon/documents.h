// Documents: what verifications want of elsewhere, about revocation and keys, and what was learned by that: one for all engines and
// threads.
#pragma once

#include "dns/validating_resolver.h"
#include "fetch/fetcher.h"
#include "jobs/shared_knowledge.h"

namespace keypact::daemon {

class Documents {
 public:
  using Note = std::function<void(std::string)>;
  using Answer = std::move_only_function<void(const pki::Document&)>;

  /// A time of 0: nothing is fetched. `trust_anchors`: the file of DNSSEC's.
  /// `note` hears of each that could not be fetched by HTTP, in another thread.
  Documents(io::EventLoop& loop, fetch::Limits limits, const std::string& trust_anchors, Note note);
  [[nodiscard]] bool fetches() const { return fetches_; }

  /// From any thread. `answer` is called once, in another thread, never from inside this call.
  void fetch(const pki::DocumentRequest& request, Answer answer);
  [[nodiscard]] jobs::SharedKnowledge& knowledge() { return knowledge_; }

 private:
  void look_up(const pki::DocumentRequest& request, Answer answer);

  jobs::SharedKnowledge knowledge_;
  bool fetches_;
  Note note_;
  io::EventLoop& loop_;
  dns::ValidatingResolver resolver_;
  fetch::Fetcher fetcher_;
};

}  // namespace keypact::daemon
