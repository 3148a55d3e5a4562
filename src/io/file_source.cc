#include "io/file_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "io/file_descriptor.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// Reads until `buffer` is full or the file ends; the count of octets, or -1 with errno.
ssize_t read_fully(int fd, MutableOctets buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto count = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(filled);
}

/// The reason of the last search that was given up; glob(3) hands it to a bare function only.
thread_local int search_error = 0;

/// A directory that is not there has no files in it; any other trouble ends the search.
int on_search_error(const char*, int code) {
  search_error = code;
  return code == ENOENT || code == ENOTDIR ? 0 : 1;
}

}  // namespace

Result<Secret> RealFiles::read(const std::string& path, std::size_t limit) {
  const auto what = "cannot read " + path;
  // Without O_NONBLOCK, a FIFO would hold us up before we know what it is.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return failure(system_error(what, errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure(system_error(what, errno));
  if (!S_ISREG(status.st_mode)) return failure(Error{what, "it is no regular file", {}});
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > limit)
    return failure(Error{what, "it has more than the " + std::to_string(limit) + " octets that are left for it", {}});
  Secret text(size);
  const auto count = read_fully(file.get(), text.reveal_mutable());
  if (count < 0) return failure(system_error(what, errno));
  if (static_cast<std::size_t>(count) != size)
    return failure(Error{what, "it became shorter while it was read", "try again"});
  return text;
}

Result<std::vector<std::string>> RealFiles::glob(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, on_search_error, &found);
  std::vector<std::string> paths;
  if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status == 0 || status == GLOB_NOMATCH) return paths;
  const auto what = "cannot look for " + pattern;
  if (status == GLOB_NOSPACE) return failure(Error{what, "not enough memory", {}});
  return failure(system_error(what, search_error));
}

Result<std::vector<std::string>> RealFiles::files_in(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  std::vector<std::string> names;
  if (!directory && (errno == ENOENT || errno == ENOTDIR)) return names;
  if (!directory) return failure(system_error("cannot look into " + folder, errno));
  while (const auto* entry = ::readdir(directory.get())) {
    struct stat status{};
    if (entry->d_name[0] == '.') continue;
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode))
      names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace keypact::io
