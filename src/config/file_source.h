// FileSource: where the text of the configuration comes from. io has the file system, a test has a map.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace keypact::config {

class FileSource {
 public:
  virtual ~FileSource() = default;
  /// The whole content; a file of more than `limit` octets is an error. A Secret, because it may hold pre-shared keys.
  [[nodiscard]] virtual Result<Secret> read(const std::string& path, std::size_t limit) = 0;
  /// The files that a shell pattern names, sorted; none is no error.
  [[nodiscard]] virtual Result<std::vector<std::string>> glob(const std::string& pattern) = 0;
  /// The names of the files in a folder, sorted, without those that begin with a dot; none when there is no such folder.
  [[nodiscard]] virtual Result<std::vector<std::string>> files_in(const std::string& folder) = 0;
};

}  // namespace keypact::config
