#include "esp/sad.h"

namespace keypact::esp {

using ipsec::SpiLayout;

Result<void, std::string> Sad::add(std::unique_ptr<SaPair> pair) {
  const EspSpi spi = pair->inbound.opener.spi();
  const std::uint32_t index = SpiLayout::index(spi);
  if (by_id_.contains(pair->id)) return failure(std::string("this Child SA is installed already"));
  auto& slots = slots_of(spi);
  if (index < slots.size() && slots[index] != nullptr) {
    return failure("the slot of the inbound SPI " + to_string(spi) + " is in use");
  }
  if (index >= slots.size()) slots.resize(std::size_t{index} + 1);
  slots[index] = pair.get();
  const ChildSaId id = pair->id;
  by_id_.emplace(id, std::move(pair));
  return {};
}

bool Sad::remove(ChildSaId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  const auto spi = found->second->inbound.opener.spi();
  slots_of(spi)[SpiLayout::index(spi)] = nullptr;
  by_id_.erase(found);
  return true;
}

SaPair* Sad::find(EspSpi inbound) const {
  const std::uint32_t index = SpiLayout::index(inbound);
  const auto& slots = by_index_[SpiLayout::engine(inbound)];
  if (index >= slots.size()) return nullptr;
  SaPair* const pair = slots[index];
  return pair != nullptr && pair->inbound.opener.spi() == inbound ? pair : nullptr;
}

SaPair* Sad::find(ChildSaId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

}  // namespace keypact::esp
