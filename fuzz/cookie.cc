// Cookies and what asks for them. A cookie is good for whom it was made, for one to two time slots, and for nobody else; whoever admits
// IKE_SA_INIT requests keeps to its rates; and a glance at a request sees what its parser sees. RFC 7296 §2.6.
#include <array>
#include <deque>
#include <map>
#include <memory>

#include "fuzz/script.h"
#include "ike/core/cookie.h"
#include "ike/engine/admission.h"
#include "ike/v2/contracts.h"
#include "sim/seeded_random.h"
#include "wire/message.h"
#include "wire/sa_init_glance.h"

namespace {

using namespace keypact;
using namespace keypact::ike;
using keypact::fuzz::require;
using keypact::fuzz::Script;

IpAddress some_address(Script& script) {
  static const std::array kAddresses = {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2"),
                                        *IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8:0:1::1")};
  return kAddresses[script.below(kAddresses.size())];
}

struct Made {
  IkeSpi spi;
  Octets nonce;
  IpAddress address;
  Octets cookie;
  Instant at;
  [[nodiscard]] CookieJar::Binding binding() const { return {spi, nonce, address}; }
};

void cookies(Script& script) {
  static crypto::Library library;
  sim::SeededRandom random{3};
  Instant now{seconds(1 + script.u8())};
  CookieJar jar(random, now);
  std::deque<Made> made;
  const auto is_good = [&](const Made& one, OctetView cookie) {
    return jar.verify(library, one.binding(), cookie, now);
  };
  while (!script.is_over()) {
    switch (script.below(5)) {
      case 0: {
        Made one{IkeSpi{script.u8()}, to_octets(script.octets(16 + script.below(16))), some_address(script), {}, now};
        one.cookie = jar.make(library, one.binding(), random, now);
        require(one.cookie.size() <= limits::kCookieMaxOctets && is_good(one, one.cookie));
        made.push_back(std::move(one));
        if (made.size() > 8) made.pop_front();
        break;
      }
      case 1: now = now + milliseconds(script.u16()); break;
      case 2: now = now + seconds(script.u8()); break;
      case 3: {
        if (made.empty()) break;
        const auto& one = made[script.below(made.size())];
        const auto age = now - one.at;
        if (age <= CookieJar::kSlot) require(is_good(one, one.cookie));
        if (age >= 2 * CookieJar::kSlot) require(!is_good(one, one.cookie));
        auto changed = one.cookie;
        if (script.u8() % 8 == 0) changed.resize(script.u8());
        else changed[script.below(changed.size())] ^= static_cast<std::uint8_t>(script.u8());
        if (changed != one.cookie) require(!is_good(one, changed));
        break;
      }
      default: {
        // Somebody else's.
        if (made.size() < 2) break;
        const auto& one = made[script.below(made.size())];
        const auto& other = made[script.below(made.size())];
        const bool same = one.spi == other.spi && one.nonce == other.nonce && one.address == other.address;
        if (!same) require(!is_good(other, one.cookie));
        break;
      }
    }
  }
}

void admission(Script& script) {
  sim::SeededRandom random{3};
  Budgets budgets;
  budgets.init_per_source = {1 + script.u8() % 20, 1 + script.u8() % 10};
  budgets.half_open = 1 + script.u8();
  budgets.half_open_per_source = script.u8() % 8;
  budgets.ike_sas_per_source = script.u8();
  const auto admission = std::make_unique<Admission>(budgets, random);
  const Instant begin{seconds(1)};
  Instant now = begin;
  std::map<IpAddress, unsigned> admitted;
  while (!script.is_over()) {
    if (script.u8() % 4 == 0) now = now + milliseconds(script.u16());
    const auto source = some_address(script);
    const Occupancy occupancy{script.u8(), script.u8() % 8u, script.u8()};
    const auto method = script.u8() % 2 == 0 ? KeyExchangeMethod::CURVE25519 : KeyExchangeMethod::MODP_4096;
    const auto verdict = admission->judge(now, source, method, occupancy);
    const bool full =
        occupancy.half_open >= budgets.half_open ||
        (budgets.half_open_per_source != 0 && occupancy.half_open_of_source >= budgets.half_open_per_source);
    require(full == (verdict == Admission::Verdict::too_many_half_open));
    require(admission->half_open_life(occupancy.half_open) <= budgets.half_open_life);
    if (verdict != Admission::Verdict::admit) continue;
    // Without a cookie none gets more than its rate.
    const auto passed = static_cast<std::uint64_t>((now - begin) / milliseconds(1));
    const auto most = budgets.init_per_source.burst + passed * budgets.init_per_source.per_second / 1000 + 1;
    require(++admitted[source] <= most);
  }
}

void glance(OctetView datagram) {
  const auto header = wire::parse_header(datagram);
  if (!header) return;
  const auto seen = wire::glance_at_sa_init(*header, datagram);
  require(!seen || (seen->nonce.size() >= limits::kNonceMinOctets && seen->nonce.size() <= limits::kNonceMaxOctets));
  const auto message = wire::parse_message(datagram);
  if (!message || message->encrypted || header->exchange != ExchangeType::IKE_SA_INIT || header->response) return;
  const PayloadSet payloads(message->clear.payloads);
  const auto* contract = v2::contract_of(ExchangeType::IKE_SA_INIT, false, payloads);
  if (contract == nullptr || v2::check_contract(*contract, payloads)) return;
  require(seen.has_value());
  require(same_octets(seen->nonce, payloads.find<wire::NoncePayload>()->nonce));
  require(seen->method == payloads.find<wire::KePayload>()->method);
  const auto* first = std::get_if<wire::NotifyPayload>(&message->clear.payloads.front().body);
  const bool has_cookie = first != nullptr && first->type == NotifyType::COOKIE;
  require(same_octets(seen->cookie, has_cookie ? OctetView(first->data) : OctetView()));
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(OctetView(data, size));
  switch (script.below(3)) {
    case 0: cookies(script); break;
    case 1: admission(script); break;
    default: glance(OctetView(data, size).subspan(std::min<std::size_t>(1, size))); break;
  }
  return 0;
}
