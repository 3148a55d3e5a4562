// MemoryFiles: a FileSource of texts, for tests, the simulator and fuzzing.
#pragma once

#include <map>

#include "config/file_source.h"

namespace keypact::config {

class MemoryFiles final : public FileSource {
 public:
  MemoryFiles() = default;
  MemoryFiles(std::initializer_list<std::pair<const std::string, std::string>> files) : files_(files) {}

  void add(const std::string& path, std::string text) { files_[path] = std::move(text); }

  Result<Secret> read(const std::string& path, std::size_t limit) override;
  /// "*" and "?" stand for characters other than "/".
  Result<std::vector<std::string>> glob(const std::string& pattern) override;
  Result<std::vector<std::string>> files_in(const std::string& folder) override;

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace keypact::config
