// EstablishedSa: an IKE SA whose peer is authenticated: its Child SAs, the one exchange that we run, and the one request of the
// peer that we are answering. RFC 7296 §1.3, §1.4, §2.1 to §2.4. Cannot be made without the evidence of authentication.
#pragma once

#include <deque>
#include <map>

#include "base/limits.h"
#include "base/reader.h"
#include "ike/v2/authentication.h"
#include "ike/v2/child_negotiation.h"
#include "ike/v2/local_exchange.h"
#include "ike/v2/message_window.h"
#include "ike/v2/secure_channel.h"

namespace keypact::ike::v2 {

struct ChildSa {
  enum class Phase : std::uint8_t { installing, installed, deleting } phase = Phase::installing;
  ChildSaId id;
  std::string name;  ///< of the ChildConfig
  PolicyBook::Name policy_name;
  EspSpi inbound_spi;
  EspSpi outbound_spi;
  Proposal proposal;
  Selectors local;
  Selectors remote;
  Mode mode{};
  bool udp_encapsulation = false;
  Instant created;
  ControlId waiter;        ///< whoever asked for it and waits for the installation
  bool announced = false;  ///< ChildSaUp was told
};

/// What an IKE_SA_INIT and IKE_AUTH left behind.
struct EstablishedParts {
  ConnectionPtr connection;
  Identification local_id;
  Proposal proposal;
  SecureChannel channel;
  std::uint32_t next_request_id = 0;
  std::uint32_t expected_request_id = 0;
  Instant established;
};

class EstablishedSa {
 public:
  EstablishedSa(EstablishedParts parts, PeerAuthenticated peer);

  /// As initiator: the Child SA part of the IKE_AUTH response.
  void take_first_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                        const PayloadSet& response, const Nonces& nonces, ControlId waiter);
  /// As responder: answers the IKE_AUTH request once the Child SA is installed. `answer` begins with IDr and AUTH.
  void answer_first_child(Context& context, const IkeSaRecord& record, Octets request, const PayloadSet& payloads,
                          const Nonces& nonces, std::vector<wire::Payload> answer);

  void on_message(Context& context, IkeSaRecord& record, const Received& received);
  void on_deadline(Context& context, const IkeSaRecord& record);
  void on_job_done(Context& context, const IkeSaRecord& record, JobDone done);
  void on_stack_event(Context& context, const IkeSaRecord& record, const ipsec::StackEvent& event);
  void submit(Context& context, const IkeSaRecord& record, LocalRequest request);
  /// Goes on under the present configuration of its connection, if that still names both identities.
  void follow(const config::Snapshot& configuration, const IkeSaRecord& record);
  /// Over, for this reason: the Child SAs go, and who waits is told. The peer is not.
  void end(Context& context, const IkeSaRecord& record, Refusal reason);

  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Why it is over; nothing while it lives.
  [[nodiscard]] const std::optional<Refusal>& ended() const { return ended_; }
  [[nodiscard]] const ResponseWindow& last_response() const { return responses_; }

  [[nodiscard]] const EstablishedParts& parts() const { return parts_; }
  [[nodiscard]] const Identification& peer_identity() const { return peer_.identity(); }
  [[nodiscard]] const std::map<ChildSaId, ChildSa>& children() const { return children_; }
  [[nodiscard]] const LocalExchange& exchange() const { return exchange_; }
  /// No exchange of ours runs or waits, and no request of the peer waits for its answer.
  [[nodiscard]] bool is_idle() const {
    return std::holds_alternative<std::monostate>(exchange_) && queue_.empty() && !pending_answer_;
  }
  /// A Child SA of this name is asked for, negotiated or being installed, by either end's wish.
  [[nodiscard]] bool is_creating(const std::string& child) const;
  /// What the answer to a request of the peer waits for: one of the two is 0, and both when no answer is due.
  struct AwaitedForAnswer {
    JobId job;
    ChildSaId installation;
  };
  [[nodiscard]] AwaitedForAnswer answer_awaits() const {
    if (!pending_answer_) return {};
    if (pending_answer_->awaits_key) return {pending_answer_->job, {}};
    return {{}, pending_answer_->installing};
  }

