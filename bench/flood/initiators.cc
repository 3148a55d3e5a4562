// Honest initiators, one after the other and each with an address, an identity and an engine of its own, in one process over real
// sockets; the IPsec stack is in memory. Prints how each handshake went, as one line of JSON.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "crypto/system_random.h"
#include "daemon/engine_host.h"
#include "io/clock.h"
#include "sim/simulated_stack.h"
#include "sim/site_to_site.h"

namespace keypact::bench {
namespace {

/// How long after the last start an initiator may still take.
constexpr Duration kPatience = seconds(5);

struct Arguments {
  IpAddress gateway;
  unsigned count = 0;
  unsigned rate = 0;  ///< handshakes that begin in a second
};

/// The addresses outside and inside the tunnel of one initiator: 10.64.x.y and 10.65.x.y.
IpAddress outer_address(unsigned number) { return IpAddress::v4(0x0a400001 + number); }
IpAddress inner_address(unsigned number) { return IpAddress::v4(0x0a410001 + number); }

sim::SiteToSite site_of(const Arguments& arguments, unsigned number) {
  sim::SiteToSite site = sim::left_and_right().first;
  site.local = outer_address(number);
  site.remote = arguments.gateway;
  site.local_id = "c" + std::to_string(number) + ".example";
  site.remote_id = "right.example";
  site.local_network = prefix_of(inner_address(number), 32);
  site.remote_network = prefix_of(IpAddress::v4(10, 2, 0, 0), 24);
  return site;
}

class Initiator {
 public:
  Initiator(io::EventLoop& loop, crypto::Library& library, RandomSource& random, daemon::Transport& transport,
            daemon::Documents& documents, const sim::SiteToSite& site)
      : host_(
            loop, {}, library, random, leases_, transport,
            [this](ipsec::StackRequest request) { return stack_.apply(std::move(request)); }, documents) {
    host_.tell_events_to([this](const control::ToldEvent& told) {
      if (std::holds_alternative<ike::ChildSaUp>(told.event) && !up_) up_ = io::monotonic_now();
    });
    host_.set_configuration(site.snapshot());
    began_ = io::monotonic_now();
    host_.submit(ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  }
  daemon::EngineHost& host() { return host_; }
  [[nodiscard]] std::optional<Duration> took() const { return up_ ? std::optional(*up_ - began_) : std::nullopt; }
  [[nodiscard]] std::uint64_t retransmissions() { return host_.engine().counters().retransmissions_sent; }

 private:
  sim::SimulatedStack stack_;
  leases::LeaseBook leases_;
  Instant began_;
  std::optional<Instant> up_;
  daemon::EngineHost host_;
};

class Crowd {
 public:
  Crowd(const Arguments& arguments, io::EventLoop& loop, daemon::Transport& transport, RandomSource& random)
      : arguments_(arguments),
        loop_(loop),
        transport_(transport),
        random_(random),
        next_(loop, std::bind_front(&Crowd::begin_one, this)) {}

  Result<void> run() {
    TRY_VOID(transport_.start(loop_, {[this](auto datagrams) { deliver(datagrams); }, [](auto) {}}));
    started_ = io::monotonic_now();
    next_.set(started_);
    const auto last = started_ + arguments_.count * milliseconds(1000) / arguments_.rate;
    io::Timer check(loop_, [&] {
      if (all_up()) loop_.stop();
      else check.set(io::monotonic_now() + milliseconds(50));
    });
    check.set(last);
    (void)loop_.run_until(last + kPatience);
    return {};
  }

  void report() {
    std::vector<double> times;
    std::uint64_t retransmissions = 0;
    for (const auto& [address, initiator] : initiators_) {
      if (const auto took = initiator->took())
        times.push_back(std::chrono::duration<double, std::milli>(*took).count());
      retransmissions += initiator->retransmissions();
    }
    std::ranges::sort(times);
    std::printf("{\"begun\": %u, \"retransmissions\": %llu, \"milliseconds\": [", begun_,
                static_cast<unsigned long long>(retransmissions));
    for (std::size_t i = 0; i < times.size(); ++i) std::printf("%s%.2f", i == 0 ? "" : ", ", times[i]);
    std::printf("]}\n");
  }

 private:
  void begin_one() {
    const auto site = site_of(arguments_, begun_);
    initiators_.emplace(site.local.to_string(),
                        std::make_unique<Initiator>(loop_, library_, random_, transport_, documents_, site));
    if (++begun_ < arguments_.count) next_.set(started_ + begun_ * milliseconds(1000) / arguments_.rate);
  }
  void deliver(std::span<const ike::DatagramView> datagrams) {
    for (const auto& datagram : datagrams)
      if (const auto found = initiators_.find(datagram.local.address.to_string()); found != initiators_.end())
        found->second->host().on_datagrams({&datagram, 1});
  }
  [[nodiscard]] bool all_up() const {
    return begun_ == arguments_.count &&
           std::ranges::all_of(initiators_, [](const auto& entry) { return entry.second->took().has_value(); });
  }

  Arguments arguments_;
  io::EventLoop& loop_;
  daemon::Transport& transport_;
  RandomSource& random_;
  crypto::Library library_;
  daemon::Documents documents_{loop_, fetch::Limits{.time = Duration::zero()}, "", [](const std::string&) {}};
  Instant started_;
  unsigned begun_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Initiator>> initiators_;
  io::Timer next_;
};

bool read_number(std::string_view text, unsigned& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc() && number > 0;
}

int fail(const Error& error) {
  std::fprintf(stderr, "initiators: %s\n", error.to_string().c_str());
  return 1;
}

int run(int argc, char** argv) {
  Arguments arguments;
  const auto gateway = argc == 4 ? IpAddress::parse(argv[1]) : std::nullopt;
  if (!gateway || !read_number(argv[2], arguments.count) || !read_number(argv[3], arguments.rate) ||
      arguments.count > 65000) {
    std::fputs("usage: initiators GATEWAY COUNT RATE\n", stderr);
    return 2;
  }
  arguments.gateway = *gateway;
  auto random = crypto::SystemRandom::open();
  if (!random) return fail(random.error());
  io::EventLoop loop;
  auto transport = daemon::Transport::open({500, 4500}, 0, {});
  if (!transport) return fail(transport.error());
  Crowd crowd(arguments, loop, *transport, **random);
  if (auto ran = crowd.run(); !ran) return fail(ran.error());
  crowd.report();
  return 0;
}

}  // namespace
}  // namespace keypact::bench

int main(int argc, char** argv) { return keypact::bench::run(argc, argv); }
