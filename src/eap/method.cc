#include "eap/method.h"

namespace keypact::eap {

std::string method_name(Method method) {
  if (method == Method::AKA_PRIME) return "EAP-AKA'";
  if (method == Method::Nak) return "EAP-Nak";
  const auto name = registered_name(method);
  if (name.empty()) return "the EAP type " + std::to_string(static_cast<unsigned>(method));
  return "EAP-" + std::string(name);
}

bool makes_key(Method method) {
  switch (method) {
    case Method::TLS:
    case Method::TTLS:
    case Method::PEAP:
    case Method::MSCHAPV2:
    case Method::SIM:
    case Method::AKA:
    case Method::AKA_PRIME: return true;
    default: return false;
  }
}

bool fit_for_eap_only(Method method) {
  switch (method) {
    case Method::TLS:
    case Method::SIM:
    case Method::TTLS:
    case Method::PEAP:
    case Method::AKA:
    case Method::AKA_PRIME: return true;
    default: return false;
  }
}

bool is_over_tls(Method method) { return method == Method::TLS || method == Method::TTLS || method == Method::PEAP; }

}  // namespace keypact::eap
