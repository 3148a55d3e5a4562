#include "control/sa_sections.h"

#include <algorithm>

#include "control/algorithm_text.h"

namespace keypact::control {

namespace {

std::string seconds_between(Instant earlier, Instant later) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(later - earlier).count());
}

/// The first transform of each type: a chosen proposal has one.
void write_algorithms(vici::Section& section, const Proposal& proposal) {
  static constexpr std::string_view kAdditional[] = {"ake1", "ake2", "ake3", "ake4", "ake5", "ake6", "ake7"};
  for (const auto& transform : proposal.transforms) {
    const auto name = vici_name(transform);
    const bool is_none = transform.id == 0;
    switch (transform.type) {
      case TransformType::ENCR:
        section.key("encr-alg", name);
        if (transform.key_bits) section.key("encr-keysize", std::to_string(*transform.key_bits));
        break;
      case TransformType::INTEG:
        if (!is_none) section.key("integ-alg", name);
        if (!is_none && transform.key_bits) section.key("integ-keysize", std::to_string(*transform.key_bits));
        break;
      case TransformType::PRF: section.key("prf-alg", name); break;
      case TransformType::KE:
        if (!is_none) section.key("dh-group", name);
        break;
      case TransformType::SN:
        if (transform.id == static_cast<std::uint16_t>(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)) {
          section.key("esn", "1");
        }
        break;
      default:
        if (transform.type >= TransformType::ADDKE1 && transform.type <= TransformType::ADDKE7 && !is_none) {
          section.key(kAdditional[static_cast<int>(transform.type) - static_cast<int>(TransformType::ADDKE1)], name);
        }
    }
  }
}

void write_counters(vici::Section& section, const ipsec::ChildSaCounters& counters, Instant now) {
  section.key("bytes-in", std::to_string(counters.octets_in));
  section.key("packets-in", std::to_string(counters.packets_in));
  if (counters.last_in != Instant()) section.key("use-in", seconds_between(counters.last_in, now));
  section.key("bytes-out", std::to_string(counters.octets_out));
  section.key("packets-out", std::to_string(counters.packets_out));
  if (counters.last_out != Instant()) section.key("use-out", seconds_between(counters.last_out, now));
}

void write_lane(vici::Section& section, const Lane& lane, std::string_view direction) {
  const auto key = [&](std::string_view name) { return std::string(name) + '-' + std::string(direction); };
  if (!lane.mark.is_any()) section.key(key("mark"), to_hex(lane.mark.value));
  if (!lane.mark.is_any() && ~lane.mark.mask != 0) section.key(key("mark-mask"), to_hex(lane.mark.mask));
  if (lane.interface_id != 0) section.key(key("if-id"), to_hex(lane.interface_id));
}

std::string_view child_state(const ike::v2::ChildSa& child) {
  using Phase = ike::v2::ChildSa::Phase;
  switch (child.phase) {
    case Phase::installing: return "INSTALLING";
    case Phase::installed: return child.replaced_by ? "REKEYED" : "INSTALLED";
    case Phase::deleting: return "DELETING";
    case Phase::retired: return "DELETED";
  }
  return {};
}

std::string four_digits(Cpi cpi) {
  std::string text(4, '0');
  for (unsigned i = 0; i < 4; ++i) text[3 - i] = "0123456789abcdef"[cpi.value >> (4 * i) & 0xf];
  return text;
}

/// What is due already is due in 0 seconds.
void write_time_until(vici::Section& section, std::string_view key, std::optional<Instant> instant, Instant now) {
  if (instant) section.key(key, seconds_between(now, std::max(*instant, now)));
}

template <class Value>
vici::Section::List texts(const std::vector<Value>& values) {
  vici::Section::List list;
  for (const auto& value : values) list.push_back(value.to_string());
  return list;
}

}  // namespace

void write_ike_sa(vici::Section& section, const IkeFacts& facts, Instant now) {
  const auto& record = facts.record;
  section.key("uniqueid", std::to_string(facts.id.value)).key("version", "2").key("state", facts.state);
  section.key("local-host", record.local.address.to_string()).key("local-port", std::to_string(record.local.port));
  section.key("local-id", facts.local_id.empty() ? "%any" : facts.local_id);
  section.key("remote-host", record.remote.address.to_string()).key("remote-port", std::to_string(record.remote.port));
  section.key("remote-id", facts.peer_id.empty() ? "%any" : facts.peer_id);
  if (record.ppk) section.key("ppk", "yes");
  if (!facts.peer_eap_id.empty()) section.key("remote-eap-id", facts.peer_eap_id);
  if (record.initiator) section.key("initiator", "yes");
  section.key("initiator-spi", to_string(record.initiator_spi)).key("responder-spi", to_string(record.responder_spi));
  if (record.nat.local_behind_nat) section.key("nat-local", "yes");
  if (record.nat.peer_behind_nat) section.key("nat-remote", "yes");
  if (record.nat.any()) section.key("nat-any", "yes");
  // Before the key exchange a proposal still holds alternatives.
  if (facts.proposal.of_type(TransformType::PRF).size() == 1) write_algorithms(section, facts.proposal);
  if (!facts.established) return;
  section.key("established", seconds_between(*facts.established, now));
  if (facts.state != "ESTABLISHED") return;
  write_time_until(section, "rekey-time", facts.lifetime.rekey, now);
  write_time_until(section, "reauth-time", facts.lifetime.reauthenticate, now);
  if (!record.inner.local.empty()) section.list("local-vips", texts(record.inner.local));
  if (!record.inner.remote.empty()) section.list("remote-vips", texts(record.inner.remote));
}

void write_child_sa(vici::Section& section, const ike::v2::ChildSa& child, PolicyId policy,
                    const std::optional<ipsec::ChildSaCounters>& counters, Instant now) {
  section.key("name", child.name).key("uniqueid", std::to_string(child.id.value));
  section.key("reqid", std::to_string(policy.value)).key("state", child_state(child));
  section.key("mode", vici_name(child.mode)).key("protocol", child.proposal.protocol == ProtocolId::AH ? "AH" : "ESP");
  if (child.udp_encapsulation) section.key("encap", "yes");
  write_lane(section, child.placement.in, "in");
  write_lane(section, child.placement.out, "out");
  section.key("spi-in", to_string(child.inbound_spi)).key("spi-out", to_string(child.outbound_spi));
  if (child.compression)
    section.key("cpi-in", four_digits(child.compression->inbound))
        .key("cpi-out", four_digits(child.compression->outbound));
  write_algorithms(section, child.proposal);
  if (counters && counters->offload) section.key("hw-offload", to_string(*counters->offload));
  write_counters(section, counters.value_or(ipsec::ChildSaCounters()), now);
  write_time_until(section, "rekey-time", child.lifetime.rekey, now);
  write_time_until(section, "life-time", child.lifetime.expires, now);
  section.key("install-time", seconds_between(child.created, now));
  section.list("local-ts", texts(child.local)).list("remote-ts", texts(child.remote));
}

std::string child_section_name(const ike::v2::ChildSa& child) {
  return child.name + "-" + std::to_string(child.id.value);
}

std::string ike_section_name(const IkeFacts& facts) {
  return facts.connection.empty() ? "(unnamed)" : facts.connection;
}

}  // namespace keypact::control
