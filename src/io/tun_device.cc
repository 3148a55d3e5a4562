#include "io/tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "io/system_error.h"

namespace keypact::io {
namespace {

/// More than any packet has; the odd part spreads the slots over the cache.
constexpr std::size_t kSlotOctets = 65536 + 192;
/// Calls of read() in a row that fail before a device counts as broken: the loop must not spin on it.
constexpr int kFailuresInARow = 16;

/// What an errno of read or write says about the device.
TunState state_of(int code) {
  switch (code) {
    case EBADFD:  // the interface was deleted
    case EBADF:
    case ENODEV:
    case ENXIO:
    case EPIPE: return TunState::removed;
    case EIO:
    case ENETDOWN: return TunState::down;
    default: return TunState::working;
  }
}

}  // namespace

struct TunDevice::Implementation {
  FileDescriptor descriptor;
  std::string name;
  std::unique_ptr<std::uint8_t[]> buffer = std::make_unique_for_overwrite<std::uint8_t[]>(kTunBatch * kSlotOctets);
  std::vector<MutableOctets> packets;
  int failures = 0;
};

Result<TunDevice> TunDevice::create(const std::string& name) {
  const std::string what = "cannot create the network interface " + name;
  if (name.empty() || name.size() >= IFNAMSIZ)
    return failure(Error{what, "a name has 1 to 15 characters", "Give a shorter name"});
  FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const int code = errno;
    std::string remedy;
    if (code == ENOENT || code == ENODEV) remedy = "The kernel's TUN driver is needed: modprobe tun";
    return failure(system_error("cannot open /dev/net/tun", code, std::move(remedy)));
  }
  ifreq request{};
  std::copy(name.begin(), name.end(), request.ifr_name);
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    const int code = errno;
    if (code == EBUSY || code == EEXIST)
      return failure(Error{
          what, "an interface of that name exists already",
          "Stop the program it belongs to, delete it with \"ip link delete " + name + "\", or choose another name"});
    std::string remedy;
    if (code == EINVAL) remedy = "Choose a name without blanks and slashes";
    return failure(system_error(what, code, std::move(remedy)));
  }
  return adopt(std::move(fd), request.ifr_name);
}

TunDevice TunDevice::adopt(FileDescriptor descriptor, std::string name) {
  auto implementation = std::make_unique<Implementation>();
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags >= 0) ::fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK);
  implementation->descriptor = std::move(descriptor);
  implementation->name = std::move(name);
  implementation->packets.reserve(kTunBatch);
  return TunDevice(std::move(implementation));
}

TunDevice::TunDevice(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
TunDevice::TunDevice(TunDevice&&) noexcept = default;
TunDevice& TunDevice::operator=(TunDevice&&) noexcept = default;
TunDevice::~TunDevice() = default;

int TunDevice::fd() const { return implementation_->descriptor.get(); }
const std::string& TunDevice::name() const { return implementation_->name; }

TunReadReport TunDevice::read() {
  auto& self = *implementation_;
  self.packets.clear();
  TunReadReport report;
  while (self.packets.size() < kTunBatch) {
    std::uint8_t* slot = self.buffer.get() + self.packets.size() * kSlotOctets;
    const ssize_t size = ::read(self.descriptor.get(), slot, kSlotOctets);
    if (size > 0) {
      self.packets.emplace_back(slot, static_cast<std::size_t>(size));
      continue;
    }
    const int code = size == 0 ? ENODEV : errno;  // the end of a file is the end of the device
    if (code == EINTR) continue;
    if (code == EAGAIN) break;
    report.system_error = code;
    report.state = state_of(code);
    break;
  }
  self.failures = report.system_error == 0 || !self.packets.empty() ? 0 : self.failures + 1;
  if (report.system_error != 0 && report.state == TunState::working) report.state = TunState::down;
  if (self.failures >= kFailuresInARow) report.state = TunState::removed;
  report.packets = self.packets;
  return report;
}

TunWriteReport TunDevice::write(std::span<const OctetView> packets) {
  TunWriteReport report;
  for (std::size_t i = 0; i < packets.size();) {
    const ssize_t size = ::write(implementation_->descriptor.get(), packets[i].data(), packets[i].size());
    if (size < 0 && errno == EINTR) continue;
    const bool whole = size >= 0 && static_cast<std::size_t>(size) == packets[i].size();
    ++i;
    if (whole) {
      ++report.written;
      continue;
    }
    ++report.dropped;
    report.system_error = size >= 0 ? EMSGSIZE : errno;  // a packet in part is no packet
    if (size < 0) report.state = std::max(report.state, state_of(errno));
    if (report.state != TunState::removed) continue;
    report.dropped += packets.size() - i;
    break;
  }
  return report;
}

}  // namespace keypact::io
