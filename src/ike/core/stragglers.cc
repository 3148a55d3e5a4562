#include "ike/core/stragglers.h"

#include <algorithm>

namespace keypact::ike {

std::optional<Straggler> Stragglers::take_due(Instant now) {
  if (kept_.empty() || now < kept_.front().until) return std::nullopt;
  auto straggler = std::move(kept_.front().straggler);
  kept_.pop_front();
  return straggler;
}

std::vector<Straggler> Stragglers::take_all_of(const PolicyBook::Name& policy) {
  std::vector<Straggler> taken;
  std::erase_if(kept_, [&](Kept& kept) {
    if (kept.straggler.policy != policy) return false;
    taken.push_back(std::move(kept.straggler));
    return true;
  });
  return taken;
}

std::optional<Instant> Stragglers::next() const {
  return kept_.empty() ? std::nullopt : std::optional(kept_.front().until);
}

bool Stragglers::contains(ChildSaId id) const {
  return std::ranges::any_of(kept_, [id](const Kept& kept) { return kept.straggler.id == id; });
}

}  // namespace keypact::ike
