// The command line of `keypact pki`.
#pragma once

#include "cli/pki_options.h"

namespace CLI {
class App;
}

namespace keypact::cli {

/// Adds the verb with all below it, which write into `options` while the command line is parsed.
CLI::App* add_pki(CLI::App& app, PkiOptions& options);

/// After parsing: what was asked for, and what was left to us.
void finish_pki(CLI::App& pki, PkiOptions& options);

}  // namespace keypact::cli
