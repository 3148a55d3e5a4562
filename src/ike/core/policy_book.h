// PolicyBook: which SPD entries the engine asked the IPsec stack to hold, one for each child of a connection. A policy stays
// when its SAs are lost, so that protected traffic never leaves in clear; only a configuration change or an operator's
// request takes it away. RFC 4301 §4.4.1.
#pragma once

#include <map>

#include "base/id.h"
#include "ipsec/stack.h"

namespace keypact::ike {

class PolicyBook {
 public:
  struct Entry {
    PolicyId id;
    std::vector<TrafficSelector> local;
    std::vector<TrafficSelector> remote;
  };
  using Name = std::pair<std::string, std::string>;  ///< connection, child

  /// The entry of this child; the request to install it when it is new or its selectors changed.
  struct Held {
    PolicyId id;
    std::vector<ipsec::StackRequest> requests;
  };
  [[nodiscard]] Held hold(const Name& name, const std::vector<TrafficSelector>& local,
                          const std::vector<TrafficSelector>& remote, PolicyId fresh);
  /// The requests that take the entry away; none when there is none.
  [[nodiscard]] std::vector<ipsec::StackRequest> release(const Name& name);

  [[nodiscard]] const Entry* find(const Name& name) const;
  /// The child that a policy belongs to.
  [[nodiscard]] const Name* name_of(PolicyId id) const;
  [[nodiscard]] const std::map<Name, Entry>& all() const { return entries_; }

 private:
  std::map<Name, Entry> entries_;
};

}  // namespace keypact::ike
