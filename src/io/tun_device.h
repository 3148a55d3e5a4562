// TunDevice: the network interface through which protected traffic enters and leaves, IP packets without link header. The
// interface lives as long as this object, unless it is one that is taken. Its name, MTU and addresses are Netlink's once it exists.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/octets.h"
#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

/// Packets of one read or write call.
inline constexpr std::size_t kTunBatch = 64;

enum class TunState : std::uint8_t {
  working,
  down,     ///< the interface was set down by somebody: packets are lost until it is up again
  removed,  ///< the interface is gone, or the device is broken: nothing passes ever again, make a new one
};

struct TunReadReport {
  std::span<const MutableOctets> packets;  ///< belong to the device until the next read(); empty when there is none
  TunState state = TunState::working;
  int system_error = 0;  ///< errno when the state is not `working`
};

struct TunWriteReport {
  std::size_t written = 0;
  std::size_t dropped = 0;  ///< refused by the kernel (not IP, interface down, no memory) or written in part
  TunState state = TunState::working;
  int system_error = 0;  ///< errno of the last drop
};

class TunDevice {
 public:
  /// Creates the interface `name` ("%d" in it becomes a free number), neither persistent nor up. An interface that exists
  /// already is an error.
  [[nodiscard]] static Result<TunDevice> create(const std::string& name);
  /// Creates the interface, or takes the one that an earlier run left: it stays when the process is gone, and its routes with it. In
  /// the place of "%d" comes the first number whose interface nobody has.
  [[nodiscard]] static Result<TunDevice> take(const std::string& name);
  /// It goes with this object after all.
  void let_go();
  /// Takes a descriptor that yields one packet a read: from a privileged parent, or a test.
  [[nodiscard]] static TunDevice adopt(FileDescriptor descriptor, std::string name);

  TunDevice(TunDevice&&) noexcept;
  TunDevice& operator=(TunDevice&&) noexcept;
  ~TunDevice();

  [[nodiscard]] int fd() const;
  [[nodiscard]] const std::string& name() const;

  /// The packets that are there now, up to kTunBatch. When the state is `removed` the device must not be watched any more.
  [[nodiscard]] TunReadReport read();
  /// Hands packets to the kernel. A packet that fails does not hinder the others, unless the state is `removed`.
  TunWriteReport write(std::span<const OctetView> packets);

 private:
  struct Implementation;
  explicit TunDevice(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
