// One step of EAP, with what the configuration says of passwords, certificates and names. RFC 7296 §2.16, RFC 3748.
#pragma once

#include "jobs/run_job.h"

namespace keypact::jobs {

[[nodiscard]] ike::EapServerStepped run_eap_step(const Tools& tools, ike::EapServerStep work);
[[nodiscard]] ike::EapClientStepped run_eap_step(const Tools& tools, ike::EapClientStep work);

}  // namespace keypact::jobs
