#include "jobs/shared_knowledge.h"

namespace keypact::jobs {

std::shared_ptr<const SharedKnowledge::Knowledge> SharedKnowledge::look() const {
  const std::scoped_lock lock(mutex_);
  return knowledge_;
}

void SharedKnowledge::learn(pki::Learned learned, std::int64_t now) {
  if (learned.lists.empty() && learned.statuses.empty() && learned.failures.empty() && learned.own_responses.empty())
    return;
  const std::scoped_lock lock(mutex_);
  auto more = std::make_shared<Knowledge>(*knowledge_);
  more->learn(std::move(learned), now);
  knowledge_ = std::move(more);
}

void SharedKnowledge::forget_all() {
  const std::scoped_lock lock(mutex_);
  knowledge_ = std::make_shared<const Knowledge>();
}

}  // namespace keypact::jobs
