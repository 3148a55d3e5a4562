#include "bench/capacity/daemon_under_test.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "io/udp_socket.h"
#include "io/unix_client.h"

namespace keypact::bench {
namespace {

/// Two neighbouring ports that are free now.
Result<std::uint16_t> free_ports() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    TRY(const auto first, io::UdpSocket::open({.bind = {IpAddress::unspecified(IpFamily::v4), 0}}));
    const auto port = first.local().port;
    if (port == 65535) continue;
    if (io::UdpSocket::open({.bind = {IpAddress::unspecified(IpFamily::v4), static_cast<std::uint16_t>(port + 1)}}))
      return port;
  }
  return failure(Error{"no free UDP ports", {}, {}});
}

std::int64_t in_seconds(Duration duration) { return std::chrono::duration_cast<seconds>(duration).count(); }

}  // namespace

Result<DaemonUnderTest> DaemonUnderTest::start(const Plan& plan) {
  std::string directory = std::filesystem::temp_directory_path() / "keypact-capacity-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return failure(Error{"no temporary directory", directory, {}});
  TRY(const auto port, free_ports());
  DaemonUnderTest daemon(directory, port);
  TRY_VOID(daemon.write_configuration(plan));
  TRY_VOID(daemon.spawn(plan));
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (io::connect_unix(daemon.vici_path(), seconds(1))) return daemon;
    if (!daemon.is_alive()) break;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return failure(Error{plan.daemon + " does not start", {}, {}});
}

Result<void> DaemonUnderTest::write_configuration(const Plan& plan) const {
  std::ofstream file(directory_ + "/swanctl.conf");
  const auto times = " rekey_time = " + std::to_string(in_seconds(plan.rekey_time())) +
                     "s\n rand_time = " + std::to_string(in_seconds(plan.rand_time())) + "s\n";
  file << "connections {\n clients {\n version = 2\n local_addrs = 127.0.0.1\n remote_addrs = %any\n"
       << " proposals = aes256gcm16-prfsha256-x25519\n dpd_delay = " << in_seconds(plan.dpd_delay()) << "s\n"
       << times << " over_time = 3600s\n local {\n auth = psk\n id = " << kGatewayId
       << "\n }\n remote {\n auth = psk\n id = %any\n }\n"
       << " children {\n net {\n esp_proposals = aes256gcm16\n local_ts = 10.0.0.0/8\n remote_ts = dynamic\n life_time "
          "= "
       << in_seconds(plan.rekey_time() + seconds(3600)) << "s\n"
       << times << " }\n }\n }\n}\n"
       << "secrets {\n ike-all {\n secret = \"" << kSharedKey << "\"\n }\n}\n";
  file.close();
  if (file.fail()) return failure(Error{"cannot write " + directory_, {}, {}});
  return {};
}

Result<void> DaemonUnderTest::spawn(const Plan& plan) {
  std::vector<std::string> words = {plan.daemon, "--config", directory_, "--vici", vici_path(), "--backend", "memory",
                                    "--port", std::to_string(port_), "--nat-port", std::to_string(port_ + 1),
                                    "--log-level", "error",
                                    // All come at once and are honest: what is measured is not how they prove it.
                                    "--init-rate", "0", "--network-init-rate", "0", "--key-exchange-share", "0"};
  if (plan.engines != 1) words.insert(words.end(), {"--engines", std::to_string(plan.engines)});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = ::fork();
  if (process_ < 0) return failure(Error{"no process for " + plan.daemon, {}, {}});
  if (process_ == 0) {
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return {};
}

DaemonUnderTest::DaemonUnderTest(DaemonUnderTest&& other) noexcept
    : directory_(std::exchange(other.directory_, {})), port_(other.port_), process_(std::exchange(other.process_, 0)) {}

DaemonUnderTest::~DaemonUnderTest() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    (void)::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

bool DaemonUnderTest::is_alive() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

std::size_t DaemonUnderTest::resident() const {
  std::ifstream file("/proc/" + std::to_string(process_) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

Duration DaemonUnderTest::cpu() const {
  Duration sum{};
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process_) + "/task", ignored)) {
    std::ifstream file(task.path() / "schedstat");
    std::int64_t nanoseconds = 0;
    file >> nanoseconds;
    sum += std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(nanoseconds));
  }
  return sum;
}

}  // namespace keypact::bench
