#include "config/memory_files.h"

namespace keypact::config {
namespace {

bool meets(std::string_view pattern, std::string_view name) {
  // Where the last "*" stands, and how much of the name it has taken so far: enough, since "*" is the only thing that grows.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t p = 0;
  std::size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == name[n] || (pattern[p] == '?' && name[n] != '/'))) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos && name[taken] != '/') {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

Result<Secret> MemoryFiles::read(const std::string& path, std::size_t limit) {
  const auto found = files_.find(path);
  if (found == files_.end()) return failure(Error{"cannot read " + path, "there is no such file", ""});
  if (found->second.size() > limit) return failure(Error{"cannot read " + path, "it is too large", ""});
  return Secret::copy_of(as_octets(found->second));
}

Result<std::vector<std::string>> MemoryFiles::glob(const std::string& pattern) {
  std::vector<std::string> paths;
  for (const auto& [path, text] : files_)
    if (meets(pattern, path)) paths.push_back(path);
  return paths;
}

Result<std::vector<std::string>> MemoryFiles::files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& [path, text] : files_) {
    if (!path.starts_with(folder + '/')) continue;
    const auto name = path.substr(folder.size() + 1);
    if (!name.empty() && name.front() != '.' && name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

}  // namespace keypact::config
