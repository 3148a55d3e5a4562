#include "io/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/system_error.h"

namespace keypact::io {

Result<void> make_folder(const std::string& path, unsigned mode) {
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto folder = path.substr(0, end);
    if (!folder.empty() && ::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST)
      return failure(system_error("cannot make the folder " + folder, errno));
    if (end == std::string::npos) break;
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failure(system_error("cannot make the folder " + path, errno));
  if (!S_ISDIR(status.st_mode)) return failure(Error{"cannot make the folder " + path, "it is a file", {}});
  return {};
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(system_error("cannot remove " + path, errno));
  return {};
}

Result<std::optional<FolderLock>> FolderLock::take(const std::string& folder) {
  FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return failure(system_error("cannot open " + folder, errno));
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) == 0) return std::optional(FolderLock(std::move(descriptor)));
  if (errno == EWOULDBLOCK) return std::optional<FolderLock>();
  return failure(system_error("cannot lock " + folder, errno));
}

}  // namespace keypact::io
