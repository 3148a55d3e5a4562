#include "io/system_setting.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_descriptor.h"
#include "io/files.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

constexpr std::size_t kLimit = 4096;

/// The kernel takes a value in one write, and in no other file.
Result<void> write_value(const std::string& path, const std::string& value) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    return failure(system_error("cannot set " + path + " to " + value, errno));
  return {};
}

}  // namespace

Result<SystemSetting> SystemSetting::set(const std::string& path, const std::string& value) {
  const std::string whole = "/proc/sys/" + path;
  TRY(const auto read, read_file(whole, kLimit));
  std::string before(as_text(read));
  if (before == value || before == value + '\n') return SystemSetting({}, {});
  TRY_VOID(write_value(whole, value));
  return SystemSetting(whole, std::move(before));
}

SystemSetting::~SystemSetting() {
  if (!path_.empty()) (void)write_value(path_, before_);
}

}  // namespace keypact::io
