// Fetcher: documents by HTTP, over libcurl, in a thread of its own: whoever asks is never kept waiting, and each answer comes within a
// bounded time. What a server can make us read, follow and hold is bounded (rows C07 and A27).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/ip_address.h"
#include "base/result.h"

namespace keypact::fetch {

struct Limits {
  Duration time = seconds(10);  ///< for one document in all: waiting, names, redirects and octets
  std::size_t at_once = 16;     ///< transfers
  std::size_t waiting = 1024;   ///< documents that wait for a transfer to end; more are refused
  long redirects = 3;           ///< of one document
  std::vector<Prefix> also{};   ///< reachable although they are not public (fetch/reachable.h)
};

struct Request {
  std::string uri;  ///< http, or of the configuration: file too
  Octets body{};    ///< what is posted; empty: nothing is
  std::string body_type{};
  std::size_t octets = 0;   ///< of the longest answer that is taken
  bool configured = false;  ///< by us: it may lead to any address
};

/// The octets, or a sentence that names the URI and says why there are none.
using Fetched = Result<std::shared_ptr<const Octets>, std::string>;

class Fetcher {
 public:
  explicit Fetcher(Limits limits);
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  /// Does not wait for servers. What is not answered by then stays so.
  ~Fetcher();

  using Answer = std::move_only_function<void(const Fetched&)>;
  /// From any thread. `answer` is called once, in the fetcher's thread, never from inside this call. Who asks for what is on its way
  /// already gets the same.
  void fetch(Request request, Answer answer);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace keypact::fetch
