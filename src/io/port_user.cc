// The kernel lists UDP sockets with their inodes in /proc/net/udp, and the sockets of each process below /proc/PID/fd.
#include "io/port_user.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace keypact::io {
namespace {

namespace fs = std::filesystem;

/// The inodes of the sockets bound to `port`, as the text that /proc/PID/fd shows: "socket:[4711]".
void add_sockets(const char* table, std::uint16_t port, std::set<std::string>& sockets) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the headings
  while (std::getline(file, line)) {
    // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
    std::istringstream fields(line);
    std::string local;
    std::string inode;
    fields >> inode >> local;
    for (int i = 0; i < 8; ++i) fields >> inode;
    const auto colon = local.rfind(':');
    if (colon == std::string::npos) continue;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    if (found == port) sockets.insert("socket:[" + inode + "]");
  }
}

bool holds(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (auto fd = fs::directory_iterator(process / "fd", error); !error && fd != fs::directory_iterator();
       fd.increment(error)) {
    std::error_code unreadable;
    if (sockets.contains(fs::read_symlink(fd->path(), unreadable).string())) return true;
  }
  return false;
}

}  // namespace

std::string udp_port_user(std::uint16_t port) {
  std::set<std::string> sockets;
  add_sockets("/proc/thread-self/net/udp", port, sockets);
  add_sockets("/proc/thread-self/net/udp6", port, sockets);
  if (sockets.empty()) return {};
  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    const bool number = std::ranges::all_of(pid, [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!number || !holds(entry->path(), sockets)) continue;
    std::ifstream file(entry->path() / "comm");
    std::string name;
    std::getline(file, name);
    return name + " (pid " + pid + ")";
  }
  return {};
}

}  // namespace keypact::io
