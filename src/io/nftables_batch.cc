#include "io/nftables_batch.h"

#include <netinet/in.h>

#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace keypact::io {
namespace {

constexpr std::uint8_t kFamilyInet = 1;  // NFPROTO_INET

NetlinkRequest request_for(nf_tables_msg_types type, std::uint16_t flags) {
  NetlinkRequest request(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
  request.body<nfgenmsg>().nfgen_family = kFamilyInet;
  return request;
}

void put_u32(nlmsghdr* message, std::uint16_t attribute, std::uint32_t value) {
  mnl_attr_put_u32(message, attribute, htonl(value));
}

void put_data(nlmsghdr* message, std::uint16_t attribute, OctetView value) {
  nlattr* nest = mnl_attr_nest_start(message, attribute);
  mnl_attr_put(message, NFTA_DATA_VALUE, value.size(), value.data());
  mnl_attr_nest_end(message, nest);
}

OctetView octets_of(const std::uint32_t& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};  // NOLINT: as the kernel has it in memory
}

}  // namespace

NftablesRule::NftablesRule(const std::string& table, const std::string& chain)
    : request_(request_for(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)) {
  mnl_attr_put_strz(request_.header(), NFTA_RULE_TABLE, table.c_str());
  mnl_attr_put_strz(request_.header(), NFTA_RULE_CHAIN, chain.c_str());
  expressions_ = request_.header()->nlmsg_len;
  (void)mnl_attr_nest_start(request_.header(), NFTA_RULE_EXPRESSIONS);
}

template <class Fill>
NftablesRule& NftablesRule::expression(const char* name, Fill&& fill) {
  nlmsghdr* message = request_.header();
  nlattr* element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
  nlattr* data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
  std::forward<Fill>(fill)(message);
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, element);
  return *this;
}

NftablesRule& NftablesRule::load_meta(nft_meta_keys key) {
  return expression("meta", [&](nlmsghdr* message) {
    put_u32(message, NFTA_META_DREG, NFT_REG_1);
    put_u32(message, NFTA_META_KEY, key);
  });
}

NftablesRule& NftablesRule::load_payload(nft_payload_bases base, std::uint32_t offset, std::uint32_t octets) {
  return expression("payload", [&](nlmsghdr* message) {
    put_u32(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
    put_u32(message, NFTA_PAYLOAD_BASE, base);
    put_u32(message, NFTA_PAYLOAD_OFFSET, offset);
    put_u32(message, NFTA_PAYLOAD_LEN, octets);
  });
}

NftablesRule& NftablesRule::load_ipv6_fragment_offset() {
  expression("exthdr", [](nlmsghdr* message) {
    put_u32(message, NFTA_EXTHDR_DREG, NFT_REG_1);
    mnl_attr_put_u8(message, NFTA_EXTHDR_TYPE, IPPROTO_FRAGMENT);
    put_u32(message, NFTA_EXTHDR_OFFSET, 2);
    put_u32(message, NFTA_EXTHDR_LEN, 2);
  });
  return expression("bitwise", [](nlmsghdr* message) {
    put_u32(message, NFTA_BITWISE_SREG, NFT_REG_1);
    put_u32(message, NFTA_BITWISE_DREG, NFT_REG_1);
    put_u32(message, NFTA_BITWISE_LEN, 2);
    put_data(message, NFTA_BITWISE_MASK, std::array<std::uint8_t, 2>{0xff, 0xf8});
    put_data(message, NFTA_BITWISE_XOR, std::array<std::uint8_t, 2>{0, 0});
  });
}

NftablesRule& NftablesRule::compare(nft_cmp_ops operation, OctetView value) {
  return expression("cmp", [&](nlmsghdr* message) {
    put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
    put_u32(message, NFTA_CMP_OP, operation);
    put_data(message, NFTA_CMP_DATA, value);
  });
}

NftablesRule& NftablesRule::equals(std::uint32_t value) { return compare(NFT_CMP_EQ, octets_of(value)); }

NftablesRule& NftablesRule::between(OctetView first, OctetView last) {
  if (std::ranges::equal(first, last)) return compare(NFT_CMP_EQ, first);
  return compare(NFT_CMP_GTE, first).compare(NFT_CMP_LTE, last);
}

NftablesRule& NftablesRule::set_mark(std::uint32_t mark) {
  expression("immediate", [&](nlmsghdr* message) {
    put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_1);
    put_data(message, NFTA_IMMEDIATE_DATA, octets_of(mark));
  });
  return expression("meta", [](nlmsghdr* message) {
    put_u32(message, NFTA_META_KEY, NFT_META_MARK);
    put_u32(message, NFTA_META_SREG, NFT_REG_1);
  });
}

NftablesRule& NftablesRule::count() {
  return expression("counter", [](nlmsghdr*) {});
}

NftablesRule& NftablesRule::verdict(int code, const std::string& chain) {
  return expression("immediate", [&](nlmsghdr* message) {
    put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    nlattr* data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
    nlattr* verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
    put_u32(message, NFTA_VERDICT_CODE, static_cast<std::uint32_t>(code));
    if (!chain.empty()) mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, chain.c_str());
    mnl_attr_nest_end(message, verdict);
    mnl_attr_nest_end(message, data);
  });
}

NftablesBatch::NftablesBatch() { append_boundary(NFNL_MSG_BATCH_BEGIN); }

void NftablesBatch::append_boundary(std::uint16_t type) {
  NetlinkRequest request(type, 0);
  request.body<nfgenmsg>().res_id = htons(NFNL_SUBSYS_NFTABLES);
  append(request);
}

void NftablesBatch::append(NetlinkRequest& request) {
  nlmsghdr* header = request.header();
  CHECK(header->nlmsg_len <= sizeof request);
  header->nlmsg_seq = ++sequence_;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(header);  // NOLINT: libmnl's interface
  octets_.insert(octets_.end(), octets, octets + header->nlmsg_len);
}

void NftablesBatch::add_table(const std::string& name) {
  auto request = request_for(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  mnl_attr_put_strz(request.header(), NFTA_TABLE_NAME, name.c_str());
  append(request);
}

void NftablesBatch::delete_table(const std::string& name) {
  auto request = request_for(NFT_MSG_DELTABLE, 0);
  mnl_attr_put_strz(request.header(), NFTA_TABLE_NAME, name.c_str());
  append(request);
}

void NftablesBatch::add_chain(const std::string& table, const std::string& name, std::optional<NftablesHook> hook) {
  auto request = request_for(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  nlmsghdr* message = request.header();
  mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table.c_str());
  mnl_attr_put_strz(message, NFTA_CHAIN_NAME, name.c_str());
  if (hook) {
    nlattr* nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
    put_u32(message, NFTA_HOOK_HOOKNUM, hook->number);
    put_u32(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(hook->priority));
    mnl_attr_nest_end(message, nest);
    mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
  }
  append(request);
}

void NftablesBatch::add(NftablesRule rule) {
  auto* octets = reinterpret_cast<std::uint8_t*>(rule.request_.header());  // NOLINT: libmnl's interface
  mnl_attr_nest_end(rule.request_.header(), reinterpret_cast<nlattr*>(octets + rule.expressions_));  // NOLINT: as above
  append(rule.request_);
}

NetlinkOutcome NftablesBatch::commit() {
  append_boundary(NFNL_MSG_BATCH_END);
  return NetlinkExchange::run_batch(NETLINK_NETFILTER, octets_);
}

}  // namespace keypact::io
