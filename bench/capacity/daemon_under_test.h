// DaemonUnderTest: a keypactd of our own as a child process, with a configuration that lets one connection serve all clients, and
// what the kernel tells about its memory and CPU.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "bench/capacity/plan.h"

namespace keypact::bench {

inline constexpr std::string_view kSharedKey = "the key that all clients share";
inline constexpr std::string_view kGatewayId = "gateway.example.org";

class DaemonUnderTest {
 public:
  [[nodiscard]] static Result<DaemonUnderTest> start(const Plan& plan);
  DaemonUnderTest(DaemonUnderTest&& other) noexcept;
  DaemonUnderTest& operator=(DaemonUnderTest&&) = delete;
  /// Ends the process at once and removes its directory.
  ~DaemonUnderTest();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string vici_path() const { return directory_ + "/vici"; }
  [[nodiscard]] bool is_alive() const;
  /// Octets of memory that are resident.
  [[nodiscard]] std::size_t resident() const;
  /// Of all its threads, in user and kernel mode.
  [[nodiscard]] Duration cpu() const;

 private:
  DaemonUnderTest(std::string directory, std::uint16_t port) : directory_(std::move(directory)), port_(port) {}
  [[nodiscard]] Result<void> write_configuration(const Plan& plan) const;
  [[nodiscard]] Result<void> spawn(const Plan& plan);

  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

}  // namespace keypact::bench
