// PlacementSetting: what swanctl.conf says of a child's Placement, where numbers may be left to us (%unique).
#pragma once

#include <functional>

#include "proto/placement.h"

namespace keypact::config {

/// Whose the number is.
enum class Choice : std::uint8_t {
  given,
  unique,      ///< a new one, for both directions
  unique_dir,  ///< a new one for each direction
};

struct PlacementSetting : Placement {  ///< as far as it is given; of what is chosen the mask counts
  Choice mark_in = Choice::given;
  Choice mark_out = Choice::given;
  Choice if_id_in = Choice::given;
  Choice if_id_out = Choice::given;
  bool if_ids_of_connection = false;  ///< if_id_in or if_id_out is the connection's: its Child SAs share what is chosen
  bool same_mark_in = false;          ///< set_mark_in has the value of mark_in
  bool same_mark_out = false;
  bool operator==(const PlacementSetting&) const = default;
};

/// `fresh` gives a number that nobody has, not 0, at each call.
[[nodiscard]] Placement placed(const PlacementSetting& setting, const std::function<std::uint32_t()>& fresh);
/// What was chosen has the numbers that it had.
[[nodiscard]] Placement placed(const PlacementSetting& setting, const Lane& earlier_in, const Lane& earlier_out);

}  // namespace keypact::config
