// Sad: the SAs by what names them: an inbound packet's SPI, which is a place in an array (ipsec::SpiLayout), and the id that IKE
// gave. RFC 4301 §4.4.2.
#pragma once

#include <unordered_map>

#include "esp/sa_pair.h"

namespace keypact::esp {

class Sad {
 public:
  /// A sentence when the id or the inbound SPI is in use already.
  [[nodiscard]] Result<void, std::string> add(std::unique_ptr<SaPair> pair);
  /// False when there is no such SA.
  bool remove(ChildSaId id);

  // Null when there is none; valid until the next add() or remove().
  [[nodiscard]] SaPair* find(EspSpi inbound) const;
  [[nodiscard]] SaPair* find(ChildSaId id) const;

 private:
  std::vector<SaPair*> by_index_;
  std::unordered_map<ChildSaId, std::unique_ptr<SaPair>> by_id_;
};

}  // namespace keypact::esp
