// RealFiles: the configuration's files in the file system. What they hold goes straight into memory that is wiped.
#pragma once

#include "config/file_source.h"

namespace keypact::io {

class RealFiles final : public config::FileSource {
 public:
  /// Symbolic links are followed; what is no regular file is an error.
  Result<Secret> read(const std::string& path, std::size_t limit) override;
  /// As glob(7), without expansion of "~" and "{a,b}".
  Result<std::vector<std::string>> glob(const std::string& pattern) override;
  /// Symbolic links to regular files are among them, folders and the like are not.
  Result<std::vector<std::string>> files_in(const std::string& folder) override;
};

}  // namespace keypact::io
