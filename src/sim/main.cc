// keypact-sim: runs simulated networks from seeds and says which seed breaks which invariant.
#include <algorithm>
#include <charconv>
#include <iostream>

#include "sim/collisions.h"
#include "sim/loss.h"
#include "sim/scenario.h"

namespace {

using namespace keypact;

constexpr int kBroken = 1;
constexpr int kUsage = 2;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 200;
  bool replay = false;
  unsigned messages = 0;    ///< more than 0: collisions, with every fate of so many messages
  unsigned handshakes = 0;  ///< more than 0: handshakes over lossy links instead of networks
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
    else if (words[i] == "--loss") arguments.handshakes = static_cast<unsigned>(std::min(*value, std::uint64_t{1000000}));
    else if (words[i] == "--collisions") arguments.messages = static_cast<unsigned>(std::min(*value, std::uint64_t{12}));
    else if (words[i] == "--seed") arguments = {*value, 1, true};
    else return std::nullopt;
  }
  return arguments;
}

void print(const std::string& line) { std::cout << line << '\n'; }

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

/// Two operations at once, with every fate of the first messages.
int run_collisions(unsigned messages) {
  const auto sum = sim::run_collisions(messages, print);
  std::cout << sum.schedules << " schedules of " << sim::kColliders * sim::kColliders << " pairs, " << messages
            << " messages each: " << (sum.broken.empty() ? "both ends agree in all" : sum.broken) << '\n';
  return sum.broken.empty() ? 0 : kBroken;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto arguments = parse(words);
  if (!arguments) {
    std::cerr << "usage: keypact-sim [--seeds N] [--first SEED] | --seed SEED | --loss N | --collisions N\n"
                 "  Runs N networks (200), or one with the story of everything that happens in it, N handshakes a lossy link, or\n"
                 "  all collisions of two operations with every fate of the first N messages.\n";
    return kUsage;
  }
  if (arguments->handshakes > 0) return run_handshakes(arguments->handshakes, arguments->first);
  if (arguments->messages > 0) return run_collisions(arguments->messages);
  return arguments->replay ? replay(arguments->first) : run(*arguments);
}
