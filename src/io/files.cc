#include "io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "io/file_descriptor.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// 0, or an errno.
int write_all(int fd, OctetView octets) {
  while (!octets.empty()) {
    const ssize_t size = ::write(fd, octets.data(), octets.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    octets = octets.subspan(static_cast<std::size_t>(size));
  }
  return 0;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<Octets> read_file(const std::string& path, std::size_t limit) {
  const std::string what = "cannot read " + path;
  // Non-blocking, so that a pipe without a writer does not hold us; it has no effect on a regular file.
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    const int code = errno;
    return failure(system_error(what, code, code == EACCES ? "Check its owner and permissions" : ""));
  }
  if (!S_ISREG(status.st_mode)) return failure(Error{what, "it is no regular file", {}});
  Octets content;
  for (;;) {
    const std::size_t size = content.size();
    const std::size_t expected = size == 0 ? static_cast<std::size_t>(status.st_size) + 1 : size + 4096;
    content.resize(std::min(expected, limit + 1));  // one more, to see whether there is more
    const ssize_t more = ::read(fd.get(), content.data() + size, content.size() - size);
    content.resize(size + static_cast<std::size_t>(std::max<ssize_t>(more, 0)));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return failure(system_error(what, errno));
    if (more == 0) return content;
    if (content.size() > limit)
      return failure(Error{what, "it has more than " + std::to_string(limit) + " octets", {}});
  }
}

Result<void> write_file_atomically(const std::string& path, OctetView content, unsigned mode) {
  const std::string what = "cannot write " + path;
  std::string temporary = path + ".XXXXXX";
  FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600, a new file in any case
  if (!fd) return failure(system_error(what, errno));
  int code = write_all(fd.get(), content);
  if (code == 0 && ::fchmod(fd.get(), mode) != 0) code = errno;
  if (code == 0 && ::fsync(fd.get()) != 0) code = errno;
  if (code == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) code = errno;
  if (code != 0) {
    ::unlink(temporary.c_str());
    return failure(system_error(what, code));
  }
  const FileDescriptor directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());  // some file systems cannot; the content is safe in any case
  return {};
}

Result<void> append_private(const std::string& path, OctetView octets) {
  const std::string what = "cannot append keys to " + path;
  const FileDescriptor fd(::open(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, S_IRUSR | S_IWUSR));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    const int code = errno;
    if (code == ELOOP) return failure(Error{what, "it is a symbolic link", "Give the path of the file itself"});
    return failure(system_error(what, code));
  }
  if (!S_ISREG(status.st_mode)) return failure(Error{what, "it is no regular file", {}});
  if (status.st_uid != ::geteuid() || status.st_nlink != 1)
    return failure(Error{what, "it belongs to somebody else or has a second name", "Remove it, or give another path"});
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure(Error{what, "other users can open it", "Restrict it first: chmod 600 " + path});
  if (const int code = write_all(fd.get(), octets); code != 0) return failure(system_error(what, code));
  return {};
}

}  // namespace keypact::io
