#include "esp/sad.h"

namespace keypact::esp {

using ipsec::SpiLayout;

SaPair*& Sad::slot_of(EspSpi inbound) {
  const auto index = SpiLayout::index(inbound);
  auto& pages = pages_[SpiLayout::engine(inbound)];
  if (pages.empty()) pages.resize(kPages);
  auto& page = pages[index >> kPageBits];
  if (!page) page = std::make_unique<Page>();
  return (*page)[index % kPageSlots];
}

Result<void, std::string> Sad::add(std::unique_ptr<SaPair> pair) {
  const EspSpi spi = pair->inbound.opener.spi();
  if (by_id_.contains(pair->id)) return failure(std::string("this Child SA is installed already"));
  auto& slot = slot_of(spi);
  if (slot != nullptr) return failure("the slot of the inbound SPI " + to_string(spi) + " is in use");
  slot = pair.get();
  const ChildSaId id = pair->id;
  by_id_.emplace(id, std::move(pair));
  return {};
}

bool Sad::remove(ChildSaId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  slot_of(found->second->inbound.opener.spi()) = nullptr;
  by_id_.erase(found);
  return true;
}

SaPair* Sad::find(EspSpi inbound) const {
  const auto index = SpiLayout::index(inbound);
  const auto& pages = pages_[SpiLayout::engine(inbound)];
  const auto* page = pages.empty() ? nullptr : pages[index >> kPageBits].get();
  SaPair* const pair = page != nullptr ? (*page)[index % kPageSlots] : nullptr;
  return pair != nullptr && pair->inbound.opener.spi() == inbound ? pair : nullptr;
}

SaPair* Sad::find(ChildSaId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

}  // namespace keypact::esp
