// keypact-xfrm: what it costs to install and remove many tunnels in the kernel, with the daemon's own backend, beside one that asks the
// kernel for its SPIs and sends one message a call, and beside the bare messages in large batches. Runs in a guest kernel.
#include <fmt/core.h>
#include <sched.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <numeric>
#include <ranges>

#include "bench/xfrm/tunnels.h"
#include "crypto/system_random.h"
#include "daemon/kernel_backend.h"
#include "io/clock.h"

namespace keypact::bench {
namespace {

struct Plan {
  std::uint32_t tunnels = 50'000;
  std::uint32_t step = 5'000;  ///< a line of figures each
};
/// Slices of so many tunnels are timed. What else the machine does falls on many of them, and not on the fastest tenth.
constexpr std::uint32_t kSlice = 10;
constexpr std::uint32_t kBetweenLoops = 500;  ///< tunnels
/// The others are measured with so many tunnels beside those that are there, which then go again.
constexpr std::uint32_t kBareSample = 600;
constexpr std::uint32_t kBareBatch = 12;  // tunnels whose messages go in one call
constexpr std::uint32_t kAskingSample = 100;
constexpr Duration kAskingPatience = seconds(3);

constexpr double kTimesFaster = 10;  ///< than the one that asks for SPIs
constexpr double kMostGrowth = 1.5;  ///< of the time a tunnel, from the first third of the steps to the last one

struct Times {
  double best = 0;  ///< microseconds a tunnel, of the fastest tenth of the slices
  double mean = 0;
};

Times times_of(std::vector<double> slices) {
  if (slices.empty()) return {};
  std::ranges::sort(slices);
  return {slices[slices.size() / 10],
          std::accumulate(slices.begin(), slices.end(), 0.0) / static_cast<double>(slices.size())};
}

double timed(std::uint32_t tunnels, const std::function<void()>& work) {
  const auto began = io::monotonic_now();
  work();
  return std::chrono::duration<double, std::micro>(io::monotonic_now() - began).count() / tunnels;
}

struct Step {
  std::uint32_t tunnels = 0;  ///< that are there
  Times installed;
  Times removed;
  Times bare;
  Times asking;
};

double ratio_of(const Step& step) { return step.asking.best / step.installed.best; }

class Run {
 public:
  Run(const Plan& plan, std::unique_ptr<daemon::KernelBackend> backend, io::XfrmSocket socket)
      : plan_(plan), backend_(std::move(backend)), socket_(std::move(socket)) {}

  [[nodiscard]] Result<void> start() {
    return backend_->start(loop_, [](const auto&) {}, [this](const std::string& problem) { note(problem); });
  }

