// Passphrases from people: typed on a terminal without being shown, or the first line of a file.
#pragma once

#include "base/result.h"
#include "base/secret.h"

namespace keypact::cli {

struct PassphraseSource {
  std::string file;     ///< empty: the terminal
  std::string prompt;   ///< "Passphrase of the CA's key"
  std::string option;   ///< that names a file, for the error where no terminal is
  bool is_new = false;  ///< typed twice
};

/// Never empty.
[[nodiscard]] Result<Secret> passphrase_from(const PassphraseSource& source);

}  // namespace keypact::cli
