#include "control/log_line.h"

namespace keypact::control {

namespace {

std::string described(const IkeFacts& facts) {
  return "IKE SA " + (facts.connection.empty() ? "(unnamed)" : facts.connection) + "[" +
         std::to_string(facts.id.value) + "]";
}

std::string described(const ike::v2::ChildSa& child) {
  return "Child SA " + child.name + "{" + std::to_string(child.id.value) + "}";
}

std::string spis_of(const ike::v2::ChildSa& child) {
  return "SPIs " + to_string(child.inbound_spi) + "_i " + to_string(child.outbound_spi) + "_o";
}

class Narrator {
 public:
  Narrator(const ToldEvent& told, Host& host) : told_(told), host_(host) {}

  std::optional<LogLine> operator()(const ike::MessageTraced& event) {
    auto line = about("ENC", 1, event.ike_sa);
    line.text = std::string(event.sent ? "sent " : "received ") + to_string(event.exchange) +
                (event.response ? " response " : " request ") + std::to_string(event.message_id);
    if (event.retransmission > 0) line.text += " again (retransmission " + std::to_string(event.retransmission) + ")";
    line.text += ": " + event.notation + " (" + std::to_string(event.octets) + " octets)";
    return line;
  }

  std::optional<LogLine> operator()(const ike::IkeSaEstablished& event) {
    auto line = about("IKE", 0, event.ike_sa);
    const auto& facts = told_.ike;
    if (facts == nullptr) return std::nullopt;
    line.text = described(*facts) + " established between " + facts->record.local.address.to_string() + "[" +
                facts->local_id + "]..." + facts->record.remote.address.to_string() + "[" + facts->peer_id + "]";
    return line;
  }

  std::optional<LogLine> operator()(const ike::IkeSaMoved& event) {
    auto line = about("IKE", 0, event.ike_sa);
    const auto& facts = told_.ike;
    if (facts == nullptr) return std::nullopt;
    line.text = described(*facts) + " moved from " + event.from.local.to_string() + "..." +
                event.from.remote.to_string() + " to " + event.to.local.to_string() + "..." +
                event.to.remote.to_string();
    return line;
  }

  std::optional<LogLine> operator()(const ike::IkeSaClosed& event) {
    auto line = about("IKE", event.was_established ? 0 : 1, event.ike_sa);
    if (line.connection.empty()) line.connection = event.connection;
    line.text = "IKE SA " + line.connection + "[" + std::to_string(event.ike_sa.value) + "] " +
                (event.was_established ? "closed: " : "not established: ") + sentence(event.reason, line.connection);
    return line;
  }

  std::optional<LogLine> operator()(const ike::ChildSaUp& event) {
    auto line = about("CHD", 0, event.ike_sa);
    const auto& child = told_.child;
    if (child == nullptr) return std::nullopt;
    line.text = described(child->sa) + " established with " + spis_of(child->sa) + " and TS " +
                to_string(child->sa.local) + " === " + to_string(child->sa.remote);
    return line;
  }

  std::optional<LogLine> operator()(const ike::ChildSaDown& event) {
    auto line = about("CHD", 0, event.ike_sa);
    const auto& child = told_.child;
    if (child == nullptr) return std::nullopt;
    line.text = described(child->sa) + " closed";
    return line;
  }

  std::optional<LogLine> operator()(const ike::IkeSaRekeyed& event) {
    auto line = about("IKE", 0, event.fresh);
    const auto& facts = told_.ike;
    if (facts == nullptr) return std::nullopt;
    line.text = described(*facts) + " continues IKE SA [" + std::to_string(event.old.value) + "] with new keys";
    return line;
  }

  std::optional<LogLine> operator()(const ike::ChildSaRekeyed& event) {
    auto line = about("CHD", 0, event.ike_sa);
    const auto& child = told_.child;
    if (child == nullptr) return std::nullopt;
    line.text = described(child->sa) + " with " + spis_of(child->sa) + " takes the place of {" +
                std::to_string(event.old.value) + "}";
    return line;
  }

  std::optional<LogLine> operator()(const ike::Refused& event) {
    auto line = about("IKE", 1, event.ike_sa);
    if (line.connection.empty()) line.connection = event.connection;
    line.text = "refused to or by " + event.peer.to_string() + ": " + sentence(event.refusal, line.connection);
    return line;
  }

  std::optional<LogLine> operator()(const ike::ClientConfigured& event) {
    auto line = about("IKE", 1, event.ike_sa);
    for (const auto& address : event.configuration.addresses)
      line.text += (line.text.empty() ? "installing new virtual IP " : ", ") + address.to_string();
    return line;
  }

  std::optional<LogLine> operator()(const ike::AddressesLeased& event) {
    auto line = about("IKE", 0, event.ike_sa);
    for (const auto& lease : event.leases)
      line.text += (line.text.empty() ? "assigning virtual IP " : ", ") + lease.address.to_string();
    line.text += " to peer '" + event.client.to_string() + "'";
    return line;
  }

  template <class Other>
  std::optional<LogLine> operator()(const Other&) {
    return std::nullopt;
  }

 private:
  LogLine about(std::string_view group, int level, IkeSaId id) {
    LogLine line;
    line.group = group;
    line.level = level;
    line.ike_sa = id;
    if (told_.ike) line.connection = told_.ike->connection;
    return line;
  }

  std::string sentence(const ike::Refusal& refusal, const std::string& connection) {
    const auto verdict = host_.explain(refusal, connection);
    return verdict.detail.empty() ? verdict.what : verdict.what + " (" + verdict.detail + ")";
  }

  const ToldEvent& told_;
  Host& host_;
};

}  // namespace

std::optional<LogLine> log_line(const ToldEvent& told, Host& host) {
  return std::visit(Narrator(told, host), told.event);
}

}  // namespace keypact::control
