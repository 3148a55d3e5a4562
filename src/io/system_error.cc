#include "io/system_error.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace keypact::io {
namespace {

std::string usual_remedy(int code) {
  switch (code) {
    case EPERM: return "Run it as root or with the capabilities CAP_NET_ADMIN and CAP_NET_RAW";
    case EMFILE: return "Raise the limit of open files (LimitNOFILE= of the service, ulimit -n)";
    case ENFILE: return "Raise the system's limit of open files (sysctl fs.file-max)";
    case ENOMEM:
    case ENOBUFS: return "Free memory on this machine";
    case ENOSPC: return "Free space on the file system";
    case EROFS: return "Choose a path on a writable file system";
    default: return {};
  }
}

}  // namespace

std::string system_reason(int code) {
  std::array<char, 128> buffer{};
  std::string reason = ::strerror_r(code, buffer.data(), buffer.size());
  if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])))
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return reason;
}

Error system_error(std::string what, int code, std::string remedy) {
  if (remedy.empty()) remedy = usual_remedy(code);
  return {std::move(what), system_reason(code), std::move(remedy)};
}

}  // namespace keypact::io
