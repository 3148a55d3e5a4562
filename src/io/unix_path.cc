// The directory must be one that only root or we can change (or a sticky one, as /tmp), and is locked while we look and bind:
// so what was looked at is what is removed, also when two daemons start at once.
#include "io/unix_path.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/system_error.h"

namespace keypact::io {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kMode = 0660;

std::string what_of(const std::string& path) { return "cannot offer the control socket " + path; }

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> check_directory(const std::string& path, const std::string& directory, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return failure(system_error(what_of(path), errno));
  const bool trusted_owner = status.st_uid == 0 || status.st_uid == ::geteuid();
  const bool sticky = (status.st_mode & S_ISVTX) != 0;
  if (trusted_owner && ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky)) return {};
  return failure(Error{what_of(path), "other users can replace files in " + directory,
                       "Choose a directory that belongs to root and that only root can write to"});
}

/// The directory, made if only its last part is absent, and locked.
Result<FileDescriptor> lock_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return failure(system_error(what_of(path), errno, "Make the directory " + directory));
  FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failure(system_error(what_of(path), errno));
  TRY_VOID(check_directory(path, directory, fd.get()));
  for (int attempt = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure(system_error(what_of(path), errno));
    if (attempt == 200) return failure(Error{what_of(path), "another program keeps " + directory + " locked", {}});
    ::poll(nullptr, 0, 10);
  }
  return fd;
}

/// Does a program take connections at that socket?
bool somebody_listens(const sockaddr_un& address) {
  const FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return true;  // not known, so nothing is removed
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;  // NOLINT: sockets
  return errno != ECONNREFUSED && errno != ENOENT;
}

/// Removes the socket of an earlier run; anything else there is an error.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return failure(system_error(what_of(path), errno));
  }
  if (!S_ISSOCK(status.st_mode))
    return failure(Error{what_of(path), S_ISLNK(status.st_mode) ? "a symbolic link is there" : "another file is there",
                         "Remove it, or choose another path"});
  if (status.st_uid != ::geteuid())
    return failure(Error{what_of(path), "the socket of another user is there", "Remove it, or choose another path"});
  if (somebody_listens(address))
    return failure(Error{what_of(path), "another program listens there",
                         "Stop the other daemon (keypactd, or strongSwan's charon), or choose another path"});
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(system_error(what_of(path), errno));
  return {};
}

}  // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string what = "the path of a control socket cannot be \"" + path + "\"";
  if (path.empty() || path.find('\0') != std::string::npos)
    return failure(Error{what, "it must be a name in the file system", {}});
  if (path.size() >= sizeof address.sun_path)
    return failure(Error{what, "it has more than " + std::to_string(sizeof address.sun_path - 1) + " characters",
                         "Choose a shorter path"});
  std::ranges::copy(path, static_cast<char*>(address.sun_path));
  return address;
}

Result<BoundUnixSocket> bind_unix(const std::string& path, std::optional<std::uint32_t> group) {
  TRY(const sockaddr_un address, unix_address(path));
  TRY(const FileDescriptor directory, lock_directory(path));
  TRY_VOID(remove_stale(path, address));
  BoundUnixSocket bound{FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), {}};
  if (!bound.descriptor) return failure(system_error(what_of(path), errno));

  // The file has its final mode from its first moment on; bind(2) never follows a symbolic link.
  const mode_t before = ::umask(static_cast<mode_t>(0777 & ~kMode));
  const int outcome =
      ::bind(bound.descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);  // NOLINT: sockets
  const int code = errno;
  ::umask(before);
  if (outcome != 0) return failure(system_error(what_of(path), code));

  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode))
    return failure(system_error(what_of(path), ENOENT));
  bound.identity = {status.st_dev, status.st_ino};
  const bool ready = (!group || ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) == 0) &&
                     ::listen(bound.descriptor.get(), kBacklog) == 0;
  if (ready) return bound;
  Error error = system_error(what_of(path), errno);
  remove_unix_path(path, bound.identity);
  return failure(std::move(error));
}

void remove_unix_path(const std::string& path, const UnixPathIdentity& identity) {
  const auto directory = lock_directory(path);
  if (!directory) return;
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  if (status.st_dev == identity.device && status.st_ino == identity.inode) ::unlink(path.c_str());
}

}  // namespace keypact::io
