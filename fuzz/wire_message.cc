// Octets as a datagram, and as the chain inside an SK payload: what is accepted must encode to the octets it came from (up to
// RESERVED fields), and everything that can be asked of the result must answer within its bounds.
#include <algorithm>

#include "fuzz/require.h"
#include "wire/notation.h"

namespace {

using namespace keypact;
using fuzz::require;
using namespace keypact::wire;

bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); });
}

void check_values(const PayloadChain& chain) {
  for (const auto& payload : chain.payloads) {
    if (const auto* sa = std::get_if<SaPayload>(&payload.body)) {
      for (const auto& proposal : sa->proposals) {
        const auto offer = proposal.offer();
        require(offer.transforms.size() <= proposal.transforms.size());
        require(ProposalSubstructure::of(proposal.number, offer, proposal.spi).offer() == offer);
      }
    }
    if (const auto* ts = std::get_if<TsPayload>(&payload.body)) {
      require(std::ranges::all_of(ts->selectors(), [](const auto& selector) { return selector.is_valid(); }));
    }
    if (const auto* id = std::get_if<IdPayload>(&payload.body)) require(id->body().size() == id->id.data.size() + 4);
  }
  constexpr std::size_t kNotationBound = 1000;
  constexpr std::size_t kDetailsBound = 20000;
  const auto line = notation(chain.payloads);
  const auto lines = details(chain.payloads);
  require(line.size() <= kNotationBound && is_printable(line));
  require(lines.size() <= kDetailsBound && is_printable(lines));
}

void check_error(const ParseError& error, std::size_t size) {
  require(error.offset <= size);
  require(!error.to_string().empty() && is_error(error.notify()));
}

void as_message(OctetView octets) {
  const auto message = parse_message(octets);
  if (!message) return check_error(message.error(), std::max(octets.size(), std::size_t{65535}));
  check_values(message->clear);
  const auto again = encode_message(*message);
  if (!message->clear.reserved_bits_set) return require(same_octets(again, octets));
  const auto second = parse_message(again);
  require(second.has_value() && !second->clear.reserved_bits_set && again.size() == octets.size());
  require(second->header == message->header && second->clear.payloads == message->clear.payloads);
}

void as_chain(PayloadType first, OctetView octets) {
  const auto chain = parse_payload_chain(first, octets);
  if (!chain) return check_error(chain.error(), octets.size());
  check_values(*chain);
  const auto again = encode_payload_chain(chain->payloads);
  if (!chain->reserved_bits_set) return require(same_octets(again, octets));
  const auto second = parse_payload_chain(first, again);
  require(second.has_value() && !second->reserved_bits_set && second->payloads == chain->payloads);
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const OctetView octets(data, size);
  as_message(octets);
  if (size < kHeaderOctets) return 0;
  // With a true length, so that a mutation that changes the size gets past the header.
  Octets truthful = to_octets(octets);
  for (unsigned i = 0; i < 4; ++i) truthful[24 + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  as_message(truthful);
  constexpr std::size_t kNextPayload = 16;
  as_chain(static_cast<PayloadType>(data[kNextPayload]), octets.subspan(kHeaderOctets));
  return 0;
}