  void run() {
    fmt::print("{:>8} {:>22} {:>14} {:>14} {:>8}\n", "tunnels", "installed (mean)", "bare batches", "by ALLOCSPI",
               "ratio");
    for (std::uint32_t there = 0; there < plan_.tunnels; there += plan_.step) {
      Step step{there + plan_.step, {}, {}, {}, {}};
      step.installed = in_slices(there, [&](std::uint32_t number) { install(number); });
      step.bare = bare();
      step.asking = asking();
      steps_.push_back(step);
      fmt::print("{:>8} {:>11.1f} ({:>7.1f}) {:>14.1f} {:>14.1f} {:>8.1f}\n", step.tunnels, step.installed.best,
                 step.installed.mean, step.bare.best, step.asking.best, ratio_of(step));
      std::fflush(stdout);
    }
    fmt::print("{:>8} {:>22}\n", "tunnels", "removed (mean)");
    for (auto& step : steps_ | std::views::reverse) {
      step.removed = in_slices(step.tunnels - plan_.step, [&](std::uint32_t number) { remove(number); });
      fmt::print("{:>8} {:>11.1f} ({:>7.1f})\n", step.tunnels, step.removed.best, step.removed.mean);
      std::fflush(stdout);
    }
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  void note(const std::string& problem) {
    if (problems_.size() < 10) problems_.push_back(problem);
  }

  /// As an engine's step does: the network follows when the time has come.
  void apply(ipsec::StackRequest request) {
    const auto answer = backend_->apply(std::move(request));
    if (const auto* failed = answer ? std::get_if<ipsec::ChildSaInstallFailed>(&*answer) : nullptr)
      note(failed->reason);
  }
  void install(std::uint32_t number) {
    apply(ipsec::InstallPolicy{policy_of(number)});
    apply(ipsec::InstallChildSa{child_sa_of(number)});
    backend_->settle();
  }
  void remove(std::uint32_t number) {
    apply(ipsec::RemoveChildSa{child_sa_of(number).id});
    apply(ipsec::RemovePolicy{policy_of(number).id});
    backend_->settle();
  }

  /// The mean is of all that was done, with what the event loop does: routes.
  Times in_slices(std::uint32_t first, const std::function<void(std::uint32_t)>& work) {
    std::vector<double> slices;
    const auto mean = timed(plan_.step, [&] {
      for (std::uint32_t number = first; number < first + plan_.step; number += kSlice) {
        slices.push_back(timed(kSlice, [&] {
          for (std::uint32_t i = 0; i < kSlice; ++i) work(number + i);
        }));
        if ((number + kSlice) % kBetweenLoops == 0) (void)loop_.run_until(io::monotonic_now());
      }
    });
    return {times_of(std::move(slices)).best, mean};
  }

  void ask(const std::vector<xfrm::Message>& messages) {
    for (const auto& answer : daemon::ask_kernel(socket_, messages))
      if (!answer.ok()) note("a message of the comparison: " + answer.reason());
  }
  void ask_alone(xfrm::Message message) {
    std::vector<xfrm::Message> one;
    one.push_back(std::move(message));
    ask(one);
  }
  void remove(const std::vector<BareTunnel>& tunnels) {
    for (const auto& tunnel : tunnels) ask(tunnel.removals());
  }

  Times bare() {
    std::vector<BareTunnel> tunnels;
    std::vector<double> slices;
    while (tunnels.size() < kBareSample)
      slices.push_back(timed(kBareBatch, [&] {
        std::vector<xfrm::Message> messages;
        for (std::uint32_t i = 0; i < kBareBatch; ++i) {
          const auto& tunnel = tunnels.emplace_back(static_cast<std::uint32_t>(tunnels.size()));
          messages.push_back(tunnel.new_inbound());
          messages.push_back(tunnel.new_outbound());
          for (auto& message : tunnel.new_policies()) messages.push_back(std::move(message));
        }
        ask(messages);
      }));
    remove(tunnels);
    return times_of(std::move(slices));
  }

  Times asking() {
    std::vector<BareTunnel> tunnels;
    std::vector<double> slices;
    const auto end = io::monotonic_now() + kAskingPatience;
    while (tunnels.size() < kAskingSample && io::monotonic_now() < end)
      slices.push_back(timed(1, [&] {
        auto& tunnel = tunnels.emplace_back(static_cast<std::uint32_t>(tunnels.size()));
        std::vector<xfrm::Message> question;
        question.push_back(tunnel.ask_spi());
        const auto take = [&](const xfrm::MessageView& message) { tunnel.take_spi(message); };
        if (const auto answer = daemon::ask_kernel(socket_, question, take).front(); !answer.ok())
          note("ALLOCSPI: " + answer.reason());
        ask_alone(tunnel.update_inbound());
        ask_alone(tunnel.new_outbound());
        for (auto& policy : tunnel.new_policies()) ask_alone(std::move(policy));
      }));
    remove(tunnels);
    return times_of(std::move(slices));
  }

  Plan plan_;
  io::EventLoop loop_;
  std::unique_ptr<daemon::KernelBackend> backend_;
  io::XfrmSocket socket_;
  std::vector<Step> steps_;
  std::vector<std::string> problems_;
};

/// From the first third of the steps to the last one.
double growth(const std::vector<Step>& steps, Times Step::* what) {
  const auto third = std::max<std::size_t>(steps.size() / 3, 1);
  double first = 0;
  double last = 0;
  for (std::size_t i = 0; i < third; ++i) {
    first += (steps[i].*what).best;
    last += (steps[steps.size() - 1 - i].*what).best;
  }
  return last / first;
}

template <class What>
double median_of(const std::vector<Step>& steps, What&& what) {
  std::vector<double> values;
  for (const auto& step : steps) values.push_back(what(step));
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int judge(const Run& run) {
  const auto& steps = run.steps();
  for (const auto& problem : run.problems()) fmt::print("refused: {}\n", problem);
  const auto ratio = median_of(steps, ratio_of);
  const auto grown = std::max(growth(steps, &Step::installed), growth(steps, &Step::removed));
  const bool holds = run.problems().empty() && grown <= kMostGrowth && ratio >= kTimesFaster;
  fmt::print(
      "{} tunnels: installed in {:.1f} us each, removed in {:.1f} us, from the first to the last at most {:.2f} times "
      "(wanted {:.1f}); with ALLOCSPI {:.1f} times (wanted {:.0f}): {}\n",
      steps.back().tunnels, median_of(steps, [](const Step& step) { return step.installed.best; }),
      median_of(steps, [](const Step& step) { return step.removed.best; }), grown, kMostGrowth, ratio, kTimesFaster,
      holds ? "holds" : "does not hold");
  return holds ? 0 : 1;
}

Result<int> measure(const Plan& plan) {
  TRY(auto random, crypto::SystemRandom::open());
  TRY_VOID(daemon::KernelBackend::probe(*random));
  TRY(auto backend, daemon::KernelBackend::open({"kpbench", {}}));
  TRY(auto socket, io::XfrmSocket::open());
  Run run(plan, std::move(backend), std::move(socket));
  TRY_VOID(run.start());
  utsname kernel{};
  (void)::uname(&kernel);
  fmt::print("Linux {}; microseconds a tunnel of {} SAs and {} policies\n", kernel.release, kSasPerTunnel,
             kPoliciesPerTunnel);
  run.run();
  return judge(run);
}

int main_with(int argc, const char* const* argv) {
  Plan plan;
  CLI::App app("Tunnels in the kernel: what they cost, and what it costs to ask the kernel for SPIs", "keypact-xfrm");
  app.add_option("tunnels", plan.tunnels, "how many (50000)")->check(CLI::Range(50, 100'000));
  app.add_option("--step", plan.step, "tunnels a line (5000)")->check(CLI::Range(50, 100'000));
  CLI11_PARSE(app, argc, argv);
  plan.step = std::min(plan.step, plan.tunnels) / kSlice * kSlice;
  plan.tunnels = plan.tunnels / plan.step * plan.step;
  if (::unshare(CLONE_NEWNET) != 0) {
    fmt::print(stderr, "keypact-xfrm: needs root, for a network namespace of its own\n");
    return 2;
  }
  const auto done = measure(plan);
  if (done) return *done;
  fmt::print(stderr, "keypact-xfrm: {}\n", done.error().to_string());
  return 2;
}

}  // namespace
}  // namespace keypact::bench

int main(int argc, char** argv) { return keypact::bench::main_with(argc, argv); }
