#include "cli/export_arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace keypact::cli {
namespace {

void add_form(CLI::App& verb, ExportOptions& options, const std::string& form, const std::string& about) {
  auto* one = verb.add_subcommand(form, about);
  one->add_option("CONNECTION", options.connection, "connection of the gateway")->required();
  one->add_option("--server", options.server, "the name or address that clients connect to")->required();
  one->add_option("--child", options.child, "which child of the connection, when it has several");
  one->add_option("--identity", options.identity, "who the client is: a user's name, a mail address ...");
  one->add_option("--title", options.title, "how the client shows the connection (the connection's name)");
  one->add_option("--ca", options.authority, "certificate of the CA that clients trust (the gateway's own)")
      ->type_name("FILE");
  auto* container =
      one->add_option("--p12", options.container, "PKCS#12 with the client's certificate and key, put into the profile")
          ->type_name("FILE");
  one->add_option("--p12-passphrase-file", options.passphrase_file,
                  "first line: its passphrase, to read the client's names in it; it does not go into the profile")
      ->type_name("FILE")
      ->needs(container);
  one->add_option("--out", options.out, "the profile's file (CONNECTION with the ending of its form)")
      ->type_name("FILE");
  one->fallthrough();
}

}  // namespace

CLI::App* add_export(CLI::App& app, ExportOptions& options) {
  auto* verb = app.add_subcommand("export", "a profile for clients of this gateway, from its configuration");
  options.folder = "/etc/keypact";
  verb->add_option("--config", options.folder, "folder of the gateway's swanctl.conf (/etc/keypact)")->type_name("DIR");
  add_form(*verb, options, "mobileconfig", "for iPhones, iPads and Macs");
  add_form(*verb, options, "powershell", "a script for Windows 10 and 11");
  add_form(*verb, options, "sswan", "for strongSwan's app for Android");
  verb->require_subcommand(1);
  verb->footer("It reads the gateway's certificates and keys: run it as who may read them.");
  return verb;
}

void finish_export(CLI::App& verb, ExportOptions& options) {
  options.form = verb.get_subcommands().front()->get_name();
}

}  // namespace keypact::cli
