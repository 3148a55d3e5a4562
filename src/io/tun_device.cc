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
/// In the place of %d.
constexpr int kNumbersTried = 1000;

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

namespace {

/// 0, or the errno. `name` becomes what the kernel calls it.
int attach(const FileDescriptor& fd, std::string& name, int flags) {
  ifreq request{};
  std::copy(name.begin(), name.end(), request.ifr_name);
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | flags);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return errno;
  name = request.ifr_name;
  return 0;
}

Error cannot_create(const std::string& name, int code) {
  const std::string what = "cannot create the network interface " + name;
  if (code == EBUSY || code == EEXIST)
    return {what, "an interface of that name exists already",
            "Stop the program it belongs to, delete it with \"ip link delete " + name + "\", or choose another name"};
  return system_error(what, code, code == EINVAL ? "Choose a name without blanks and slashes" : "");
}

Result<FileDescriptor> open_driver(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ)
    return failure(
        Error{"cannot create the network interface " + name, "a name has 1 to 15 characters", "Give a shorter name"});
  FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (fd) return fd;
  const int code = errno;
  std::string remedy;
  if (code == ENOENT || code == ENODEV) remedy = "The kernel's TUN driver is needed: modprobe tun";
  return failure(system_error("cannot open /dev/net/tun", code, std::move(remedy)));
}

}  // namespace

Result<TunDevice> TunDevice::create(const std::string& name) {
  TRY(auto fd, open_driver(name));
  auto known = name;
  if (const int code = attach(fd, known, IFF_TUN_EXCL); code != 0) return failure(cannot_create(name, code));
  return adopt(std::move(fd), std::move(known));
}

Result<TunDevice> TunDevice::take(const std::string& name) {
  TRY(auto fd, open_driver(name));
  const auto number_at = name.find("%d");
  int code = 0;
  for (int number = 0; number < kNumbersTried; ++number) {
    auto known = name;
    if (number_at != std::string::npos) known.replace(number_at, 2, std::to_string(number));
    code = known.size() < IFNAMSIZ ? attach(fd, known, 0) : EINVAL;
    // The kernel says EINVAL of one that is no TUN device.
    if ((code == EBUSY || code == EINVAL) && number_at != std::string::npos) continue;
    if (code != 0) break;
    if (::ioctl(fd.get(), TUNSETPERSIST, 1) != 0) return failure(cannot_create(known, errno));
    return adopt(std::move(fd), std::move(known));
  }
  return failure(cannot_create(name, code));
}

void TunDevice::let_go() { (void)::ioctl(fd(), TUNSETPERSIST, 0); }

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
