#include "sim/event_invariants.h"

namespace keypact::sim {

void EventInvariants::check(const Step& step, BrokenInvariant& broken) {
  const auto& node = *step.node;
  if (step.cause == Step::Cause::restart) {
    open_.erase(&node);
    up_.erase(&node);
    established_.erase(&node);
  }
  for (auto i = step.first_event; i < node.events.size(); ++i) check(node, node.events[i], broken);
}

void EventInvariants::check(const Node& node, const ike::Event& event, BrokenInvariant& broken) {
  const auto expect = [&](bool sound, const char* what, std::uint64_t id) {
    if (!sound) broken.report(11, node.name, what + (' ' + std::to_string(id)));
  };
  if (const auto* done = std::get_if<ike::RequestDone>(&event))
    expect(open_[&node].erase(done->request) == 1, "a second outcome of request", done->request.value);
  if (const auto* up = std::get_if<ike::ChildSaUp>(&event))
    expect(up_[&node].insert(up->child_sa).second, "up a second time: Child SA", up->child_sa.value);
  if (const auto* down = std::get_if<ike::ChildSaDown>(&event))
    expect(up_[&node].erase(down->child_sa) == 1, "down without having been up: Child SA", down->child_sa.value);
  if (const auto* established = std::get_if<ike::IkeSaEstablished>(&event))
    expect(established_[&node].insert(established->ike_sa).second, "established twice: IKE SA",
           established->ike_sa.value);
  if (const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&event)) {
    expect(up_[&node].erase(rekeyed->old) == 1, "replaced without having been up: Child SA", rekeyed->old.value);
    expect(up_[&node].insert(rekeyed->fresh).second, "up a second time: Child SA", rekeyed->fresh.value);
  }
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&event)) {
    expect(established_[&node].erase(rekeyed->old) == 1, "goes on without having been established: IKE SA",
           rekeyed->old.value);
    expect(established_[&node].insert(rekeyed->fresh).second, "established twice: IKE SA", rekeyed->fresh.value);
  }
  if (const auto* closed = std::get_if<ike::IkeSaClosed>(&event))
    expect((established_[&node].erase(closed->ike_sa) == 1) == closed->was_established,
           "closed otherwise than it was established: IKE SA", closed->ike_sa.value);
}

void EventInvariants::check_all_answered(BrokenInvariant& broken) const {
  for (const auto& [node, requests] : open_)
    for (const auto& [request, asked] : requests)
      broken.report(11, node->name, "no outcome of request " + std::to_string(request.value));
}

}  // namespace keypact::sim
