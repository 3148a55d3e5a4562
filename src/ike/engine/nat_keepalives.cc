// Keepalives of the engine: who needs them, and what went out over a path. RFC 3948 §2.3, §4.
#include "ike/engine/engine.h"

namespace keypact::ike {

/// RFC 3948 §4: whoever is behind a NAT keeps its mapping alive, as long as there is an SA that needs it.
void Engine::file_path(const v2::IkeSa& sa, Instant now) {
  const auto& record = sa.record();
  const bool needed =
      sa.established() != nullptr && record.nat.local_behind_nat && record.local.port == options_.nat_port;
  keepalives_.file(record.id, needed ? std::optional(record.path()) : std::nullopt, now);
}

void Engine::send_keepalives(Context& context) {
  while (const auto silent = keepalives_.take_due(context.now)) {
    if (!silent->asked) {
      keepalives_.asked(silent->path, ask_use(context, silent->ike_sas), context.now);
      continue;
    }
    ++counters_.keepalives_sent;
    outputs_.emplace_back(Keepalive{silent->path});
    keepalives_.sent(silent->path, context.now);
  }
}

/// The number of questions.
std::size_t Engine::ask_use(Context& context, const std::vector<IkeSaId>& ike_sas) const {
  std::size_t questions = 0;
  for (const auto id : ike_sas) {
    for (const auto& [child, sa] : table_.find(id)->established()->children()) {
      if (sa.phase != v2::ChildSa::Phase::installed) continue;
      context.request(ipsec::AskUse{child});
      ++questions;
    }
  }
  return questions;
}

void Engine::note_use(Context& context, const ipsec::ChildSaUse& use, IkeSaId owner) {
  keepalives_.answered(owner, use.last_out, context.now);
  send_keepalives(context);
}

}  // namespace keypact::ike
