// UnixClient: the tool's blocking connection to the daemon's control socket, each step with a time limit.
#pragma once

#include <string>

#include "base/instant.h"
#include "base/octets.h"
#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

class UnixClient {
 public:
  [[nodiscard]] int fd() const { return descriptor_.get(); }
  /// All octets, or an error.
  [[nodiscard]] Result<void> send(OctetView octets, Duration timeout);
  /// What is there, at least one octet and at most `limit`; an empty string when the daemon closed the connection.
  [[nodiscard]] Result<Octets> receive(Duration timeout, std::size_t limit = 65536);

 private:
  friend Result<UnixClient> connect_unix(const std::string& path, Duration timeout);
  UnixClient(FileDescriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  FileDescriptor descriptor_;
  std::string path_;
};

/// The error tells whether the daemon does not run, does not answer, or does not let us in.
[[nodiscard]] Result<UnixClient> connect_unix(const std::string& path, Duration timeout);

}  // namespace keypact::io
