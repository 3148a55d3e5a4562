// The command line of `keypact export`.
#pragma once

#include "cli/export_options.h"

namespace CLI {
class App;
}

namespace keypact::cli {

/// Adds the verb with all below it, which write into `options` while the command line is parsed.
CLI::App* add_export(CLI::App& app, ExportOptions& options);

/// After parsing: which of the forms.
void finish_export(CLI::App& verb, ExportOptions& options);

}  // namespace keypact::cli
