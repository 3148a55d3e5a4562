// Resolver: host names to addresses by the system's resolver, on a thread of its own, one name after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace keypact::io {

class EventLoop;

class Resolver {
 public:
  /// Never an empty list: no address is an error.
  using Answer = std::move_only_function<void(Result<std::vector<IpAddress>>)>;

  explicit Resolver(EventLoop& loop);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Unanswered questions stay unanswered. Does not wait for a name server.
  ~Resolver();

  /// `answer` is called once on the loop's thread, never from inside this call. An address literal is its own answer.
  /// Addresses are in the order of preference (RFC 6724); `family`: that family only.
  void resolve(std::string name, std::optional<IpFamily> family, Answer answer);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace keypact::io
