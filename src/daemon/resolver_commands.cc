#include "daemon/resolver_commands.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace keypact::daemon {
namespace {

using Kind = SystemResolver::Kind;

constexpr std::array kDirectories = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
constexpr const char* kResolvedRuns = "/run/systemd/resolve";

std::string find_program(const std::string& name) {
  std::error_code error;
  for (const auto* directory : kDirectories)
    if (auto path = std::string(directory) + "/" + name; std::filesystem::exists(path, error)) return path;
  return {};
}

/// Both kinds are scripts; only one names itself.
bool names_openresolv(const std::string& path) {
  std::ifstream script(path, std::ios::binary);
  std::string beginning(8192, '\0');
  script.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  return beginning.find("openresolv") != std::string::npos;
}

io::Program program(const SystemResolver& resolver, std::vector<std::string> words, std::string input = {}) {
  words.insert(words.begin(), resolver.program);
  return {std::move(words), {std::string(io::kProgramPath)}, std::move(input)};
}

std::string resolv_conf(const NameService& service) {
  std::string text;
  for (const auto& server : service.servers) text += "nameserver " + server.to_string() + "\n";
  if (service.domains.empty()) return text;
  text += "search";
  for (const auto& domain : service.domains) text += " " + domain;
  return text + "\n";
}

/// "10.3.0.53:8853#dns.corp.example"
void add_by_tls(const EncryptedDns& server, std::vector<std::string>& words) {
  for (const auto& address : server.addresses) {
    const auto where = server.port ? Endpoint{address, *server.port}.to_string() : address.to_string();
    words.push_back(where + '#' + server.name);
  }
}

std::vector<io::Program> tell_resolved(const SystemResolver& resolver, const std::string& interface,
                                       const NameService& service) {
  if (service.servers.empty() && service.tls.empty()) return {program(resolver, {"revert", interface})};
  std::vector<std::string> dns = {"dns", interface};
  for (const auto& server : service.tls) add_by_tls(server, dns);
  if (service.tls.empty())
    for (const auto& server : service.servers) dns.push_back(server.to_string());
  // With "~" a domain leads to the servers and is not added to names; "~." is every name.
  std::vector<std::string> domain = {"domain", interface};
  for (const auto& name : service.domains) domain.push_back("~" + name);
  if (service.domains.empty()) domain.emplace_back("~.");
  std::vector<io::Program> commands;
  // First of all, so that no name goes to them in clear; without it, what the system's configuration says is left.
  if (!service.tls.empty()) commands.push_back(program(resolver, {"dnsovertls", interface, "yes"}));
  commands.push_back(program(resolver, std::move(dns)));
  commands.push_back(program(resolver, std::move(domain)));
  return commands;
}

std::vector<io::Program> tell_resolvconf(const SystemResolver& resolver, const std::string& interface,
                                         const NameService& service) {
  const auto record = interface + ".keypact";
  const bool open = resolver.kind == Kind::openresolv;
  if (service.servers.empty())
    return {open ? program(resolver, {"-f", "-d", record}) : program(resolver, {"-d", record})};
  // -x: before all others, which are not asked; -p: for the domains alone.
  std::vector<std::string> words = {"-a", record};
  if (open) words.insert(words.begin(), service.domains.empty() ? "-x" : "-p");
  return {program(resolver, std::move(words), resolv_conf(service))};
}

}  // namespace

SystemResolver find_resolver() {
  std::error_code error;
  if (auto path = find_program("resolvectl"); !path.empty() && std::filesystem::is_directory(kResolvedRuns, error))
    return {Kind::resolved, std::move(path)};
  auto path = find_program("resolvconf");
  // systemd brings one that is its resolvectl under another name.
  if (path.empty() || std::filesystem::canonical(path, error).filename() == "resolvectl") return {};
  const auto kind = names_openresolv(path) ? Kind::openresolv : Kind::resolvconf;
  return {kind, std::move(path)};
}

bool can_serve(const SystemResolver& resolver, const NameService& service) {
  return service.domains.empty() || resolver.kind == Kind::resolved || resolver.kind == Kind::openresolv;
}

bool asks_by_tls(const SystemResolver& resolver, const NameService& service) {
  return resolver.kind == Kind::resolved && !service.tls.empty();
}

std::vector<io::Program> resolver_commands(const SystemResolver& resolver, const std::string& interface,
                                           const NameService& service) {
  switch (resolver.kind) {
    case Kind::none:
    case Kind::ignored: return {};
    case Kind::resolved: return tell_resolved(resolver, interface, service);
    case Kind::openresolv:
    case Kind::resolvconf: break;
  }
  return tell_resolvconf(resolver, interface, service);
}

}  // namespace keypact::daemon
