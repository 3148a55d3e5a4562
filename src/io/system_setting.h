// SystemSetting: a value below /proc/sys that is another one for as long as this object lives.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace keypact::io {

class SystemSetting {
 public:
  /// `path`: below /proc/sys.
  [[nodiscard]] static Result<SystemSetting> set(const std::string& path, const std::string& value);
  SystemSetting(SystemSetting&& other) noexcept
      : path_(std::exchange(other.path_, {})), before_(std::move(other.before_)) {}
  SystemSetting& operator=(SystemSetting&&) = delete;
  /// Gives it back the value that it had.
  ~SystemSetting();

 private:
  SystemSetting(std::string path, std::string before) : path_(std::move(path)), before_(std::move(before)) {}

  std::string path_;  ///< empty: nothing to give back
  std::string before_;
};

}  // namespace keypact::io
