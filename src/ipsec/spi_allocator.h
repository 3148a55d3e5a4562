// SpiAllocator: the SPIs of our inbound SAs, and the CPIs that some have beside them. RFC 4303 §2.1: the receiver chooses them, so ours name
// a place of the SAD directly (the index), with a generation that tells a late packet of a removed SA from one of its successor, and the
// engine's number. Where the indexes begin is random: hosts behind one NAT have one address, and a gateway knows its outbound SAs by
// address and SPI (RFC 4301 §4.4.2.1).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/random_source.h"
#include "proto/ipcomp.h"
#include "proto/spi.h"

namespace keypact::ipsec {

/// generation (8 bits, never 0) | engine (4 bits) | index (20 bits): so never 0..255, which RFC 4303 §2.1 reserves.
struct SpiLayout {
  static constexpr unsigned kIndexBits = 20;
  static constexpr unsigned kEngineBits = 4;
  static constexpr std::uint32_t kSlots = 1U << kIndexBits;
  static constexpr std::uint32_t kEngines = 1U << kEngineBits;

  static constexpr std::uint32_t index(EspSpi spi) { return spi.value & (kSlots - 1); }
  static constexpr std::uint32_t engine(EspSpi spi) { return spi.value >> kIndexBits & (kEngines - 1); }
  static constexpr EspSpi make(std::uint8_t generation, std::uint32_t engine, std::uint32_t index) {
    return {std::uint32_t{generation} << (kIndexBits + kEngineBits) | engine << kIndexBits | index};
  }
};

class SpiAllocator {
 public:
  /// `engine` < SpiLayout::kEngines. `random` chooses where the indexes and the generations begin and outlives this object.
  SpiAllocator(std::uint32_t engine, RandomSource& random);

  /// These are never allocated, nor are CPIs that are among them: SAs of an earlier run have them. Before anything else.
  void avoid(std::set<EspSpi> spis);
  /// Nothing when all slots are in use.
  [[nodiscard]] std::optional<EspSpi> allocate();
  /// One that goes with `spi`, which is in use and has none; nothing when this engine's share of them is in use.
  [[nodiscard]] std::optional<Cpi> allocate_cpi(EspSpi spi);
  /// False, and nothing changes, when this SPI is not in use.
  bool release(EspSpi spi);
  [[nodiscard]] bool in_use(EspSpi spi) const;
  [[nodiscard]] std::size_t count_in_use() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    std::uint8_t generation = 1;
    bool used = false;
  };
  [[nodiscard]] Slot fresh_slot();
  /// The index of a slot in SPIs, and the other way round.
  [[nodiscard]] std::uint32_t scattered(std::uint32_t index) const { return index ^ scatter_; }
  [[nodiscard]] EspSpi spi_of(std::uint32_t slot) const;
  [[nodiscard]] std::optional<EspSpi> next();

  std::uint32_t engine_;
  RandomSource& random_;
  std::uint32_t scatter_ = 0;  ///< < SpiLayout::kSlots
  std::vector<Slot> slots_;
  std::deque<std::uint32_t> free_;        ///< released indexes, the oldest first
  std::map<EspSpi, std::uint32_t> cpis_;  ///< as places in this engine's share
  std::vector<bool> taken_cpis_;
  std::uint32_t last_cpi_ = 0;
  std::set<EspSpi> avoided_;
  std::size_t avoided_cpis_ = 0;
};

}  // namespace keypact::ipsec
