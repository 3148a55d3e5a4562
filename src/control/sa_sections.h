// SAs as sections of vici messages, with the keys and words of charon that clients compare.
#pragma once

#include "control/sa_facts.h"
#include "vici/message.h"

namespace keypact::control {

/// Everything about the IKE SA except child-sas.
void write_ike_sa(vici::Section& section, const IkeFacts& facts, Instant now);

/// `counters` may be missing; `policy` is the entry of the SPD that the SA serves, 0 when there is none.
void write_child_sa(vici::Section& section, const ike::v2::ChildSa& child, PolicyId policy,
                    const std::optional<ipsec::ChildSaCounters>& counters, Instant now);

/// The name of a child's section within child-sas: "net-7".
[[nodiscard]] std::string child_section_name(const ike::v2::ChildSa& child);
/// The name of an IKE SA's section: its connection, or charon's word where that is not known yet.
[[nodiscard]] std::string ike_section_name(const IkeFacts& facts);

}  // namespace keypact::control
