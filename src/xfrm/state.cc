#include "xfrm/state.h"

#include "xfrm/algorithm.h"
#include "xfrm/kernel_selector.h"

namespace keypact::xfrm {
namespace {

constexpr std::uint16_t kEspInUdp = 2;  // UDP_ENCAP_ESPINUDP
constexpr std::uint32_t kBitmapWord = 32;

std::uint64_t limit_to_kernel(std::uint64_t limit) { return limit == 0 ? XFRM_INF : limit; }
std::uint64_t limit_from_kernel(std::uint64_t limit) { return limit == XFRM_INF ? 0 : limit; }

xfrm_usersa_id id_of(const StateId& id) {
  auto result = zeroed<xfrm_usersa_id>();
  result.daddr = to_kernel(id.destination);
  result.spi = network_order(id.spi.value);
  result.family = to_kernel(id.destination.family());
  result.proto = static_cast<std::uint8_t>(id.protocol);
  return result;
}

std::uint8_t flags_of(const State& state) {
  unsigned flags = 0;
  if (!state.headers.copy_ecn) flags |= XFRM_STATE_NOECN;
  if (state.headers.copy_dscp_in) flags |= XFRM_STATE_DECAP_DSCP;
  if (!state.headers.copy_df) flags |= XFRM_STATE_NOPMTUDISC;
  // One SA carries IPv4 and IPv6, whatever its own addresses are.
  if (state.mode == Mode::tunnel) flags |= XFRM_STATE_AF_UNSPEC;
  // RFC 4302 §2.6: with IPv4 the header is a multiple of 32 bits, with IPv6 of 64, which the kernel takes for both otherwise.
  if (state.id.protocol == IpProtocol::ah && state.id.destination.is_v4()) flags |= XFRM_STATE_ALIGN4;
  if (state.esn) flags |= XFRM_STATE_ESN;
  return static_cast<std::uint8_t>(flags);
}

xfrm_usersa_info info_of(const State& state) {
  auto info = zeroed<xfrm_usersa_info>();
  info.id.daddr = to_kernel(state.id.destination);
  info.id.spi = network_order(state.id.spi.value);
  info.id.proto = static_cast<std::uint8_t>(state.id.protocol);
  info.saddr = to_kernel(state.source);
  if (state.selector) info.sel = to_kernel(*state.selector);
  info.lft.soft_byte_limit = limit_to_kernel(state.limits.soft.octets);
  info.lft.hard_byte_limit = limit_to_kernel(state.limits.hard.octets);
  info.lft.soft_packet_limit = limit_to_kernel(state.limits.soft.packets);
  info.lft.hard_packet_limit = limit_to_kernel(state.limits.hard.packets);
  info.lft.hard_add_expires_seconds = state.limits.seconds;
  info.seq = state.answers;
  info.reqid = state.reqid;
  info.family = to_kernel(state.id.destination.family());
  info.mode = to_kernel(state.mode);
  info.flags = flags_of(state);
  return info;
}

template <class Structure>
void put_key(Message& message, std::uint16_t attribute, Structure structure, const AlgorithmName& name,
             const Secret& key) {
  std::strncpy(structure.alg_name, name.name, sizeof structure.alg_name - 1);
  structure.alg_key_len = static_cast<unsigned>(key.size() * 8);
  Secret whole(sizeof structure + key.size());
  std::memcpy(whole.reveal_mutable().data(), &structure, sizeof structure);
  if (!key.empty()) std::memcpy(whole.reveal_mutable().data() + sizeof structure, key.reveal().data(), key.size());
  message.attribute(attribute, whole.reveal());
}

bool put_integrity(Message& message, const PacketKeys& keys) {
  const auto integrity = algorithm_name(keys.algorithms.integrity);
  if (!integrity) return false;
  auto truncated = zeroed<xfrm_algo_auth>();
  truncated.alg_trunc_len = integrity->icv_bits;
  put_key(message, XFRMA_ALG_AUTH_TRUNC, truncated, *integrity, keys.integrity);
  return true;
}

bool put_keys(Message& message, IpProtocol protocol, const PacketKeys& keys) {
  if (protocol == IpProtocol::ah) return put_integrity(message, keys);
  if (protocol == IpProtocol::comp) {
    put_key(message, XFRMA_ALG_COMP, zeroed<xfrm_algo>(), {"deflate", 0}, Secret());
    return true;
  }
  const auto cipher = algorithm_name(keys.algorithms.encryption);
  if (!cipher) return false;
  if (cipher->icv_bits != 0) {
    auto aead = zeroed<xfrm_algo_aead>();
    aead.alg_icv_len = cipher->icv_bits;
    put_key(message, XFRMA_ALG_AEAD, aead, *cipher, keys.encryption);
    return keys.algorithms.integrity == IntegrityId::NONE;
  }
  put_key(message, XFRMA_ALG_CRYPT, zeroed<xfrm_algo>(), *cipher, keys.encryption);
  return put_integrity(message, keys);
}

void put_replay(Message& message, const State& state) {
  if (state.id.protocol == IpProtocol::comp) return;
  if (state.replay_window == 0 && !state.esn) {
    if (state.sent == 0 && state.received == 0) return;
    auto plain = zeroed<xfrm_replay_state>();
    plain.oseq = static_cast<std::uint32_t>(state.sent);
    plain.seq = static_cast<std::uint32_t>(state.received);
    message.structure(XFRMA_REPLAY_VAL, plain);
    return;
  }
  auto replay = zeroed<xfrm_replay_state_esn>();
  replay.replay_window = state.replay_window;
  replay.bmp_len = (state.replay_window + kBitmapWord - 1) / kBitmapWord;
  replay.oseq = static_cast<std::uint32_t>(state.sent);
  replay.oseq_hi = static_cast<std::uint32_t>(state.sent >> 32);
  replay.seq = static_cast<std::uint32_t>(state.received);
  replay.seq_hi = static_cast<std::uint32_t>(state.received >> 32);
  Octets whole = to_octets(octets_of(replay));
  // Nobody knows which of the numbers below the highest one came.
  whole.resize(whole.size() + replay.bmp_len * sizeof(std::uint32_t), state.received == 0 ? 0x00 : 0xff);
  message.attribute(XFRMA_REPLAY_ESN_VAL, whole);
}

void put_udp(Message& message, const State& state) {
  if (!state.udp) return;
  auto encapsulation = zeroed<xfrm_encap_tmpl>();
  encapsulation.encap_type = kEspInUdp;
  encapsulation.encap_sport = network_order(state.udp->source);
  encapsulation.encap_dport = network_order(state.udp->destination);
  message.structure(XFRMA_ENCAP, encapsulation);
}

std::optional<Message> written(std::uint16_t type, const State& state, const PacketKeys& keys) {
  Message message(type, NLM_F_ACK);
  message.body(info_of(state));
  if (!put_keys(message, state.id.protocol, keys)) return std::nullopt;
  put_replay(message, state);
  put_udp(message, state);
  if (!state.headers.copy_dscp_out)
    message.structure(XFRMA_SA_EXTRA_FLAGS, std::uint32_t{XFRM_SA_XFLAG_DONT_ENCAP_DSCP});
  put_mark(message, state.id.mark);
  if (!state.set_mark.is_any()) {
    message.structure(XFRMA_SET_MARK, state.set_mark.value);
    message.structure(XFRMA_SET_MARK_MASK, state.set_mark.mask);
  }
  if (state.tfc_padding != 0) message.structure(XFRMA_TFCPAD, state.tfc_padding);
  if (state.interface_id != 0) message.structure(XFRMA_IF_ID, state.interface_id);
  if (state.offload) put_state_offload(message, *state.offload, state.inbound);
  return message;
}

Message about(std::uint16_t type, const StateId& id) {
  Message message(type, NLM_F_ACK);
  message.body(id_of(id));
  put_mark(message, id.mark);
  return message;
}

constexpr std::size_t kInfo = sizeof(xfrm_usersa_info);

/// Calls `use` with the structure at the head of an attribute, and what follows it.
template <class Structure, class Use>
void with(const MessageView& message, std::uint16_t type, Use&& use) {
  const auto payload = message.attribute(kInfo, type);
  auto structure = zeroed<Structure>();
  if (payload && copy_structure(*payload, structure)) use(structure, payload->subspan(sizeof structure));
}

template <class Structure>
std::string name_of(const Structure& structure) {
  return {structure.alg_name, ::strnlen(structure.alg_name, sizeof structure.alg_name)};
}

void read_keys(const MessageView& message, StateReport& report) {
  with<xfrm_algo_aead>(message, XFRMA_ALG_AEAD, [&](const auto& aead, OctetView key) {
    report.encryption = name_of(aead);
    report.icv_bits = aead.alg_icv_len;
    report.encryption_key = Secret::copy_of(key);
  });
  with<xfrm_algo>(message, XFRMA_ALG_CRYPT, [&](const auto& cipher, OctetView key) {
    report.encryption = name_of(cipher);
    report.encryption_key = Secret::copy_of(key);
  });
  with<xfrm_algo>(message, XFRMA_ALG_COMP,
                  [&](const auto& compression, OctetView) { report.compression = name_of(compression); });
  with<xfrm_algo_auth>(message, XFRMA_ALG_AUTH_TRUNC, [&](const auto& integrity, OctetView key) {
    report.integrity = name_of(integrity);
    report.icv_bits = integrity.alg_trunc_len;
    report.integrity_key = Secret::copy_of(key);
  });
}

void read_attributes(const MessageView& message, State& state) {
  with<xfrm_replay_state>(message, XFRMA_REPLAY_VAL, [&](const auto& plain, OctetView) {
    state.sent = plain.oseq;
    state.received = plain.seq;
  });
  with<xfrm_replay_state_esn>(message, XFRMA_REPLAY_ESN_VAL, [&](const auto& replay, OctetView) {
    state.replay_window = replay.replay_window;
    state.sent = std::uint64_t{replay.oseq_hi} << 32 | replay.oseq;
    state.received = std::uint64_t{replay.seq_hi} << 32 | replay.seq;
  });
  with<xfrm_encap_tmpl>(message, XFRMA_ENCAP, [&](const auto& udp, OctetView) {
    state.udp = {network_order(udp.encap_sport), network_order(udp.encap_dport)};
  });
  with<std::uint32_t>(message, XFRMA_SA_EXTRA_FLAGS, [&](std::uint32_t flags, OctetView) {
    state.headers.copy_dscp_out = (flags & XFRM_SA_XFLAG_DONT_ENCAP_DSCP) == 0;
  });
  state.id.mark = mark_in(message, kInfo);
  with<std::uint32_t>(message, XFRMA_SET_MARK, [&](std::uint32_t mark, OctetView) { state.set_mark = {mark, ~0U}; });
  with<std::uint32_t>(message, XFRMA_SET_MARK_MASK, [&](std::uint32_t mask, OctetView) { state.set_mark.mask = mask; });
  with<std::uint32_t>(message, XFRMA_TFCPAD, [&](std::uint32_t octets, OctetView) { state.tfc_padding = octets; });
  with<std::uint32_t>(message, XFRMA_IF_ID, [&](std::uint32_t id, OctetView) { state.interface_id = id; });
  state.offload = read_offload(message, kInfo);
}

}  // namespace

std::optional<Message> new_state(const State& state, const PacketKeys& keys) {
  return written(XFRM_MSG_NEWSA, state, keys);
}
std::optional<Message> update_state(const State& state, const PacketKeys& keys) {
  return written(XFRM_MSG_UPDSA, state, keys);
}

Message delete_state(const StateId& id) { return about(XFRM_MSG_DELSA, id); }
Message get_state(const StateId& id) { return about(XFRM_MSG_GETSA, id); }
Message dump_states() { return {XFRM_MSG_GETSA, NLM_F_DUMP}; }

std::optional<StateReport> read_state(const MessageView& message) {
  const auto info = message.body<xfrm_usersa_info>();
  if (message.type() != XFRM_MSG_NEWSA || !info) return std::nullopt;
  StateReport report;
  auto& state = report.state;
  state.id = {
      address_from(info->id.daddr, info->family), {network_order(info->id.spi)}, {}, IpProtocol{info->id.proto}};
  state.source = address_from(info->saddr, info->family);
  state.answers = info->seq;
  state.reqid = info->reqid;
  state.mode = mode_from(info->mode);
  state.esn = (info->flags & XFRM_STATE_ESN) != 0;
  state.replay_window = info->replay_window;
  state.headers = {(info->flags & XFRM_STATE_NOPMTUDISC) == 0, (info->flags & XFRM_STATE_NOECN) == 0, true,
                   (info->flags & XFRM_STATE_DECAP_DSCP) != 0};
  // Where nothing was said the kernel puts down the family only.
  if (state.mode != Mode::tunnel && info->sel.prefixlen_s + info->sel.prefixlen_d != 0)
    state.selector = selector_from(info->sel);
  state.limits.soft = {limit_from_kernel(info->lft.soft_byte_limit), limit_from_kernel(info->lft.soft_packet_limit)};
  state.limits.hard = {limit_from_kernel(info->lft.hard_byte_limit), limit_from_kernel(info->lft.hard_packet_limit)};
  state.limits.seconds = info->lft.hard_add_expires_seconds;
  report.octets = info->curlft.bytes;
  report.packets = info->curlft.packets;
  report.replays = info->stats.replay_window + info->stats.replay;
  report.authentication_failures = info->stats.integrity_failed;
  read_keys(message, report);
  read_attributes(message, state);
  with<std::uint64_t>(message, XFRMA_LASTUSED, [&](std::uint64_t used, OctetView) { report.last_used = used; });
  return report;
}

}  // namespace keypact::xfrm
