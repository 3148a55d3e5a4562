// NftablesBatch: one transaction of nftables, written message by message and carried out as a whole or not at all. For the .cc
// files of io only.
#pragma once

#include <linux/netfilter/nf_tables.h>

#include <optional>
#include <string>

#include "base/octets.h"
#include "io/netlink_exchange.h"

namespace keypact::io {

/// A rule that is being written: its expressions in order, all on register 1. A rule acts when every comparison holds.
class NftablesRule {
 public:
  NftablesRule(const std::string& table, const std::string& chain);

  NftablesRule& load_meta(nft_meta_keys key);
  NftablesRule& load_payload(nft_payload_bases base, std::uint32_t offset, std::uint32_t octets);
  /// The 13 bits of the fragment offset of an IPv6 packet, in place; a packet without fragment header ends the rule.
  NftablesRule& load_ipv6_fragment_offset();
  NftablesRule& compare(nft_cmp_ops operation, OctetView value);
  /// In the order of this machine, as the kernel keeps what it knows of a packet.
  NftablesRule& equals(std::uint32_t value);
  NftablesRule& equals(std::uint8_t value) { return compare(NFT_CMP_EQ, {&value, 1}); }
  /// first <= loaded <= last; numbers in network order, of the loaded length.
  NftablesRule& between(OctetView first, OctetView last);
  NftablesRule& set_mark(std::uint32_t mark);
  NftablesRule& count();
  NftablesRule& verdict(int code, const std::string& chain = {});

 private:
  friend class NftablesBatch;
  template <class Fill>
  NftablesRule& expression(const char* name, Fill&& fill);

  NetlinkRequest request_;
  std::size_t expressions_;  ///< where the list begins
};

struct NftablesHook {
  std::uint32_t number;  ///< NF_INET_*
  std::int32_t priority;
};

class NftablesBatch {
 public:
  NftablesBatch();
  /// A table of the family inet: it sees IPv4 and IPv6.
  void add_table(const std::string& name);
  void delete_table(const std::string& name);
  void add_chain(const std::string& table, const std::string& name, std::optional<NftablesHook> hook = std::nullopt);
  void add(NftablesRule rule);

  /// Carries it out. The first error, if there is one; then nothing of it was done.
  [[nodiscard]] NetlinkOutcome commit();

 private:
  void append(NetlinkRequest& request);
  void append_boundary(std::uint16_t type);

  Octets octets_;
  std::uint32_t sequence_ = 0;
};

}  // namespace keypact::io
