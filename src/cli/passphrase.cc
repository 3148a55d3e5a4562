#include "cli/passphrase.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "io/file_descriptor.h"
#include "io/file_source.h"

namespace keypact::cli {
namespace {

constexpr std::size_t kLongest = 1000;  // what OpenSSL takes, and a little less
constexpr std::size_t kFileOctets = 4096;

void interrupted(int /*signal*/) {}

/// The terminal does not show what is typed as long as this lives; a signal that would end us ends the reading only.
class Unseen {
 public:
  explicit Unseen(int terminal) : terminal_(terminal) {
    struct sigaction action{};
    action.sa_handler = interrupted;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
    ::tcgetattr(terminal_, &shown_);
    auto unseen = shown_;
    unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    unseen.c_lflag |= static_cast<tcflag_t>(ECHONL | ICANON);
    ::tcsetattr(terminal_, TCSAFLUSH, &unseen);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  ~Unseen() {
    ::tcsetattr(terminal_, TCSAFLUSH, &shown_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  int terminal_;
  termios shown_{};
  std::array<struct sigaction, kSignals.size()> before_{};
};

Secret first_line(const Secret& text) {
  const auto octets = text.reveal();
  const auto end = std::ranges::find(octets, '\n');
  auto line = octets.first(static_cast<std::size_t>(end - octets.begin()));
  if (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  return Secret::copy_of(line);
}

Result<Secret> checked(Secret passphrase, const std::string& from) {
  const auto what = "cannot take the passphrase from " + from;
  if (passphrase.empty()) return failure(Error{what, "it is empty", {}});
  if (passphrase.size() > kLongest)
    return failure(Error{what, "it has more than " + std::to_string(kLongest) + " octets", {}});
  if (std::ranges::find(passphrase.reveal(), 0) != passphrase.reveal().end())
    return failure(Error{what, "there is a NUL in it", {}});
  return passphrase;
}

Result<Secret> typed(int terminal, const std::string& prompt) {
  const auto shown = prompt + ": ";
  if (::write(terminal, shown.data(), shown.size()) < 0)
    return failure(Error{"cannot ask for a passphrase", "the terminal takes no output", {}});
  const Unseen unseen(terminal);
  Secret line(kLongest + 2);
  const auto size = ::read(terminal, line.reveal_mutable().data(), line.size());
  if (size <= 0)
    return failure(Error{"no passphrase was typed", "the terminal was closed, or somebody interrupted it", {}});
  return checked(first_line(Secret::copy_of(line.reveal().first(static_cast<std::size_t>(size)))), "the terminal");
}

}  // namespace

Result<Secret> passphrase_from(const PassphraseSource& source) {
  if (!source.file.empty()) {
    io::RealFiles files;
    TRY(const auto text, files.read(source.file, kFileOctets));
    return checked(first_line(text), source.file);
  }
  const io::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal)
    return failure(
        Error{"cannot ask for a passphrase", "there is no terminal", "Give it with " + source.option + " FILE"});
  TRY(auto passphrase, typed(terminal.get(), source.prompt));
  if (!source.is_new) return passphrase;
  TRY(const auto again, typed(terminal.get(), source.prompt + ", again"));
  if (!secret_equal(passphrase.reveal(), again.reveal()))
    return failure(Error{"the passphrases differ", "the second is another than the first", "Type the same twice"});
  return passphrase;
}

}  // namespace keypact::cli
