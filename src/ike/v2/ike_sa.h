// IkeSa: one IKE SA from its first message to its end, as a variant of waiting points. An event that is not legal in a state is
// counted and changes nothing. RFC 7296 §1, §2.
#pragma once

#include "ike/v2/established_sa.h"
#include "ike/v2/responder.h"

namespace keypact::ike::v2 {

/// Over. Where a last response may have been lost, it can still be sent again for a while (RFC 7296 §2.1).
struct Closed {
  Refusal reason;
  bool was_established = false;
  std::string connection;
  std::optional<ResponseWindow> last_response;
  Instant forget_at;
};

using State =
    std::variant<AwaitKeyPair, AwaitSaInit, AwaitSharedSecret, AwaitAdditionalKeyPair, AwaitIntermediateResponse,
                 AwaitAdditionalSecret, AwaitInitiatorSignature, AwaitAuth, AwaitResponderVerified, AwaitRoundSignature,
                 AwaitEapClient, AwaitEapRequest, AwaitEapFinal, AwaitResponderValue, AwaitAuthRequest,
                 AwaitAdditionalValue, AwaitInitiatorVerified, AwaitLease, AwaitResponderSignature, AwaitEapServer,
                 AwaitEapResponse, AwaitEapAuth, AwaitRound, EstablishedSa, Closed>;

// Legal pairs of state and event: each consumes the state and returns the next. The record is changed in place.
[[nodiscard]] State begin_initiator(Context& context, IkeSaRecord& record, Intent intent);
[[nodiscard]] State on(AwaitKeyPair&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitSaInit&& state, const Received& received, Context& context, IkeSaRecord& record);
[[nodiscard]] State on_deadline(AwaitSaInit&& state, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitSharedSecret&& state, JobDone&& done, Context& context, IkeSaRecord& record);
/// The next additional key exchange, or IKE_AUTH.
[[nodiscard]] State begin_next(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state);
[[nodiscard]] State on(AwaitAdditionalKeyPair&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitIntermediateResponse&& state, const Received& received, Context& context,
                       IkeSaRecord& record);
[[nodiscard]] State on_deadline(AwaitIntermediateResponse&& state, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitAdditionalSecret&& state, JobDone&& done, Context& context, IkeSaRecord& record);
/// HDR, SK {IDi, ...}, or the job that it needs.
[[nodiscard]] State begin_auth(Context& context, IkeSaRecord& record, InitiatorIntermediate&& state);
[[nodiscard]] State on(AwaitInitiatorSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitAuth&& state, const Received& received, Context& context, IkeSaRecord& record);
/// At the deadline of a request in IKE_AUTH: it is sent again; closed, when that was done often enough.
[[nodiscard]] std::optional<Closed> on_auth_deadline(AwaitAuth& state, Context& context, const IkeSaRecord& record);
[[nodiscard]] State on(AwaitResponderVerified&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitRoundSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapClient&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapRequest&& state, const Received& received, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapFinal&& state, const Received& received, Context& context, IkeSaRecord& record);

/// A checked IKE_SA_INIT request that passed the cookie gate: the state it leads to, or nothing when it was answered (or
/// dropped) without state.
[[nodiscard]] std::optional<State> begin_responder(Context& context, IkeSaRecord& record, const Received& received);
[[nodiscard]] State on(AwaitResponderValue&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitAuthRequest&& state, const Received& received, Context& context, IkeSaRecord& record);
[[nodiscard]] State on_intermediate(AwaitAuthRequest&& state, const Received& received, Context& context,
                                    IkeSaRecord& record);
[[nodiscard]] State on(AwaitAdditionalValue&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitInitiatorVerified&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitLease&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitResponderSignature&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapServer&& state, JobDone&& done, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapResponse&& state, const Received& received, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitEapAuth&& state, const Received& received, Context& context, IkeSaRecord& record);
[[nodiscard]] State on(AwaitRound&& state, const Received& received, Context& context, IkeSaRecord& record);

// As responder before the peer is authenticated.
/// The refusal goes out under the IKE SA's keys, then the IKE SA is gone. RFC 7296 §2.21.2.
/// Nothing in `answer`: the refusal's notify.
[[nodiscard]] State refuse_request(Context& context, const IkeSaRecord& record, AwaitAuthRequest&& state,
                                   Octets known_by, Refusal refusal, std::optional<std::uint32_t> message_id = {},
                                   std::vector<wire::Payload> answer = {});
/// A message that failed its integrity check: there may be a few.
[[nodiscard]] State on_junk(Context& context, const IkeSaRecord& record, AwaitAuthRequest&& state);
/// RFC 7296 §2.23: from the first authentic message on, the endpoints are where it came from (the port may have floated).
void follow_ports(IkeSaRecord& record, const AwaitAuthRequest& state, const Received& received);

/// Nobody answered: ends the attempt, or lets another one follow where the connection allows it.
[[nodiscard]] Closed give_up_attempt(Context& context, const IkeSaRecord& record, const Intent& intent, Refusal reason);
/// Ends an attempt that goes on at this gateway.
[[nodiscard]] Closed follow_attempt(Context& context, const IkeSaRecord& record, const Intent& intent,
                                    const IpAddress& gateway, Redirections redirections);
/// Ends an attempt: tells whoever waits for it, and everybody else.
[[nodiscard]] Closed close_attempt(Context& context, const IkeSaRecord& record, const Intent& intent, Refusal reason);

class IkeSa {
 public:
  IkeSa(IkeSaRecord record, State state) : record_(std::move(record)), state_(std::move(state)) {}
  static IkeSa initiate(Context& context, IkeSaRecord record, Intent intent);

