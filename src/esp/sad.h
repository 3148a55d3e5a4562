// Sad: the SAs by what names them: an inbound packet's SPI, which is a place in a table of pages (ipsec::SpiLayout), and the id that IKE
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
  static constexpr unsigned kPageBits = 10;
  static constexpr std::size_t kPageSlots = std::size_t{1} << kPageBits;
  using Page = std::array<SaPair*, kPageSlots>;
  using Pages = std::vector<std::unique_ptr<Page>>;  ///< of one engine; null: nothing was ever there
  static constexpr std::size_t kPages = ipsec::SpiLayout::kSlots / kPageSlots;

  /// Where the SA with this SPI is, or would be; makes the page.
  [[nodiscard]] SaPair*& slot_of(EspSpi inbound);

  std::array<Pages, ipsec::SpiLayout::kEngines> pages_;
  std::unordered_map<ChildSaId, std::unique_ptr<SaPair>> by_id_;
};

}  // namespace keypact::esp
