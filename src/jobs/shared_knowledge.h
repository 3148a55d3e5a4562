// SharedKnowledge: what was learned about revocation, one for all engines and threads.
#pragma once

#include <memory>
#include <mutex>

#include "pki/revocation_inquiry.h"

namespace keypact::jobs {

class SharedKnowledge {
 public:
  using Knowledge = pki::RevocationKnowledge;

  /// As it is now: it does not change. Never nullptr.
  [[nodiscard]] std::shared_ptr<const Knowledge> look() const;
  void learn(pki::Learned learned, std::int64_t now);
  void forget_all();

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Knowledge> knowledge_ = std::make_shared<const Knowledge>();
};

}  // namespace keypact::jobs
