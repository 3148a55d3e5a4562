#include "daemon/kernel_policy_hash.h"

namespace keypact::daemon {

using Change = xfrm::PolicyTable::Change;

KernelPolicyHash::KernelPolicyHash(io::XfrmSocket& socket) : socket_(socket) {}

void KernelPolicyHash::ask(const xfrm::Message& message,
                           const std::function<void(const xfrm::MessageView&)>& on_message) {
  const std::array requests = {message.octets()};
  (void)socket_.run(requests, [&](OctetView octets) {
    while (const auto view = xfrm::MessageView::take(octets))
      if (on_message) on_message(*view);
  });
}

KernelPolicyHash::~KernelPolicyHash() {
  for (const auto& [family, hash, before, set] : families_)
    if (before) ask(xfrm::set_hashed_bits(family, *before));
}

void KernelPolicyHash::prepare_for(const std::vector<Change>& changes) {
  for (auto& [family, hash, before, set] : families_) {
    for (const auto& change : changes) {
      if (change.kind == Change::Kind::add) hash.add(change.key);
      if (change.kind == Change::Kind::remove) hash.remove(change.key);
    }
    const auto best = hash.best();
    if (!best || best == set) continue;
    if (!before)
      ask(xfrm::get_hashed_bits(), [&](const xfrm::MessageView& message) {
        if (const auto bits = xfrm::read_hashed_bits(message, family)) before = *bits;
      });
    set = best;
    ask(xfrm::set_hashed_bits(family, *best));
  }
}

}  // namespace keypact::daemon