 private:
  /// The peer's request that waits for a job or for the IPsec stack before it can be answered.
  struct PendingAnswer {
    ExchangeType exchange{};
    std::vector<wire::Payload> payloads;  ///< what stands before the Child SA's
    std::optional<AgreedChild> awaits_key;
    JobId job;
    Octets peer_nonce;
    Octets nonce;
    ChildSaId installing;
    std::vector<wire::Payload> child_payloads;
  };

  // established_sa.cc: messages and windows.
  void on_request(Context& context, IkeSaRecord& record, const Received& received);
  void on_response(Context& context, IkeSaRecord& record, const Received& received);
  void send_request(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                    const std::vector<wire::Payload>& payloads);
  void answer(Context& context, const IkeSaRecord& record, ExchangeType exchange,
              const std::vector<wire::Payload>& payloads);
  void on_give_up(Context& context, const IkeSaRecord& record);

  // established_answers.cc: what the peer asks.
  void handle_request(Context& context, const IkeSaRecord& record, ExchangeType exchange, const PayloadSet& payloads);
  void answer_informational(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  void answer_create_child(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  void answer_child_refused(Context& context, const IkeSaRecord& record, ExchangeType exchange, ChildRefusal refused,
                            std::vector<wire::Payload> answer_so_far);
  void install_answered_child(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                              OctetView shared_secret);
  void finish_pending_answer(Context& context, const IkeSaRecord& record, bool installed);

  // established_exchanges.cc: what we ask.
  void start_next_exchange(Context& context, const IkeSaRecord& record);
  [[nodiscard]] bool must_wait(const LocalRequest& request) const;
  void begin(Context& context, const IkeSaRecord& record, const CreateChildRequest& request);
  void begin(Context& context, const IkeSaRecord& record, const DeleteChildRequest& request);
  void begin(Context& context, const IkeSaRecord& record, const DeleteIkeRequest& request);
  void begin(Context& context, const IkeSaRecord& record, const LivenessRequest& request);
  void begin_create_child(Context& context, const IkeSaRecord& record, ChildOffer offer, KeyExchangeMethod method,
                          ControlId waiter);
  void send_create_child(Context& context, const IkeSaRecord& record, CreateChildSent exchange, OctetView public_value);
  void handle_response(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  void on_create_child_response(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                const PayloadSet& payloads);
  [[nodiscard]] std::optional<EspSpi> forgo_creation(Context& context, const IkeSaRecord& record, EspSpi outbound,
                                                     const Refusal& reason);
  void take_result(Context& context, const IkeSaRecord& record, JobDone done);
  void refuse_create_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer, ControlId waiter,
                           Refusal refusal);

  // established_children.cc: the Child SAs.
  ChildSaId install(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                    OctetView shared_secret, bool we_began_exchange, ControlId waiter);
  void on_installed(Context& context, const IkeSaRecord& record, ChildSaId id);
  void on_install_failed(Context& context, const IkeSaRecord& record, ChildSaId id, const std::string& reason);
  void remove(Context& context, const IkeSaRecord& record, ChildSaId id, const Refusal& reason);
  [[nodiscard]] ChildSa* child_by_outbound_spi(EspSpi spi);
  [[nodiscard]] bool is_installing(const std::string& child) const;

  EstablishedParts parts_;
  PeerAuthenticated peer_;
  RequestWindow requests_;
  ResponseWindow responses_;
  std::map<ChildSaId, ChildSa> children_;
  std::optional<PendingAnswer> pending_answer_;
  LocalExchange exchange_;
  std::deque<LocalRequest> queue_;
  Instant last_heard_;
  std::optional<Refusal> ended_;
};

}  // namespace keypact::ike::v2
