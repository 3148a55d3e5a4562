#include "ike/core/context.h"

namespace keypact::ike {

JobId Context::start(JobClass job_class, decltype(Job::work) work) const {
  const auto id = ids.next<JobId>();
  outputs.emplace_back(Job{id, job_class, std::move(work)});
  return id;
}

}  // namespace keypact::ike
