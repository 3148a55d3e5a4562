// Whole small files: read with a limit, replace in one step, and append to a file that nobody else can read.
#pragma once

#include <string>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::io {

/// The whole of a regular file (symbolic links are followed); more than `limit` octets is an error.
[[nodiscard]] Result<Octets> read_file(const std::string& path, std::size_t limit);

/// Readers see the old content or the new, never a part, also after a crash. `mode`: permission bits of the file.
[[nodiscard]] Result<void> write_file_atomically(const std::string& path, OctetView content, unsigned mode = 0644);

/// Appends to a file of mode 0600 that is made if need be, in one write. Refuses a symbolic link, what is no regular file, a file
/// of another owner and one that others can open: what goes here are keys.
[[nodiscard]] Result<void> append_private(const std::string& path, OctetView octets);

}  // namespace keypact::io
