// From the settings of a connection and of its children to where in the kernel they stand.
#pragma once

#include "config/placement_setting.h"
#include "config/section_reader.h"

namespace keypact::config {

/// What a connection says for all of its children.
[[nodiscard]] PlacementSetting read_interface_ids(SectionReader& connection);

/// A child says it for itself, or takes the connection's.
[[nodiscard]] PlacementSetting read_placement(SectionReader& child, const PlacementSetting& of_connection);

}  // namespace keypact::config
