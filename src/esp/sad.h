// Sad: the SAs by what names them: an inbound packet's SPI, which is a place in an array (ipsec::SpiLayout), and the id that IKE
// gave. RFC 4301 §4.4.2.
#pragma once

#include <array>
#include <unordered_map>

#include "esp/sa_pair.h"
#include "ipsec/spi_allocator.h"

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
  [[nodiscard]] std::vector<SaPair*>& slots_of(EspSpi spi) { return by_index_[ipsec::SpiLayout::engine(spi)]; }

  std::array<std::vector<SaPair*>, ipsec::SpiLayout::kEngines> by_index_;  ///< of each engine
  std::unordered_map<ChildSaId, std::unique_ptr<SaPair>> by_id_;
};

}  // namespace keypact::esp
