// keypact-sim: runs simulated networks from seeds and says which seed breaks which invariant.
#include <algorithm>
#include <charconv>
#include <iostream>

#include "sim/collisions.h"
#include "sim/fleet.h"
#include "sim/loss.h"
#include "sim/scenario.h"

namespace {

using namespace keypact;

constexpr int kBroken = 1;
constexpr int kUsage = 2;
/// One seed in so many is run a second time.
constexpr std::uint64_t kTwice = 20;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 200;
  bool replay = false;
  std::optional<unsigned> faults{};                   ///< collisions, with so many faults a schedule
  std::optional<unsigned> reauthentication_faults{};  ///< where both ends reauthenticate; none: as many as elsewhere
  unsigned worlds = 1;                                ///< collisions, with so many choices of nonces and SPIs
  unsigned key_exchanges = 0;                         ///< collisions, with so many for each Child SA
  unsigned handshakes = 0;                            ///< more than 0: handshakes over lossy links instead of networks
  std::size_t mesh = 0;                               ///< more than 0: a mesh of so many nodes that start at once
  std::size_t storm = 0;                              ///< more than 0: so many clients whose gateway has an outage
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Arguments> parse(const std::vector<std::string_view>& words) {
  Arguments arguments;
  if (words.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto value = number(words[i + 1]);
    if (!value) return std::nullopt;
    if (words[i] == "--seeds") arguments.seeds = *value;
    else if (words[i] == "--first") arguments.first = *value;
    else if (words[i] == "--loss")
      arguments.handshakes = static_cast<unsigned>(std::min(*value, std::uint64_t{1000000}));
    else if (words[i] == "--collisions") arguments.faults = static_cast<unsigned>(std::min(*value, std::uint64_t{12}));
    else if (words[i] == "--reauthentication-faults")
      arguments.reauthentication_faults = static_cast<unsigned>(std::min(*value, std::uint64_t{12}));
    else if (words[i] == "--worlds")
      arguments.worlds = static_cast<unsigned>(std::clamp(*value, std::uint64_t{1}, std::uint64_t{16}));
    else if (words[i] == "--key-exchanges")
      arguments.key_exchanges = static_cast<unsigned>(std::min(*value, std::uint64_t{2}));
    else if (words[i] == "--mesh") arguments.mesh = std::min(*value, std::uint64_t{200});
    else if (words[i] == "--storm") arguments.storm = std::min(*value, std::uint64_t{10000});
    else if (words[i] == "--seed") arguments = {.first = *value, .seeds = 1, .replay = true};
    else return std::nullopt;
  }
  return arguments;
}

void print(const std::string& line) { std::cout << line << '\n' << std::flush; }

int replay(std::uint64_t seed) {
  const auto outcome = sim::run_scenario(seed, print);
  std::cout << "seed " << seed << ": " << (outcome.broken.empty() ? "all invariants hold" : outcome.broken) << '\n';
  return outcome.broken.empty() ? 0 : kBroken;
}

int run(const Arguments& arguments) {
  sim::Outcome sum;
  for (auto seed = arguments.first; seed - arguments.first < arguments.seeds; ++seed) {
    const auto outcome = sim::run_scenario(seed);
    if (!outcome.broken.empty()) return replay(seed);
    // Invariant 12. Once in a while: it doubles the time.
    if (seed % kTwice == 0 && sim::run_scenario(seed).trace_hash != outcome.trace_hash) {
      std::cout << "seed " << seed << ": invariant 12: not the same datagrams when it is run again\n";
      return kBroken;
    }
    sum.nodes += outcome.nodes;
    sum.requests += outcome.requests;
    sum.datagrams += outcome.datagrams;
    sum.ike_sas += outcome.ike_sas;
    sum.simulated += outcome.simulated;
  }
  std::cout << arguments.seeds << " seeds from " << arguments.first << ": " << sum.nodes << " nodes, " << sum.requests
            << " requests, " << sum.ike_sas / 2 << " IKE SAs, " << sum.datagrams << " datagrams, "
            << std::chrono::duration_cast<hours>(sum.simulated).count() << " simulated hours: all invariants hold\n";
  return 0;
}

/// Handshakes with fragmentation at 10, 20 and 30 % loss, and whether as many complete as should.
int run_handshakes(unsigned handshakes, std::uint64_t first_seed) {
  bool enough = true;
  std::string line = std::to_string(handshakes) + " handshakes each, completed within 60 s:";
  for (const auto& aim : sim::kLossAims) {
    const auto outcome = sim::run_handshakes(aim.loss, handshakes, first_seed);
    std::cout << sim::to_string(outcome) << '\n' << std::flush;
    enough = enough && outcome.reaches(aim);
    line += ' ' + sim::share(outcome) + " at " + std::to_string(aim.loss) + " %,";
  }
  line.back() = ':';
  std::cout << line << (enough ? " enough\n" : " too few\n");
  return enough ? 0 : kBroken;
}

/// Two operations at once, in every order of their messages, with so many faults at every place.
int run_collisions(const sim::CollisionPlan& plan, unsigned worlds) {
  const auto sum = sim::run_collisions(plan, worlds, print);
  std::cout << sum.schedules << " schedules of " << sim::kColliders * sim::kColliders << " pairs with " << worlds
            << " choice(s) of nonces and SPIs, up to " << sum.messages << " messages each, at most " << plan.faults
            << " of them lost, late or doubled (" << plan.both_reauthenticate << " where both ends reauthenticate), "
            << sum.situations << " situations gone on from, " << sum.ended
            << " ends: " << (sum.broken.empty() ? "both ends agree in all" : sum.broken) << '\n';
  return sum.broken.empty() ? 0 : kBroken;
}

/// With links that lose nothing, and with links that do.
int run_mesh(std::size_t nodes, std::uint64_t first_seed) {
  bool sound = true;
  for (const unsigned loss : {0u, 10u}) {
    const auto outcome = sim::run_mesh(nodes, loss, first_seed);
    std::cout << loss << " % loss, " << sim::to_string(outcome) << '\n' << std::flush;
    sound = sound && outcome.broken.empty();
    // The story of a small one can be read.
    constexpr std::size_t kReadable = 4;
    if (!outcome.broken.empty() && nodes <= kReadable) (void)sim::run_mesh(nodes, loss, first_seed, print);
  }
  return sound ? 0 : kBroken;
}

int run_storm(std::size_t clients, std::uint64_t first_seed) {
  bool sound = true;
  for (const auto outage : {sim::Outage::crash, sim::Outage::partition}) {
    const auto outcome = sim::run_storm(clients, outage, first_seed);
    std::cout << sim::to_string(outcome) << '\n' << std::flush;
    sound = sound && sim::holds(outcome);
  }
  return sound ? 0 : kBroken;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto arguments = parse(words);
  if (!arguments) {
    std::cerr
        << "usage: keypact-sim [--seeds N] [--first SEED] | --seed SEED | --loss N | --collisions F\n"
           "         [--reauthentication-faults F] [--worlds N] [--key-exchanges K] | --mesh N | --storm N\n"
           "  Runs N networks (200), or one with the story of everything that happens in it, N handshakes a lossy\n"
           "  link, or all collisions of two operations, in every order of their messages, of which at most F (1 is\n"
           "  usual) are lost, late or doubled, with another F where both ends reauthenticate, with N choices of\n"
           "  nonces and SPIs (1) and K key exchanges (0 to 2) of each Child SA; a mesh of N nodes that all start at\n"
           "  once; N clients whose gateway is gone for five minutes.\n";
    return kUsage;
  }
  if (arguments->handshakes > 0) return run_handshakes(arguments->handshakes, arguments->first);
  if (arguments->mesh > 0) return run_mesh(arguments->mesh, arguments->first);
  if (arguments->storm > 0) return run_storm(arguments->storm, arguments->first);
  if (arguments->faults)
    return run_collisions(
        {*arguments->faults, arguments->reauthentication_faults.value_or(*arguments->faults), arguments->key_exchanges},
        arguments->worlds);
  return arguments->replay ? replay(arguments->first) : run(*arguments);
}
