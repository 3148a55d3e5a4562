// One step of EAP, with what the configuration says of passwords, certificates and names. RFC 7296 §2.16, RFC 3748.
#pragma once

#include "jobs/run_job.h"

namespace keypact::jobs {

/// By the configuration: then the step is one of these two, and else run_eap_step().
[[nodiscard]] bool asks_radius(const ike::EapServerStep& work);
/// The conversation is in `work` then.
[[nodiscard]] eap::Relay::Step run_relay_step(ike::EapServerStep& work);

[[nodiscard]] ike::EapServerStepped run_eap_step(const Tools& tools, ike::EapServerStep work);
[[nodiscard]] ike::EapClientStepped run_eap_step(const Tools& tools, ike::EapClientStep work);

}  // namespace keypact::jobs
