// Runs one job of the engine, at once and in this thread, as far as it comes.
#pragma once

#include "ike/core/credentials.h"
#include "ike/core/job.h"
#include "jobs/shared_knowledge.h"
#include "leases/lease_book.h"

namespace keypact::jobs {

/// What jobs need.
struct Tools {
  crypto::Library& library;
  RandomSource& random;
  const ike::Credentials& credentials;   ///< with our private keys
  leases::LeaseBook& leases;
  std::int64_t now;                      ///< seconds since 1970 in UTC: certificates are valid for a time
  SharedKnowledge* knowledge = nullptr;  ///< nullptr: nobody fetches anything
};

/// A job that goes on when the answers to its requests are there, each a document or why there is none.
struct Waiting {
  JobId id;
  std::variant<ike::VerifyPeer, ike::SignAuth> work;
  pki::Inquiry inquiry;                      ///< with room for the answers
  std::vector<pki::DocumentRequest> wanted;  ///< never empty
};

/// Without SharedKnowledge always the first.
using Ran = std::variant<ike::JobDone, Waiting>;
[[nodiscard]] Ran start_job(const Tools& tools, ike::Job job);
[[nodiscard]] Ran go_on(const Tools& tools, Waiting waiting);

/// Where nobody fetches anything.
[[nodiscard]] ike::JobDone run_job(const Tools& tools, ike::Job job);

}  // namespace keypact::jobs
