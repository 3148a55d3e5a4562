// NamespaceLock: a name that one process at a time has in its network namespace; the kernel frees it when the process ends, however.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

class NamespaceLock {
 public:
  /// Nothing when somebody has it.
  [[nodiscard]] static Result<std::optional<NamespaceLock>> take(const std::string& name);

 private:
  explicit NamespaceLock(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  FileDescriptor descriptor_;
};

}  // namespace keypact::io
