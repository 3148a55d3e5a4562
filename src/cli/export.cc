// export: profiles for clients of other makers. What stands in them is made in src/provision; here are the files.
#include <algorithm>

#include "cli/json_document.h"
#include "cli/passphrase.h"
#include "cli/verbs.h"
#include "config/load.h"
#include "ike/core/parsed_files.h"
#include "io/file_source.h"
#include "io/files.h"
#include "provision/mobileconfig.h"
#include "provision/powershell.h"
#include "provision/sswan.h"

namespace keypact::cli {
namespace {

constexpr std::size_t kFileOctets = 1024 * 1024;

struct Form {
  std::string_view name;
  std::string_view ending;
  const provision::Client& (*client)();
  std::string (*write)(const provision::Profile&);
};
constexpr std::array kForms = {Form{"mobileconfig", ".mobileconfig", provision::apple, provision::mobileconfig},
                               Form{"powershell", ".ps1", provision::windows, provision::powershell},
                               Form{"sswan", ".sswan", provision::strongswan_app, provision::sswan}};

Result<std::shared_ptr<const config::Snapshot>> configuration_in(const std::string& folder) {
  io::RealFiles files;
  auto loaded = config::load(files, folder + "/swanctl.conf");
  if (loaded) return std::move(loaded->snapshot);
  const auto& first = *std::ranges::find(loaded.error(), config::Severity::error, &config::Diagnostic::severity);
  return failure(Error{"the gateway's configuration cannot be used: " + first.file + ":" + std::to_string(first.line) +
                           ": " + first.what,
                       first.why, first.remedy});
}

Result<config::CredentialFile> file_at(const std::string& path) {
  io::RealFiles files;
  TRY(auto octets, files.read(path, kFileOctets));
  return config::CredentialFile{path, {}, std::make_shared<const Secret>(std::move(octets))};
}

Result<std::optional<pki::Certificate>> authority_of(const ExportOptions& options) {
  if (options.authority.empty()) return std::optional<pki::Certificate>{};
  TRY(const auto file, file_at(options.authority));
  ike::ParsedFiles parsed(nullptr);
  const auto& certificates = parsed.certificates(file);
  if (!certificates) return failure(Error{options.authority + " has no certificate", certificates.error(), {}});
  if (!certificates->front().is_ca())
    return failure(Error{options.authority + " is no certificate of a CA", certificates->front().subject(), {}});
  return certificates->front();
}

/// Without its passphrase it goes into the profile as it is, and nobody looks into it.
Result<void> read_container(const ExportOptions& options, provision::Request& request) {
  if (options.container.empty()) return {};
  TRY(const auto file, file_at(options.container));
  request.container = to_octets(file.view());
  if (options.passphrase_file.empty()) return {};
  TRY(auto passphrase, passphrase_from({options.passphrase_file, "Passphrase", "--p12-passphrase-file"}));
  ike::ParsedFiles parsed(nullptr);
  const auto& container = parsed.container({file, std::make_shared<const Secret>(std::move(passphrase))});
  if (!container) return failure(Error{options.container + " cannot be read", container.error(), {}});
  if (container->certificates.empty()) return failure(Error{options.container + " has no certificate", {}, {}});
  request.certificate = container->certificates.front();
  return {};
}

Result<std::string> path_for(const ExportOptions& options, const Form& form) {
  if (!options.out.empty()) return options.out;
  const bool plain = options.connection.front() != '.' && options.connection.find('/') == std::string::npos;
  if (!plain)
    return failure(Error{"\"" + options.connection + "\" is no name for a file", {}, "Name the file with --out"});
  return options.connection + std::string(form.ending);
}

std::string written_text(const provision::Profile& profile, const std::string& path, const Style& style) {
  return style.strong(style.shown(path)) + "  " + style.shown(profile.connection) + " at " +
         style.shown(profile.server) + ", by " + std::string(provision::name_of(profile.client_proof)) + "\n  " +
         to_string(profile.algorithms.ike) + "\n  " + to_string(profile.algorithms.esp) + "\n" +
         (profile.has_secrets() ? "  it holds a secret: give it only to the one that it is for\n" : "");
}

std::string written_json(const provision::Profile& profile, const std::string& path) {
  auto json = document("export");
  json["file"] = path;
  json["connection"] = profile.connection;
  json["server"] = profile.server;
  json["gateway"] = profile.gateway.to_string();
  json["client_shows"] = provision::name_of(profile.client_proof);
  json["ike"] = to_string(profile.algorithms.ike);
  json["esp"] = to_string(profile.algorithms.esp);
  json["has_secrets"] = profile.has_secrets();
  return dumped(json);
}

Result<ExitCode> write_profile(const ExportOptions& options, const Console& console) {
  const auto& form = *std::ranges::find(kForms, options.form, &Form::name);
  TRY(const auto path, path_for(options, form));
  TRY(const auto snapshot, configuration_in(options.folder));
  provision::Request request{.server = options.server,
                             .identity = options.identity,
                             .child = options.child,
                             .title = options.title,
                             .authority = {},
                             .certificate = {}};
  TRY(request.authority, authority_of(options));
  TRY_VOID(read_container(options, request));
  TRY(const auto profile, provision::profile_for(form.client(), *snapshot, options.connection, request));
  TRY_VOID(io::write_file_atomically(path, as_octets(form.write(profile)), profile.has_secrets() ? 0600 : 0644));
  console.print(console.json ? written_json(profile, path) : written_text(profile, path, console.style));
  return ExitCode::ok;
}

}  // namespace

Outcome<ExitCode> export_profile(const ExportOptions& options, const Console& console) {
  const auto done = write_profile(options, console);
  if (!done) return failed(done.error());
  return *done;
}

}  // namespace keypact::cli
