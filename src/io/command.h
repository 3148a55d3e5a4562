// Command: a program that was started, until it ends or has run for too long. Nothing of ours is open in it, and no shell is
// between.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/event_loop.h"

namespace keypact::io {

/// Where programs are looked for by programs that we run, for their environment.
inline constexpr std::string_view kProgramPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Program {
  std::vector<std::string> words;        ///< its path and its arguments
  std::vector<std::string> environment;  ///< all of it, as NAME=value
  std::string input;                     ///< its standard input; at most kInputOctets
};
inline constexpr std::size_t kInputOctets = 65'536;

struct CommandLimits {
  Duration time = seconds(10);       ///< then it and all that it started in its process group are killed
  std::size_t output_octets = 4096;  ///< what it prints beyond that is dropped
};

struct CommandOutcome {
  int status = 0;  ///< as a shell has it: 128 and more: ended by that signal
  bool timed_out = false;
  std::string output;  ///< of standard output and standard error
};

class Command {
 public:
  using Ended = std::move_only_function<void(CommandOutcome)>;

  /// `ended` is called once on the loop's thread, never from inside this call, and may destroy this object; it is not called when
  /// this object goes before: then the program is killed.
  [[nodiscard]] static Result<Command> start(EventLoop& loop, const Program& program, Ended ended,
                                             CommandLimits limits = {});
  Command(Command&&) noexcept;
  Command& operator=(Command&&) noexcept;
  ~Command();

 private:
  struct Running;
  explicit Command(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace keypact::io
