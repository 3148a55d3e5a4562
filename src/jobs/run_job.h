// Runs one job of the engine, at once and in this thread.
#pragma once

#include "ike/core/credentials.h"
#include "ike/core/job.h"

namespace keypact::jobs {

/// What jobs need.
struct Tools {
  crypto::Library& library;
  RandomSource& random;
  const ike::Credentials& credentials;  ///< with our private keys
  std::int64_t now;                     ///< seconds since 1970 in UTC: certificates are valid for a time
};

[[nodiscard]] ike::JobDone run_job(const Tools& tools, ike::Job job);

}  // namespace keypact::jobs
