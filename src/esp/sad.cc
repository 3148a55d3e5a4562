#include "esp/sad.h"

#include "ipsec/spi_allocator.h"

namespace keypact::esp {

using ipsec::SpiLayout;

Result<void, std::string> Sad::add(std::unique_ptr<SaPair> pair) {
  const EspSpi spi = pair->inbound.opener.spi();
  const std::uint32_t index = SpiLayout::index(spi);
  if (by_id_.contains(pair->id)) return failure(std::string("this Child SA is installed already"));
  if (index < by_index_.size() && by_index_[index] != nullptr) {
    return failure("the slot of the inbound SPI " + to_string(spi) + " is in use");
  }
  if (index >= by_index_.size()) by_index_.resize(std::size_t{index} + 1);
  by_index_[index] = pair.get();
  const ChildSaId id = pair->id;
  by_id_.emplace(id, std::move(pair));
  return {};
}

bool Sad::remove(ChildSaId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  by_index_[SpiLayout::index(found->second->inbound.opener.spi())] = nullptr;
  by_id_.erase(found);
  return true;
}

SaPair* Sad::find(EspSpi inbound) const {
  const std::uint32_t index = SpiLayout::index(inbound);
  if (index >= by_index_.size()) return nullptr;
  SaPair* const pair = by_index_[index];
  return pair != nullptr && pair->inbound.opener.spi() == inbound ? pair : nullptr;
}

SaPair* Sad::find(ChildSaId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

}  // namespace keypact::esp
