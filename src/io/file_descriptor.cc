#include "io/file_descriptor.h"

#include <unistd.h>

namespace keypact::io {

void FileDescriptor::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);  // after EINTR too the descriptor is gone on Linux
  fd_ = fd;
}

}  // namespace keypact::io
