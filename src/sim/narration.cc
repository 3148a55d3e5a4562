#include "sim/narration.h"

namespace keypact::sim {
namespace {

template <class... Handlers>
struct Overload : Handlers... {
  using Handlers::operator()...;
};

std::string text(IkeSaId id) { return "IKE SA " + std::to_string(id.value); }
std::string text(ChildSaId id) { return "Child SA " + std::to_string(id.value); }
std::string text(ControlId id) { return "request " + std::to_string(id.value); }

std::string text(const ike::Refusal& refusal) {
  std::string words(ike::to_string(refusal.code));
  if (refusal.notify) words += " (" + to_string(*refusal.notify) + ")";
  if (!refusal.detail.empty()) words += ": " + refusal.detail;
  return words;
}

std::string text(const ike::MessageTraced& message) {
  return std::string(message.sent ? "sends " : "reads ") + to_string(message.exchange) +
         (message.response ? " response " : " request ") + std::to_string(message.message_id) + "  " + message.notation;
}

}  // namespace

std::string in_words(const ike::Event& event) {
  return std::visit(
      Overload{
          [](const ike::MessageTraced& e) { return text(e); },
          [](const ike::IkeSaEstablished& e) { return text(e.ike_sa) + " is established"; },
          [](const ike::IkeSaMoved& e) { return text(e.ike_sa) + " has its peer at " + e.to.remote.to_string(); },
          [](const ike::IkeSaClosed& e) { return text(e.ike_sa) + " is over: " + text(e.reason); },
          [](const ike::ChildSaUp& e) { return text(e.child_sa) + " of " + text(e.ike_sa) + " is up"; },
          [](const ike::ChildSaDown& e) { return text(e.child_sa) + " of " + text(e.ike_sa) + " is down"; },
          [](const ike::IkeSaRekeyed& e) { return text(e.old) + " goes on as " + text(e.fresh); },
          [](const ike::ChildSaRekeyed& e) { return text(e.old) + " is replaced by " + text(e.fresh); },
          [](const ike::Refused& e) { return "refused: " + text(e.refusal); },
          [](const ike::RequestDone& e) {
            return text(e.request) + (e.refusal ? " failed: " + text(*e.refusal) : " is done");
          },
          [](const ike::AddressesLeased& e) { return text(e.ike_sa) + ": the client has its addresses"; },
          [](const ike::AddressWanted& e) { return "where is the peer of " + e.connection + "?"; },
          [](const ike::ClientConfigured& e) { return text(e.ike_sa) + ": we have our addresses"; },
          [](const auto&) { return std::string(); },
      },
      event);
}

std::string in_words(const ike::ControlRequest& request) {
  return std::visit(
      Overload{
          [](const ike::Initiate& r) { return text(r.id) + ": initiate " + r.connection + "/" + r.child; },
          [](const ike::TerminateIke& r) {
            return text(r.id) + ": terminate " + text(r.ike_sa) + (r.at_once ? " at once" : "");
          },
          [](const ike::TerminateChild& r) { return text(r.id) + ": terminate " + text(r.child_sa); },
          [](const ike::RekeyIke& r) {
            return text(r.id) + (r.reauthenticate ? ": reauthenticate " : ": rekey ") + text(r.ike_sa);
          },
          [](const ike::RekeyChild& r) { return text(r.id) + ": rekey " + text(r.child_sa); },
          [](const ike::Redirect& r) {
            return text(r.id) + ": redirect " + text(r.ike_sa) + " to " + r.gateway.to_string();
          },
      },
      request);
}

std::string in_words(const ipsec::StackEvent& event) {
  return std::visit(
      Overload{
          [](const ipsec::ChildSaInstalled& e) { return text(e.id) + " is installed"; },
          [](const ipsec::ChildSaInstallFailed& e) { return text(e.id) + " is not installed: " + e.reason; },
          [](const ipsec::Acquire& e) { return "traffic for policy " + std::to_string(e.policy.value); },
          [](const ipsec::ChildSaExpired& e) { return text(e.id) + (e.hard ? " has expired" : " expires soon"); },
          [](const ipsec::ChildSaUse& e) { return "it is told when " + text(e.id) + " was used"; },
          [](const ipsec::PeerMoved& e) { return text(e.id) + " receives from " + e.remote.to_string(); },
          [](const ipsec::UnknownSpi& e) { return "ESP of no SA from " + e.remote.to_string(); },
      },
      event);
}

}  // namespace keypact::sim
