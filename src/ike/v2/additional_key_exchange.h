// What both ends check in an additional key exchange, whichever exchange carries it. RFC 9370 §2.2.2, §2.2.4.
#pragma once

#include "ike/core/job.h"
#include "ike/core/payload_set.h"
#include "ike/core/refusal.h"
#include "wire/payload.h"

namespace keypact::ike::v2 {

/// What is wrong with a response that has no link although more key exchanges are to come.
inline constexpr std::string_view kNoLink =
    "the response has no ADDITIONAL_KEY_EXCHANGE for the key exchange that follows";
/// The data of ADDITIONAL_KEY_EXCHANGE; empty without one.
[[nodiscard]] Octets link_of(const PayloadSet& payloads);

/// Who made a value of a key exchange.
enum class ValueOf : std::uint8_t { initiator, responder };

/// What is wrong with a value before anything is computed with it; nothing: it may be.
[[nodiscard]] std::optional<Refusal> refuses_value(ExchangeType exchange, const wire::KePayload& value,
                                                   KeyExchangeMethod agreed, ValueOf maker);
/// The job of an additional key exchange came to nothing.
[[nodiscard]] Refusal failed_key_exchange(ExchangeType exchange, KeyExchangeMethod method, const JobDone& done);

}  // namespace keypact::ike::v2