  void on_message(Context& context, const Received& received);
  void on_deadline(Context& context);
  void on_job_done(Context& context, JobDone done);
  void on_stack_event(Context& context, const ipsec::StackEvent& event);
  /// False when this state cannot take the request (not established yet, or over).
  [[nodiscard]] bool on_request(Context& context, LocalRequest request);
  void follow(const config::Snapshot& configuration, const Credentials& credentials);
  void on_local_addresses(Context& context);
  void take_hint(Context& context);
  void report_unknown_spi(Context& context, EspSpi spi);
  /// What concerns other IKE SAs too, since the last call.
  [[nodiscard]] std::vector<FamilyMatter> take_family_matters() { return std::exchange(family_matters_, {}); }
  /// Takes over what the other one has. Both are established.
  void inherit(Context& context, IkeSa& other);
  void retire(Context& context, bool delete_it);
  void let_begin(Context& context);
  [[nodiscard]] bool serve_again(Context& context);
  void wake(Context& context);
  [[nodiscard]] std::vector<ChildWish> take_wishes();
  /// As initiator before IKE_AUTH, where it takes nobody's place: ends the attempt. What was wanted of it; nothing: it is none.
  [[nodiscard]] std::optional<ChildWish> withdraw(Context& context);
  /// As initiator whose IKE_AUTH request is on its way: nobody waits for the outcome any more, and what comes of it is deleted. False:
  /// the peer cannot hold an IKE SA that we do not know, or this is none that is being set up.
  [[nodiscard]] bool call_off(Context& context, const Refusal& reason);
  [[nodiscard]] bool is_called_off() const;
  /// Called off, and the peer did not answer for some time.
  [[nodiscard]] bool is_called_off_in_vain() const;
  /// Ends it at once without telling the peer.
  void abandon(Context& context, Refusal reason);

  [[nodiscard]] const IkeSaRecord& record() const { return record_; }
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// True when nothing of it is needed any more.
  [[nodiscard]] bool is_over(Instant now) const;
  [[nodiscard]] bool is_half_open() const;
  [[nodiscard]] bool is_closed() const { return std::holds_alternative<Closed>(state_); }
  /// As initiator: what an attempt that is still going on would fail for if it ended now.
  [[nodiscard]] std::optional<Refusal> waits_for() const;
  [[nodiscard]] const EstablishedSa* established() const { return std::get_if<EstablishedSa>(&state_); }
  [[nodiscard]] const State& state() const { return state_; }

 private:
  template <class Step>
  void advance(Step&& step);

  /// What an established IKE SA is after an event.
  [[nodiscard]] State rest(EstablishedSa&& sa, Instant now);
  void rest(Instant now);

  IkeSaRecord record_;
  State state_;
  std::vector<FamilyMatter> family_matters_;
};

}  // namespace keypact::ike::v2
