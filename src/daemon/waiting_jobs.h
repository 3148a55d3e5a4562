// WaitingJobs: the jobs of one engine that go on when documents have come, or when it is known that they do not. Nothing else of the
// engine waits for that.
#pragma once

#include <map>

#include "daemon/documents.h"
#include "io/event_loop.h"
#include "jobs/run_job.h"

namespace keypact::daemon {

class WaitingJobs {
 public:
  struct Runner {
    std::function<jobs::Ran(jobs::Waiting)> go_on;
    std::function<void(ike::JobDone)> done;
  };
  /// Both of `runner` are called in the loop's thread; `done` never from inside add().
  WaitingJobs(io::EventLoop& loop, Documents& documents, Runner runner);
  WaitingJobs(const WaitingJobs&) = delete;
  WaitingJobs& operator=(const WaitingJobs&) = delete;
  /// Those that wait are dropped.
  ~WaitingJobs();

  void add(jobs::Waiting waiting);

 private:
  struct Entry {
    jobs::Waiting waiting;
    Instant began;
    std::size_t answers_to_come = 0;
  };
  struct Mailbox;
  void ask(Entry entry);
  void came(JobId id, const std::string& key, pki::Document document);
  void go_on(Entry entry);

  Documents& documents_;
  Runner runner_;
  std::map<JobId, Entry> entries_;
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace keypact::daemon
