// keypactd: the parts put together, and the process around them.
#include <csignal>
#include <filesystem>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/system_random.h"
#include "daemon/control_socket.h"
#include "daemon/kernel_backend.h"
#include "daemon/key_export.h"
#include "daemon/local_addresses.h"
#include "daemon/log.h"
#include "daemon/memory_backend.h"
#include "daemon/name_servers.h"
#include "daemon/updown.h"
#include "daemon/userspace_backend.h"
#include "io/clock.h"
#include "io/event_loop.h"
#include "storage/lease_database.h"

namespace keypact::daemon {
namespace {

/// How long the peers have to answer when we end.
constexpr Duration kPatience = seconds(2);
/// How long the routes of a run that was killed wait for clients that load the connections anew.
constexpr Duration kTimeForClients = seconds(30);

/// Exit status 1: cannot start; 2: usage.
int fail(Log& log, const Error& error) {
  log.write(LogLevel::error, error.to_string());
  return 1;
}

/// Keys stay out of core files and away from debuggers of other users (row K03).
void protect_memory() {
  (void)prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
}

Result<void> check_algorithms(crypto::Library& library) {
  const auto failed = library.self_test();
  if (failed.empty()) return {};
  std::string names;
  for (const auto& name : failed) names += (names.empty() ? "" : ", ") + name;
  return failure(Error{"the cryptographic library fails its self test", names,
                       "keypactd does not start with it: repair the OpenSSL installation"});
}

Result<void> leave_esp_to_kernel(Transport& transport, std::vector<Transport>& of_engines) {
  TRY_VOID(transport.leave_esp_to_kernel());
  for (auto& each : of_engines) TRY_VOID(each.leave_esp_to_kernel());
  return {};
}

Result<std::unique_ptr<Backend>> open_backend(const CommandLine& line, Transport& transport,
                                              std::vector<Transport>& of_engines, crypto::Library& library,
                                              RandomSource& random) {
  if (line.backend == "memory") return MemoryBackend::open();
  if (line.backend == "kernel") {
    TRY_VOID(leave_esp_to_kernel(transport, of_engines));
    return KernelBackend::open({line.tun_name, {line.port, line.nat_port}});
  }
  return UserspaceBackend::open(line.tun_name, transport, library, random);
}

/// Where the command line leaves it to us, and says so either way.
Result<void> probe_backend(CommandLine& line, RandomSource& random, Log& log) {
  if (line.backend == "memory") {
    log.write(LogLevel::warning, "the IPsec stack is in memory: keypactd negotiates and carries no traffic");
    return {};
  }
  const bool asked = line.backend != "auto";
  const auto say = [&](const std::string& which, const std::string& why) {
    log.write(LogLevel::info, "the IPsec stack is " + which + ": " + why);
  };
  if (line.backend == "userspace") {
    say("our own in userspace", "--backend says so");
    return {};
  }
  const auto probed = KernelBackend::probe(random);
  if (!probed && asked) return failure(probed.error());
  line.backend = probed ? "kernel" : "userspace";
  if (probed) say("the kernel's", asked ? "--backend says so" : "it took an SA of ESP for a try");
  else say("our own in userspace", probed.error().what + " (" + probed.error().why + ")");
  return {};
}

Result<void> choose_backend(CommandLine& line, RandomSource& random, Log& log) {
  TRY_VOID(probe_backend(line, random, log));
  if (line.keep_sas && line.backend != "kernel")
    return failure(
        Error{"--keep-sas means SAs of the kernel", "those of --backend " + line.backend + " end with keypactd", ""});
  return {};
}

ike::Options engine_options(const CommandLine& line) {
  ike::Options options;
  options.port = line.port;
  options.nat_port = line.nat_port;
  options.fragment_size = line.fragment_size;
  options.budgets = line.budgets;
  options.keep_alive = seconds(line.keep_alive);
  options.redirect_to = IpAddress::parse(line.redirect_to);
  options.redirect_when_authenticated = line.redirect_when_authenticated;
  options.give_up_after = seconds(line.give_up_after);
  options.follow_redirects = line.follow_redirects;
  options.esp_tunnels_only = line.backend == "userspace";
  // Not accepted: whoever answers IKE_SA_INIT has the keys of an expected SA, and is authenticated only by IKE_AUTH (RFC 7296 §2.15).
  options.export_keys = !line.export_keys_directory.empty();
  return options;
}

fetch::Limits fetch_limits(const CommandLine& line) {
  fetch::Limits limits;
  limits.time = seconds(line.fetch_timeout);
  for (const auto& text : line.fetch_from)
    if (const auto prefix = parse_prefix(text)) limits.also.push_back(*prefix);
  return limits;
}

void follow_events(Engines& engines, Log& log, ControlSocket& control, Backend& backend, Updown& updown) {
  engines.add_listener([&](const control::ToldEvent& told) { log.event(told.event); });
  engines.add_listener([&](const control::ToldEvent& told) { control.on_event(told); });
  engines.add_listener([&](const control::ToldEvent& told) {
    if (const auto* closed = std::get_if<ike::IkeSaClosed>(&told.event)) backend.negotiation_failed(closed->connection);
    if (const auto* refused = std::get_if<ike::Refused>(&told.event)) backend.negotiation_failed(refused->connection);
  });
  engines.add_listener([&](const control::ToldEvent& told) { updown.on_event(told); });
}

void follow_keys(Engines& engines, Log& log, const KeyExport& key_export, const std::string& directory) {
  log.write(LogLevel::warning,
            "the keys of all SAs are written to " + directory + ": whoever reads them reads the traffic");
  engines.add_listener([&](const control::ToldEvent& told) {
    if (auto written = key_export.event(told.event); !written)
      log.write(LogLevel::warning, written.error().to_string());
  });
}

/// Without a file connections come over vici only; a file with errors is another matter.
Result<void> load_at_start(const CommandLine& line, ControlSocket& control, Backend& backend, io::EventLoop& loop,
                           Log& log) {
  if (!std::filesystem::exists(line.config_directory + "/swanctl.conf")) {
    log.write(LogLevel::warning,
              "there is no swanctl.conf in " + line.config_directory + ": connections come over vici only");
    backend.forget_earlier_run_at(loop, io::monotonic_now() + kTimeForClients);
    return {};
  }
  if (!control.load_files())
    return failure(Error{"keypactd does not start", "the configuration in " + line.config_directory + " has errors",
                         "correct what is named above"});
  backend.forget_earlier_run();
  return {};
}

/// The log belongs to the loop's thread.
std::function<void(std::string)> warn_from_other_threads(io::EventLoop& loop, Log& log) {
  return [&](std::string text) { loop.post([&log, text = std::move(text)] { log.write(LogLevel::warning, text); }); };
}

/// nullptr: nobody wants them kept.
Result<std::unique_ptr<storage::LeaseDatabase>> open_leases(const CommandLine& line, io::EventLoop& loop, Log& log) {
  if (line.leases_path.empty()) return nullptr;
  return storage::LeaseDatabase::open(line.leases_path, warn_from_other_threads(loop, log));
}

int run(CommandLine line, Log& log) {
  auto random = crypto::SystemRandom::open();
  if (!random) return fail(log, random.error());
  crypto::Library library;
  if (auto checked = check_algorithms(library); !checked) return fail(log, checked.error());

  if (auto chosen = choose_backend(line, **random, log); !chosen) return fail(log, chosen.error());
  io::EventLoop loop;
  Engines::Setup setup{
      engine_options(line), {line.port, line.nat_port}, line.backend == "memory" ? 0 : kOwnTrafficMark, line.engines};
  auto transports = Engines::open_transports(setup);
  if (!transports) return fail(log, transports.error());
  auto transport = Transport::open(setup.ports, setup.mark, {line.engines, line.engines > 1 ? line.engines : 0});
  if (!transport) return fail(log, transport.error());
  auto backend = open_backend(line, *transport, *transports, library, **random);
  if (!backend) return fail(log, backend.error());
  setup.options.esp_spis_taken = (*backend)->esp_spis_taken();
  Documents documents(loop, fetch_limits(line), line.trust_anchor_path, warn_from_other_threads(loop, log));
  auto lease_database = open_leases(line, loop, log);
  if (!lease_database) return fail(log, lease_database.error());
  leases::LeaseBook leases(lease_database->get());
  auto created = Engines::create(setup, {loop, library, **random, leases, *transport, **backend, documents},
                                 std::move(*transports));
  if (!created) return fail(log, created.error());
  auto& engines = **created;
  const auto note = [&](const std::string& text) { log.write(LogLevel::warning, text); };
  ControlSocket control(loop, line, engines, **backend, documents, library, leases, log);
  auto updown = Updown::open(loop, **backend, [&] { return engines.configuration(); }, note);
  if (!updown) return fail(log, updown.error());
  NameServers name_servers(loop,
                           line.use_name_servers ? find_resolver() : SystemResolver{SystemResolver::Kind::ignored, {}},
                           (*backend)->device(), note);
  engines.add_listener([&](const control::ToldEvent& told) { name_servers.on_event(told); });
  follow_events(engines, log, control, **backend, *updown);
  const KeyExport key_export(line.export_keys_directory);
  if (setup.options.export_keys) follow_keys(engines, log, key_export, line.export_keys_directory);

  (*backend)->request_by([&](const ike::Initiate& initiate) { engines.submit(initiate); });
  auto started = transport->start(loop, {[&](auto datagrams) { engines.on_datagrams(datagrams); },
                                         [&](auto datagrams) { (*backend)->on_udp_esp(datagrams); }});
  if (started)
    started = (*backend)->start(loop, [&](const ipsec::StackEvent& event) { engines.on_stack_event(event); }, note);
  if (!started) return fail(log, started.error());
  auto addresses = LocalAddresses::open((*backend)->device());
  if (!addresses) return fail(log, addresses.error());
  started = addresses->start(loop, [&](const auto& all) { engines.set_local_addresses(all); });
  if (!started) return fail(log, started.error());

  started = load_at_start(line, control, **backend, loop, log);
  if (started) started = control.listen();
  if (started)
    started = loop.on_signal([&](int signal) {
      if (signal == SIGHUP) (void)control.load_files();
      else if (line.keep_sas) loop.stop();
      else
        engines.end(kPatience,
                    [&] { updown->finish(kPatience, [&] { name_servers.finish(kPatience, [&] { loop.stop(); }); }); });
    });
  if (!started) return fail(log, started.error());
  log.write(LogLevel::info, std::string("keypactd ") + KEYPACT_VERSION + " listens on UDP " +
                                std::to_string(line.port) + " and " + std::to_string(line.nat_port) + ", control at " +
                                line.vici_path);
  loop.run();
  if (line.keep_sas) (*backend)->leave();
  else (*backend)->forget_earlier_run();
  log.write(LogLevel::info, line.keep_sas ? "keypactd ends and leaves its SAs to the kernel" : "keypactd ends");
  return 0;
}

}  // namespace
}  // namespace keypact::daemon

int main(int argc, char** argv) {
  const auto parsed = keypact::daemon::parse_command_line(argc, argv);
  if (!parsed.command_line) return parsed.exit_status;
  keypact::daemon::protect_memory();
  keypact::io::hold_signals();
  keypact::daemon::Log log(parsed.command_line->log_level);
  return keypact::daemon::run(*parsed.command_line, log);
}
