// What a product of the world offers as it is installed: a file of tests/data/peers, in the RFCs' words, with what our defaults make
// of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/proposal.h"

namespace keypact::sim {

struct PeerFile {
  std::string name;  ///< of the file
  std::multimap<std::string, std::string> lines;

  [[nodiscard]] std::vector<std::string> all(const std::string& key) const;
  /// The only line with this key; empty when there is none.
  [[nodiscard]] std::string one(const std::string& key) const;
  [[nodiscard]] std::vector<Proposal> proposals(const std::string& key) const;
};

/// All of them, by name.
[[nodiscard]] std::vector<PeerFile> peer_files();

}  // namespace keypact::sim
