// What an established IKE SA does in its own time: retransmission, liveness, lifetimes, and what waits for another attempt.
// RFC 7296 §2.4, §2.8.
#include <algorithm>

#include "ike/v2/established_sa.h"
#include "ike/v2/transmission.h"

namespace keypact::ike::v2 {
namespace {

/// Longer than an attempt takes to be given up.
constexpr Duration kReauthenticationAttempt = minutes(5);

void take_earlier(std::optional<Instant>& first, std::optional<Instant> other) {
  if (other && (!first || *other < *first)) first = other;
}

}  // namespace

std::optional<Instant> EstablishedSa::deadline() const {
  if (ended_) return std::nullopt;
  auto first = requests_.deadline();
  take_earlier(first, parts_.channel.deadline());
  for (const auto& [id, child] : children_) {
    take_earlier(first, child.leaves_at);
    if (child.phase != ChildSa::Phase::installed) continue;
    take_earlier(first, child.lifetime.next());
    take_earlier(first, child.idle_at);
  }
  take_earlier(first, leaves_at_);
  if (standing_ != Standing::superseded) take_earlier(first, lifetime_.next());
  for (const auto& queued : queue_) take_earlier(first, queued.not_before);
  for (const auto& awaited : awaited_) take_earlier(first, awaited.until);
  if (!requests_.is_free() || !std::holds_alternative<std::monostate>(exchange_)) return first;
  const auto delay = parts_.connection->dpd_delay;
  if (delay > Duration{} && queue_.empty() && standing_ == Standing::current) take_earlier(first, last_heard_ + delay);
  return first;
}

void EstablishedSa::on_deadline(Context& context, const IkeSaRecord& record) {
  if (ended_) return;
  parts_.channel.on_deadline(context);
  if (const auto deadline = requests_.deadline(); deadline && context.now >= *deadline) {
    doubt_path(context, record);
    if (!retransmit(context, record, paths_of_retransmission(context, record), parts_.channel, requests_))
      return on_give_up(context, record);
  }
  for (auto& queued : queue_)
    if (queued.not_before && context.now >= *queued.not_before) queued.not_before.reset();
  forget_awaited_if(context, [&](const auto& awaited) { return context.now >= awaited.until; });
  check_lifetimes(context, record);
  if (ended_) return;
  const auto delay = parts_.connection->dpd_delay;
  // RFC 7296 §2.4: liveness is asked for only when nothing else would show it.
  if (delay > Duration{} && context.now >= last_heard_ + delay && requests_.is_free() && queue_.empty() &&
      standing_ == Standing::current)
    submit(context, record, LivenessRequest{});
  after_event(context, record);
}

void EstablishedSa::check_lifetimes(Context& context, const IkeSaRecord& record) {
  std::vector<ChildSaId> due;
  for (const auto& [id, child] : children_) due.push_back(id);
  for (const auto id : due)
    if (const auto found = children_.find(id); found != children_.end()) check_lifetime(context, record, found->second);
  const auto passed = [&](std::optional<Instant>& instant) {
    if (!instant || context.now < *instant) return false;
    instant.reset();
    return true;
  };
  if (passed(leaves_at_)) {
    if (came_to_nothing()) {
      Refusal reason;
      reason.code = RefusalCode::terminated;
      return end(context, record, std::move(reason));
    }
    submit(context, record, DeleteIkeRequest{});
  }
  if (standing_ == Standing::superseded) return;
  if (passed(lifetime_.rekey)) submit(context, record, RekeyIkeRequest{});
  if (passed(lifetime_.reauthenticate)) {
    context.reauthentications.push_back(record.id);
    // Should it come to nothing, it is tried again.
    lifetime_.reauthenticate = context.now + kReauthenticationAttempt;
  }
  if (passed(lifetime_.expires)) submit(context, record, DeleteIkeRequest{});
}

/// RFC 7296 §2.2: the IKE SA is rekeyed before the message IDs of either end are used up.
void EstablishedSa::save_message_ids(Context& context, const IkeSaRecord& record) {
  const auto most = std::max<std::uint64_t>(requests_.next_id(), responses_.expected_id());
  if (saves_message_ids_ || most < context.options.message_ids || standing_ != Standing::current) return;
  saves_message_ids_ = true;
  submit(context, record, RekeyIkeRequest{});
}

/// The peer may not have it: when the old IKE SA is gone, so is the way to send our response again. A Delete would be repeated to
/// nobody.
bool EstablishedSa::came_to_nothing() const { return gave_way_ && responses_.expected_id() == 0; }

void EstablishedSa::check_lifetime(Context& context, const IkeSaRecord& record, ChildSa& child) {
  const auto id = child.id;
  if (child.leaves_at && context.now >= *child.leaves_at) {
    child.leaves_at.reset();
    if (child.phase == ChildSa::Phase::installed) return submit(context, record, DeleteChildRequest{id, {}});
    Refusal reason;
    reason.code = RefusalCode::terminated;
    return remove(context, record, id, reason);
  }
  if (child.phase != ChildSa::Phase::installed) return;
  check_idleness(context, child);
  if (child.lifetime.rekey && context.now >= *child.lifetime.rekey) {
    child.lifetime.rekey.reset();
    submit(context, record, RekeyChildRequest{id, {}});
  }
  if (child.lifetime.expires && context.now >= *child.lifetime.expires) {
    child.lifetime.expires.reset();
    let_expire(context, record, id);
  }
}

/// The SA may carry nothing any more; what it protected still has to get through.
void EstablishedSa::let_expire(Context& context, const IkeSaRecord& record, ChildSaId id) {
  const auto found = children_.find(id);
  if (found == children_.end() || found->second.phase != ChildSa::Phase::installed) return;
  const auto name = found->second.name;
  const bool was_current = found->second.is_current();
  submit(context, record, DeleteChildRequest{id, {}});
  if (was_current) submit(context, record, CreateChildRequest{name, {}});
}

void EstablishedSa::submit(Context& context, const IkeSaRecord& record, LocalRequest request) {
  if (queue_.size() >= limits::kQueuedLocalRequests) {
    Refusal refusal;
    refusal.code = RefusalCode::limit_reached;
    refusal.detail = "too many requests wait for this IKE SA";
    if (const auto waiter = waiter_of(request)) context.emit(RequestDone{waiter, record.id, {}, std::move(refusal)});
    return;
  }
  // Whoever wants the IKE SA gone wants nothing else of it first.
  const bool first = std::holds_alternative<DeleteIkeRequest>(request);
  queue_.insert(first ? queue_.begin() : queue_.end(), QueuedRequest{std::move(request), 0, std::nullopt});
  start_next_exchange(context, record);
}

/// To be tried again later: both ends would meet again if they did so at once.
void EstablishedSa::postpone(Context& context, LocalRequest request, unsigned failures) {
  const auto delay = retry_delay(context.random, failures);
  queue_.push_back({std::move(request), failures + 1, context.now + delay});
}

}  // namespace keypact::ike::v2
