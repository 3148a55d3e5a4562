// keypact-capacity: how many SAs one keypactd holds, and at what price: many initiators in this process set up an IKE SA with a
// Child SA each over loopback UDP, list them all, and wait until the daemon has checked and rekeyed all of them.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <thread>

#include "bench/bare_handshake.h"
#include "bench/capacity/daemon_under_test.h"
#include "bench/capacity/fleet.h"
#include "bench/capacity/listing.h"
#include "io/clock.h"

namespace keypact::bench {
namespace {

constexpr Duration kBareSlice = milliseconds(200);
constexpr Duration kReaderPauses = seconds(1);

double in_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }
double in_us(Duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }
double in_s(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration own_cpu() {
  timespec now{};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::duration_cast<Duration>(seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

/// CPU of the bare cryptography of one side of a handshake.
class BareCost {
 public:
  explicit BareCost(const HandshakeSizes& sizes) : handshake_(KeyExchangeMethod::CURVE25519, sizes) {}
  void measure() {
    const auto began = own_cpu();
    for (const auto end = began + kBareSlice; own_cpu() < end; runs_ += 2) handshake_.run();
    spent_ += own_cpu() - began;
  }
  [[nodiscard]] double microseconds_a_side() const { return in_us(spent_) / static_cast<double>(runs_); }

 private:
  BareHandshake handshake_;
  Duration spent_{};
  std::size_t runs_ = 0;
};

struct Figures {
  double handshakes_a_second = 0;
  double cpu_us = 0;
  double fleet_cpu_us = 0;
  double bare_us = 0;
  std::size_t octets_a_pair = 0;
  Listed listed;
  std::size_t list_memory = 0;
  std::uint64_t worst_deadline_us = 0;
};

/// Asks for the list in a thread of its own, while the fleet goes on, and watches the daemon's memory.
Result<Listed> list_beside(Fleet& fleet, const DaemonUnderTest& daemon, Duration pause, std::size_t& most_memory) {
  Result<Listed> result = failure(Error{});
  std::atomic<bool> done = false;
  const auto before = daemon.resident();
  std::thread reader([&] {
    result = list_all(daemon.vici_path(), pause);
    done = true;
  });
  fleet.serve(minutes(2), [&] {
    const auto now = daemon.resident();
    most_memory = std::max(most_memory, now > before ? now - before : 0);
    return done.load();
  });
  reader.join();
  return result;
}

/// Every condition that does not hold, in words.
std::vector<std::string> violations(const Plan& plan, const Figures& figures, const FleetReport& report) {
  std::vector<std::string> found;
  const auto need = [&](bool holds, std::string words) {
    if (!holds) found.push_back(std::move(words));
  };
  need(report.established == plan.clients && report.failed == 0, "not all were established");
  need(report.lost == 0, fmt::format("{} SAs were lost", report.lost));
  // Small fleets cannot tell: what a process needs by itself is a part of the sum.
  need(plan.clients < 10'000 || figures.octets_a_pair <= kOctetsPerPair, "memory");
  need(figures.listed.ike_sas == plan.clients && figures.listed.child_sas == plan.clients, "the list is not complete");
  need(figures.listed.time <= kListAll, "the list takes too long");
  need(figures.list_memory <= kListMemory, "the list takes memory");
  if (!plan.rekey) return found;
  need(report.checked == plan.clients, "not all were checked for liveness");
  need(report.latest_check <= kLateness, "liveness checks are late");
  need(report.child_sas_rekeyed == plan.clients && report.ike_sas_rekeyed == plan.clients, "not all were rekeyed");
  need(report.latest_child_rekey <= kLateness && report.latest_ike_rekey <= kLateness, "rekeying is late");
  need(figures.worst_deadline_us <= static_cast<std::uint64_t>(in_us(kLateness)), "the daemon is behind its deadlines");
  return found;
}

int conclude(const Plan& plan, const Figures& figures, const FleetReport& report) {
  const auto missing = violations(plan, figures, report);
  fmt::print(
      "capacity: {} IKE SAs with a Child SA each, {} engine(s): {:.0f} handshakes/s, {:.0f} us of CPU each = {:.2f} x "
      "bare "
      "({:.0f} us), {} octets a pair, list {:.2f} s",
      report.established, plan.engines, figures.handshakes_a_second, figures.cpu_us, figures.cpu_us / figures.bare_us,
      figures.bare_us, figures.octets_a_pair, in_s(figures.listed.time));
  if (plan.rekey)
    fmt::print(", worst lateness: liveness {:.0f} ms, rekeying {:.0f} ms", in_ms(report.latest_check),
               static_cast<double>(figures.worst_deadline_us) / 1000);
  for (const auto& words : missing) fmt::print("; DOES NOT HOLD: {}", words);
  fmt::print("{}\n", missing.empty() ? ": holds" : "");
  return missing.empty() ? 0 : 1;
}

int fail(const Error& error) {
  fmt::print(stderr, "keypact-capacity: {}\n", error.to_string());
  return 1;
}

int measure(const Plan& plan) {
  const HandshakeSizes sizes{252, 252, 260, 220, kSharedKey.size(), 24, 23};
  BareCost bare(sizes);
  auto daemon = DaemonUnderTest::start(plan);
  if (!daemon) return fail(daemon.error());
  io::EventLoop loop;
  auto created = Fleet::create(loop, plan, daemon->port());
  if (!created) return fail(created.error());
  auto& fleet = **created;
  Figures figures;

  bare.measure();
  const auto memory = daemon->resident();
  const auto cpu = daemon->cpu();
  const auto own = own_cpu();
  const auto began = io::monotonic_now();
  const bool all_up = fleet.establish_all();
  const auto count = static_cast<double>(std::max<std::size_t>(fleet.report().established, 1));
  figures.handshakes_a_second = count / in_s(io::monotonic_now() - began);
  figures.cpu_us = in_us(daemon->cpu() - cpu) / count;
  figures.fleet_cpu_us = in_us(own_cpu() - own) / count;
  figures.octets_a_pair = (daemon->resident() - memory) / static_cast<std::size_t>(count);
  bare.measure();
  figures.bare_us = bare.microseconds_a_side();
  fmt::print(
      "established {} in {:.1f} s, {} failed; CPU a handshake: daemon {:.1f} us, initiator {:.1f} us, bare {:.1f} us; "
      "resident {:.1f} MiB before, {:.1f} MiB after\n",
      fleet.report().established, in_s(io::monotonic_now() - began), fleet.report().failed, figures.cpu_us,
      figures.fleet_cpu_us, figures.bare_us, static_cast<double>(memory) / (1 << 20),
      static_cast<double>(daemon->resident()) / (1 << 20));
  std::fflush(stdout);
  if (!all_up) return conclude(plan, figures, fleet.report());

  for (const auto pause : {Duration{}, kReaderPauses}) {
    auto listed = list_beside(fleet, *daemon, pause, figures.list_memory);
    if (!listed) return fail(listed.error());
    if (pause == Duration{}) figures.listed = *listed;
    fmt::print("list{}: {} IKE SAs, {} Child SAs, {:.1f} MiB in {:.2f} s; the daemon grew by {:.1f} MiB meanwhile\n",
               pause == Duration{} ? "" : ", read by a client that pauses", listed->ike_sas, listed->child_sas,
               static_cast<double>(listed->octets) / (1 << 20), in_s(listed->time),
               static_cast<double>(figures.list_memory) / (1 << 20));
  }
  std::fflush(stdout);
  if (plan.rekey) {
    const auto& report = fleet.report();
    fleet.serve(plan.rekey_time() + seconds(10),
                [&] { return report.child_sas_rekeyed >= plan.clients && report.ike_sas_rekeyed >= plan.clients; });
    figures.worst_deadline_us = counter(daemon->vici_path(), "deadline-lateness-us").value_or(~std::uint64_t{0});
    fmt::print("liveness: {} checks of {} clients, latest {:.1f} ms after its time (seen by the client)\n",
               report.checks, report.checked, in_ms(report.latest_check));
    fmt::print(
        "rekeyed: {} Child SAs, latest {:.1f} ms after the last moment; {} IKE SAs, latest {:.1f} ms; the daemon met "
        "its own "
        "deadlines within {:.1f} ms\n",
        report.child_sas_rekeyed, in_ms(report.latest_child_rekey), report.ike_sas_rekeyed,
        in_ms(report.latest_ike_rekey), static_cast<double>(figures.worst_deadline_us) / 1000);
  }
  return conclude(plan, figures, fleet.report());
}

}  // namespace
}  // namespace keypact::bench

int main(int argc, char** argv) {
  CLI::App app("How many SAs one keypactd holds, and at what price.", "keypact-capacity");
  keypact::bench::Plan plan;
  bool no_rekey = false;
  app.add_option("clients", plan.clients, "Number of IKE SAs")->check(CLI::Range(1, 4'000'000))->capture_default_str();
  app.add_option("--daemon", plan.daemon, "Path of keypactd")->required();
  app.add_option("--window", plan.window, "Handshakes under way at once")->capture_default_str();
  app.add_option("--engines", plan.engines, "Engines of the daemon")->check(CLI::Range(1, 16))->capture_default_str();
  app.add_flag("--no-rekey", no_rekey, "Leave liveness and rekeying out");
  CLI11_PARSE(app, argc, argv);
  plan.rekey = !no_rekey;
  return keypact::bench::measure(plan);
}
