#include "ike/core/reassembly.h"

#include <algorithm>

#include "base/check.h"

namespace keypact::ike {

Reassembly::Fragment Reassembly::describe(const wire::Message& message) {
  const auto& part = *message.encrypted;
  return {message.header.exchange, message.header.message_id, part.fragment_number, part.total_fragments,
          part.first_inner};
}

Reassembly::Verdict Reassembly::judge(const Fragment& fragment) const {
  if (fragment.number == 0 || fragment.number > fragment.total) return Verdict::useless;
  if (fragment.total > limits::kFragments) return Verdict::too_many;
  if (!set_ || set_->message_id != fragment.message_id) return Verdict::wanted;
  if (set_->exchange != fragment.exchange) return Verdict::useless;
  // RFC 7383 §2.6: a smaller total is of an older set; a larger one begins anew; a number that is here already is a replay.
  if (fragment.total != set_->total) return fragment.total > set_->total ? Verdict::wanted : Verdict::useless;
  return set_->present.test(fragment.number - 1u) ? Verdict::useless : Verdict::wanted;
}

Reassembly::Added Reassembly::add(const Fragment& fragment, OctetView text, OctetView datagram, Instant now,
                                  std::size_t most_octets) {
  CHECK(judge(fragment) == Verdict::wanted);
  if (!set_ || set_->message_id != fragment.message_id || set_->total != fragment.total) {
    set_ = std::make_unique<Set>();
    set_->exchange = fragment.exchange;
    set_->message_id = fragment.message_id;
    set_->total = fragment.total;
    set_->texts.resize(fragment.total);
  }
  // RFC 7383 §5: nobody fills our memory with fragments.
  if (text.size() > most_octets - std::min(most_octets, set_->octets)) {
    set_.reset();
    return Added::too_large;
  }
  const auto place = fragment.number - 1u;
  set_->present.set(place);
  set_->texts[place] = to_octets(text);
  set_->octets += text.size();
  set_->largest_datagram = std::max(set_->largest_datagram, datagram.size());
  set_->last_added = now;
  if (fragment.number == 1) {
    set_->first = fragment.first;
    set_->first_datagram = to_octets(datagram);
  }
  return set_->present.count() == set_->total ? Added::complete : Added::incomplete;
}

Reassembly::Whole Reassembly::take() {
  CHECK(set_ && set_->present.count() == set_->total);
  Whole whole{set_->first, {}, std::move(set_->first_datagram), set_->largest_datagram};
  whole.text.reserve(set_->octets);
  for (const auto& text : set_->texts) whole.text.insert(whole.text.end(), text.begin(), text.end());
  set_.reset();
  return whole;
}

std::optional<Instant> Reassembly::deadline() const {
  if (!set_) return std::nullopt;
  return set_->last_added + limits::kReassemblyLife;
}

bool Reassembly::expire(Instant now) {
  if (!set_ || now < set_->last_added + limits::kReassemblyLife) return false;
  set_.reset();
  return true;
}

bool Reassembly::has_full_fragment(std::uint32_t message_id) const {
  if (!set_ || set_->message_id != message_id) return false;
  // The last fragment is shorter than the others.
  const bool last_is_here = set_->present.test(set_->total - 1u);
  return set_->present.count() > (last_is_here ? 1u : 0u);
}

}  // namespace keypact::ike
