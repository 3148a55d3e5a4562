// keypact-sim: runs simulated networks from seeds and says which seed breaks which invariant.
#include <charconv>
#include <iostream>

#include "sim/scenario.h"

namespace {

using namespace keypact;

constexpr int kBroken = 1;
constexpr int kUsage = 2;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 200;
  bool replay = false;
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

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto arguments = parse(words);
  if (!arguments) {
    std::cerr << "usage: keypact-sim [--seeds N] [--first SEED] | --seed SEED\n"
                 "  Runs N networks (200), or one with the story of everything that happens in it.\n";
    return kUsage;
  }
  return arguments->replay ? replay(arguments->first) : run(*arguments);
}
