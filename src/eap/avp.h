// Avp: attribute-value pairs inside TTLS. RFC 5281 §10, §11.2; those of Microsoft: RFC 2548.
#pragma once

#include <optional>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::eap {

enum class AvpCode : std::uint32_t { User_Name = 1, User_Password = 2, EAP_Message = 79 };

inline constexpr std::uint32_t kMicrosoft = 311;
enum class MicrosoftAvpCode : std::uint32_t {
  MS_CHAP_Error = 2,
  MS_CHAP_Challenge = 11,
  MS_CHAP2_Response = 25,
  MS_CHAP2_Success = 26
};

struct Avp {
  std::uint32_t code = 0;
  std::uint32_t vendor = 0;  ///< 0: none
  bool mandatory = true;
  Octets data;

  [[nodiscard]] bool is(AvpCode other) const { return vendor == 0 && code == static_cast<std::uint32_t>(other); }
  [[nodiscard]] bool is(MicrosoftAvpCode other) const {
    return vendor == kMicrosoft && code == static_cast<std::uint32_t>(other);
  }
  bool operator==(const Avp&) const = default;
};

[[nodiscard]] Avp avp(AvpCode code, OctetView data);
[[nodiscard]] Avp avp(MicrosoftAvpCode code, OctetView data);

/// The error is a part of a sentence about what came.
[[nodiscard]] Result<std::vector<Avp>, std::string_view> parse_avps(OctetView octets);
[[nodiscard]] Octets encode(const std::vector<Avp>& avps);

/// The first of its kind.
template <class Code>
[[nodiscard]] const Avp* find_avp(const std::vector<Avp>& avps, Code code) {
  for (const auto& one : avps)
    if (one.is(code)) return &one;
  return nullptr;
}
/// The data of all EAP-Message AVPs in a row (RFC 5281 §11.2.1); nothing when there is none.
[[nodiscard]] std::optional<Octets> eap_message(const std::vector<Avp>& avps);

}  // namespace keypact::eap
