// Folders of files that belong together, and the right to change them, which one process at a time has.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

/// With those above it; one that is there is left as it is. `mode`: permission bits of those that are made.
[[nodiscard]] Result<void> make_folder(const std::string& path, unsigned mode = 0755);

/// Something has this name, whatever it is.
[[nodiscard]] bool exists(const std::string& path);

/// One that is not there is no error.
[[nodiscard]] Result<void> remove_file(const std::string& path);

/// The kernel gives it back when the process ends, however.
class FolderLock {
 public:
  /// Nothing when another process has it.
  [[nodiscard]] static Result<std::optional<FolderLock>> take(const std::string& folder);

 private:
  explicit FolderLock(FileDescriptor folder) : folder_(std::move(folder)) {}
  FileDescriptor folder_;
};

}  // namespace keypact::io
