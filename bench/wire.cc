// Parse and encode of an IKE_SA_INIT request with strongSwan's default offer (recorded), of an ordinary small one, and of the
// inner chain of an IKE_AUTH request.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "tests/wire/samples.h"

namespace {

using namespace keypact;
using namespace keypact::wire;

Octets strongswan(std::string_view name) {
  for (const auto& record : recorded()) {
    if (record.name == name) return record.octets;
  }
  std::abort();
}

Octets small_sa_init() {
  for (const auto& sample : samples()) {
    if (sample.name == "ike_sa_init") return sample.message;
  }
  std::abort();
}

Octets large_sa_init() { return strongswan("psk IKE_SA_INIT request 0"); }
Octets auth_chain() { return strongswan("psk IKE_AUTH request 1"); }

void parse(benchmark::State& state, const Octets& octets) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_message(octets));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}

void encode(benchmark::State& state, const Octets& octets) {
  const auto message = parse_message(octets).value();
  for (auto _ : state) benchmark::DoNotOptimize(encode_message(message.header, message.clear.payloads));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}

void parse_chain(benchmark::State& state) {
  const auto octets = auth_chain();
  for (auto _ : state) benchmark::DoNotOptimize(parse_payload_chain(PayloadType::IDi, octets));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}

void encode_chain(benchmark::State& state) {
  const auto octets = auth_chain();
  const auto chain = parse_payload_chain(PayloadType::IDi, octets).value();
  for (auto _ : state) benchmark::DoNotOptimize(encode_payload_chain(chain.payloads));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}

void refuse_junk(benchmark::State& state) {
  auto octets = large_sa_init();
  octets[kHeaderOctets + 2] = 0xff;
  for (auto _ : state) benchmark::DoNotOptimize(parse_message(octets));
}

BENCHMARK_CAPTURE(parse, IKE_SA_INIT, small_sa_init())->Name("ParseSaInit");
BENCHMARK_CAPTURE(parse, IKE_SA_INIT_default_offer, large_sa_init())->Name("ParseSaInitOfAllAlgorithms");
BENCHMARK_CAPTURE(encode, IKE_SA_INIT, small_sa_init())->Name("EncodeSaInit");
BENCHMARK_CAPTURE(encode, IKE_SA_INIT_default_offer, large_sa_init())->Name("EncodeSaInitOfAllAlgorithms");
BENCHMARK(parse_chain)->Name("ParseAuthChain");
BENCHMARK(encode_chain)->Name("EncodeAuthChain");
BENCHMARK(refuse_junk)->Name("RefuseJunk");

}  // namespace
