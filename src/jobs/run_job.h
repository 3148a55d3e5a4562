// Runs one job of the engine, at once and in this thread.
#pragma once

#include "ike/core/job.h"

namespace keypact::jobs {

[[nodiscard]] ike::JobDone run_job(crypto::Library& library, RandomSource& random, ike::Job job);

}  // namespace keypact::jobs
