// KernelPolicyHash: keeps the kernel's table of policies such that each is found and removed in the same time however many there are.
#pragma once

#include <array>

#include "daemon/kernel_requests.h"
#include "xfrm/policy_hash.h"
#include "xfrm/policy_table.h"

namespace keypact::daemon {

class KernelPolicyHash {
 public:
  /// `socket` outlives this object.
  explicit KernelPolicyHash(io::XfrmSocket& socket);
  KernelPolicyHash(const KernelPolicyHash&) = delete;
  KernelPolicyHash& operator=(const KernelPolicyHash&) = delete;
  /// The kernel gets back what it had.
  ~KernelPolicyHash();

  /// These are about to be made. A kernel that does not know the setting is only slower.
  void prepare_for(const std::vector<xfrm::PolicyTable::Change>& changes);

 private:
  struct Family {
    IpFamily family;
    xfrm::PolicyHash hash{family};
    std::optional<xfrm::HashedBits> before{};
    std::optional<xfrm::HashedBits> set{};
  };
  void ask(const xfrm::Message& message, const std::function<void(const xfrm::MessageView&)>& on_message = {});

  io::XfrmSocket& socket_;
  std::array<Family, 2> families_{Family{IpFamily::v4}, Family{IpFamily::v6}};
};

}  // namespace keypact::daemon
