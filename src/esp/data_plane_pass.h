// What the two directions of the data plane share while they work on one batch.
#pragma once

#include "esp/data_plane.h"

namespace keypact::esp {

struct DataPlane::Pass {
  Instant now;
  OutputBatch& output;
  bool has_waited = false;  ///< its packets were held before
};

}  // namespace keypact::esp
