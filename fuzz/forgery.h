// Forgery: messages of a peer that has the keys and keeps to nothing: made of a program's octets, or an honest message with changes.
#pragma once

#include "fuzz/engine_pair.h"
#include "fuzz/script.h"

namespace keypact::fuzz {

/// A message of the peer in this IKE SA of ours, protected where there are keys.
void forge(EnginePair& pair, const ike::v2::IkeSa& sa, Script& script);
/// A message that is on its way to ours arrives changed: its payloads where it can be opened, else its octets.
void arrive_changed(EnginePair& pair, Flying flying, Script& script);

}  // namespace keypact::fuzz
