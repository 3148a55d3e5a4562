#include "io/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "io/clock.h"
#include "io/file_descriptor.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool open_pipe(FileDescriptor& to_read, FileDescriptor& to_write) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
  to_read.reset(ends[0]);
  to_write.reset(ends[1]);
  return true;
}

/// A pipe that holds all of it and has no other end any more; none: errno says why.
FileDescriptor input_of(const Program& program) {
  FileDescriptor to_read;
  FileDescriptor to_write;
  if (!open_pipe(to_read, to_write)) return {};
  const auto size = program.input.size();
  if (size > 0 && ::write(to_write.get(), program.input.data(), size) != static_cast<ssize_t>(size)) {
    errno = E2BIG;
    return {};
  }
  if (::fcntl(to_read.get(), F_SETFL, 0) != 0) return {};
  return to_read;
}

/// What a new process begins with: a process group of its own, no signal blocked or ignored, no descriptor but these.
class Beginning {
 public:
  Beginning(int input, int output) {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;
  ~Beginning() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

struct Command::Running {
  pid_t process = -1;  ///< -1: it was waited for
  FileDescriptor end;  ///< readable when the process has ended
  FileDescriptor output;
  Watch end_watch;
  Watch output_watch;
  Timer too_long;
  CommandOutcome outcome;
  CommandLimits limits;
  Ended ended;

  Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (process < 0) return;
    kill_all();
    wait();
  }
  void kill_all() const { (void)::kill(-process, SIGKILL); }
  void wait() {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    process = -1;
    outcome.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  /// False when there is nothing more to come.
  bool read_output() {
    std::array<char, 1024> buffer{};
    for (;;) {
      const auto count = ::read(output.get(), buffer.data(), buffer.size());
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      if (count == 0) return false;
      const auto room = limits.output_octets - std::min(limits.output_octets, outcome.output.size());
      outcome.output.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    }
  }
  void on_output() {
    if (!read_output()) output_watch = {};
  }
  void on_end() {
    wait();
    if (output_watch) (void)read_output();
    end_watch = {};
    output_watch = {};
    too_long.cancel();
    // The owner may destroy this object in the call.
    auto tell = std::move(ended);
    tell(std::move(outcome));
  }
};

Command::Command(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

Result<Command> Command::start(EventLoop& loop, const Program& program, Ended ended, CommandLimits limits) {
  const auto failed = [&](int code) {
    return std::unexpected(system_error("cannot run " + program.words.front(), code));
  };
  auto running = std::make_unique<Running>();
  FileDescriptor written;
  if (!open_pipe(running->output, written)) return failed(errno);
  if (::fcntl(written.get(), F_SETFL, 0) != 0) return failed(errno);  // the program expects a pipe that blocks
  const auto input = input_of(program);
  if (!input) return failed(errno);

  auto words_to_pass = program.words;
  auto environment_to_pass = program.environment;
  const Beginning beginning(input.get(), written.get());
  const int code =
      ::posix_spawn(&running->process, words_to_pass.front().c_str(), beginning.actions(), beginning.attributes(),
                    pointers_to(words_to_pass).data(), pointers_to(environment_to_pass).data());
  if (code != 0) {
    running->process = -1;
    return failed(code);
  }
  // glibc 2.36 declares pidfd_open without C linkage.
  running->end.reset(static_cast<int>(::syscall(SYS_pidfd_open, running->process, 0)));  // NOLINT: POSIX's interface
  if (!running->end) return failed(errno);
  running->limits = limits;
  running->ended = std::move(ended);
  TRY(running->end_watch, loop.watch(running->end.get(), [self = running.get()] { self->on_end(); }));
  TRY(running->output_watch, loop.watch(running->output.get(), [self = running.get()] { self->on_output(); }));
  running->too_long = Timer(loop, [self = running.get()] {
    self->outcome.timed_out = true;
    self->kill_all();
  });
  running->too_long.set(monotonic_now() + limits.time);
  return Command(std::move(running));
}

}  // namespace keypact::io
