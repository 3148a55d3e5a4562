#include "ipsec/spi_allocator.h"

#include <algorithm>

#include "base/check.h"

namespace keypact::ipsec {
namespace {

// A released index rests while so many others are free: late packets of the removed SA then meet an empty slot. With 255
// generations an SPI comes back after 65,280 others at the earliest.
constexpr std::size_t kResting = 256;
constexpr unsigned kGenerations = 255;

// Each engine has its share of the CPIs.
constexpr std::uint32_t kCpiShare = (kLastNegotiatedCpi.value - kFirstNegotiatedCpi.value + 1) / SpiLayout::kEngines;

}  // namespace

SpiAllocator::SpiAllocator(std::uint32_t engine, RandomSource& random) : engine_(engine), random_(random) {
  CHECK(engine < SpiLayout::kEngines);
}

SpiAllocator::Slot SpiAllocator::fresh_slot() {
  const auto random = random_.u32();
  if (slots_.empty()) scatter_ = random >> (32 - SpiLayout::kIndexBits);
  return {static_cast<std::uint8_t>(1 + random % kGenerations), true};
}

EspSpi SpiAllocator::spi_of(std::uint32_t slot) const {
  return SpiLayout::make(slots_[slot].generation, engine_, scattered(slot));
}

void SpiAllocator::avoid(std::set<EspSpi> spis) {
  avoided_ = std::move(spis);
  taken_cpis_.resize(kCpiShare);
  const auto first = kFirstNegotiatedCpi.value + engine_ * kCpiShare;
  for (std::uint32_t place = 0; place < kCpiShare; ++place)
    if (avoided_.contains({first + place})) taken_cpis_[place] = true;
  avoided_cpis_ = static_cast<std::size_t>(std::ranges::count(taken_cpis_, true));
}

std::optional<EspSpi> SpiAllocator::allocate() {
  auto spi = next();
  // Its index comes again, with another generation.
  for (auto tries = avoided_.size(); spi && avoided_.contains(*spi) && tries > 0; --tries) {
    release(*spi);
    spi = next();
  }
  if (spi && avoided_.contains(*spi)) {
    release(*spi);
    return std::nullopt;
  }
  return spi;
}

std::optional<EspSpi> SpiAllocator::next() {
  if (free_.size() < kResting && slots_.size() < SpiLayout::kSlots) {
    slots_.push_back(fresh_slot());
    return spi_of(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  if (free_.empty()) return std::nullopt;
  const std::uint32_t index = free_.front();
  free_.pop_front();
  Slot& slot = slots_[index];
  slot.generation = static_cast<std::uint8_t>(slot.generation % kGenerations + 1);
  slot.used = true;
  return spi_of(index);
}

std::optional<Cpi> SpiAllocator::allocate_cpi(EspSpi spi) {
  CHECK(in_use(spi) && !cpis_.contains(spi));
  if (cpis_.size() + avoided_cpis_ == kCpiShare) return std::nullopt;
  taken_cpis_.resize(kCpiShare);
  do last_cpi_ = (last_cpi_ + 1) % kCpiShare;
  while (taken_cpis_[last_cpi_]);
  taken_cpis_[last_cpi_] = true;
  cpis_.emplace(spi, last_cpi_);
  return Cpi{static_cast<std::uint16_t>(kFirstNegotiatedCpi.value + engine_ * kCpiShare + last_cpi_)};
}

bool SpiAllocator::in_use(EspSpi spi) const {
  const auto slot = scattered(SpiLayout::index(spi));
  return slot < slots_.size() && slots_[slot].used && spi == spi_of(slot);
}

bool SpiAllocator::release(EspSpi spi) {
  if (!in_use(spi)) return false;
  const auto slot = scattered(SpiLayout::index(spi));
  slots_[slot].used = false;
  free_.push_back(slot);
  if (const auto cpi = cpis_.extract(spi)) taken_cpis_[cpi.mapped()] = false;
  return true;
}

}  // namespace keypact::ipsec
