// EstablishedSa: an IKE SA whose peer is authenticated: its Child SAs, the one exchange that we run, and the one request of the
// peer that we are answering. RFC 7296 §1.3, §1.4, §2.1 to §2.4. Cannot be made without the evidence of authentication.
#pragma once

#include <algorithm>
#include <deque>
#include <map>

#include "base/limits.h"
#include "base/reader.h"
#include "ike/v2/authentication.h"
#include "ike/v2/child_sa.h"
#include "ike/v2/local_exchange.h"
#include "ike/v2/message_window.h"
#include "ike/v2/mobility.h"
#include "ike/v2/secure_channel.h"

namespace keypact::ike::v2 {

/// What the exchange that set an IKE SA up left behind: IKE_AUTH, or the rekeying of another IKE SA.
struct EstablishedParts {
  ConnectionPtr connection;
  Identification local_id;
  Proposal proposal;
  SecureChannel channel;
  std::uint32_t next_request_id = 0;
  std::uint32_t expected_request_id = 0;
  Instant established;
  Instant authenticated;    ///< earlier than `established` after a rekeying
  IkeSaId reauthenticates;  ///< it was set up to take this one's place; 0: no
  Mobility mobility;
  TokenBucket create_child{};  ///< the peer's CREATE_CHILD_SA requests; goes on in the heir
  /// RFC 5685: who set it up may be sent to another gateway by the other one.
  enum class Redirectable : std::uint8_t { nobody, we, peer } redirectable{};
  Redirections redirections;
};

/// A Child SA that somebody wanted of this IKE SA, and whoever waits for it.
struct ChildWish {
  std::string child;
  ControlId waiter;
};

/// What an IKE SA is to the tunnel that it serves.
enum class Standing : std::uint8_t {
  current,
  undecided,   ///< the peer's rekeying made it, and ours is still on its way: nothing is begun on it (RFC 7296 §2.8.2)
  superseded,  ///< another one has its Child SAs
};

/// How long the peer has to delete what is its to delete.
inline constexpr Duration kPeerDeletes = seconds(10);
/// RFC 9370 §2.2.4: how long the peer has for its next IKE_FOLLOWUP_KE request.
inline constexpr Duration kFollowUpIsDue = seconds(20);
/// CREATE_CHILD_SA requests of the peer whose IKE_FOLLOWUP_KE requests are to come.
inline constexpr std::size_t kAwaitedFollowUps = 4;
/// RFC 9370 §2.2.4: how often a rekeying may be lost by the peer (STATE_NOT_FOUND) before the IKE SA is given up.
inline constexpr unsigned kFollowUpAttempts = 5;

/// A rekeying made a new IKE SA.
struct NewIkeSa {
  IkeSaRecord record;
  EstablishedParts parts;
  PeerAuthenticated peer;
  Standing standing = Standing::current;
  IkeSaId predecessor;
  bool gives_way = false;  ///< ours lost against the peer's: it is to be deleted at once
};
/// The Child SAs and what waits for them go from one IKE SA to the other.
struct MoveChildren {
  IkeSaId from;
  IkeSaId to;
  /// What becomes of `from`.
  enum class Then : std::uint8_t { peer_deletes, we_delete, is_over } then{};
};
/// An undecided IKE SA is the one that stays.
struct LetBegin {
  IkeSaId id;
};
/// The peer deleted this IKE SA while somebody waited for Child SAs in it: another one may serve the same tunnel.
struct HandOver {
  std::string connection;
  Identification local;
  Identification peer;
  std::vector<ChildWish> wishes;
  Refusal reason;
};
/// The peer deleted this IKE SA: one whose place it took, and which is still there, may have to serve the tunnel again.
struct GiveBack {
  std::string connection;
  Identification local;
  Identification peer;
};
/// Child SAs ended that nobody here wanted to end.
struct ChildrenLost {
  std::string connection;
  std::vector<std::string> children;
  Endpoint local;
  Endpoint remote;
  bool peer_is_gone = false;  ///< it did not answer any more; else it deleted them
};
/// The gateway sends us to another one.
struct Redirected {
  IkeSaId ike_sa;
  IpAddress gateway;
};
/// What concerns more than one IKE SA, for whoever holds them all.
using FamilyMatter = std::variant<NewIkeSa, MoveChildren, LetBegin, GiveBack, HandOver, ChildrenLost, Redirected>;

class EstablishedSa {
 public:
  EstablishedSa(Context& context, EstablishedParts parts, PeerAuthenticated peer);
  EstablishedSa(Context& context, NewIkeSa fresh);

  /// As initiator: the Child SA part of the IKE_AUTH response.
  void take_first_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                        const PayloadSet& response, const Nonces& nonces, ControlId waiter);
  /// As responder: answers the IKE_AUTH request once the Child SA is installed. `answer` begins with IDr and AUTH.
  void answer_first_child(Context& context, const IkeSaRecord& record, Octets request, const PayloadSet& payloads,
                          const Nonces& nonces, std::vector<wire::Payload> answer);

  /// The same, where there is none to be had.
  void deny_first_child(Context& context, const IkeSaRecord& record, Octets request, ChildRefusal refusal,
                        std::vector<wire::Payload> answer);

  /// As initiator without a Child SA in IKE_AUTH (RFC 6023): the child that is wanted, if any, and whoever waits.
  void begin_childless(Context& context, const IkeSaRecord& record, const std::string& child, ControlId waiter);
  /// As responder without one.
  void answer_childless(Context& context, const IkeSaRecord& record, Octets request, std::vector<wire::Payload> answer);
  /// A redirection in IKE_AUTH leaves nothing to do but to delete it. RFC 5685 §6.
  void withdraw(Context& context, const IkeSaRecord& record, bool delete_it);

  void on_message(Context& context, IkeSaRecord& record, const Received& received);
  void on_deadline(Context& context, const IkeSaRecord& record);
  void on_job_done(Context& context, const IkeSaRecord& record, JobDone done);
  void on_stack_event(Context& context, IkeSaRecord& record, const ipsec::StackEvent& event);
  void submit(Context& context, const IkeSaRecord& record, LocalRequest request);
  /// Goes on under the present configuration of its connection, if that still names both identities.
  void follow(const config::Snapshot& configuration, const Credentials& credentials, IkeSaRecord& record);
  /// Somebody says in clear that the peer may not know us any more: at most it is asked. RFC 7296 §2.21.4.
  void take_hint(Context& context, const IkeSaRecord& record);
  /// The peer's ESP belongs to no SA. RFC 7296 §1.5.
  void report_unknown_spi(Context& context, const IkeSaRecord& record, EspSpi spi);
  /// Over, for this reason: the Child SAs go, and who waits is told. The peer is not.
  void end(Context& context, const IkeSaRecord& record, Refusal reason);

  /// The addresses of this machine are other ones than before (context.local_addresses).
  void on_local_addresses(Context& context, IkeSaRecord& record);

  /// What came up since the last call.
  [[nodiscard]] std::vector<FamilyMatter> take_family_matters() { return std::exchange(family_matters_, {}); }
  /// Takes over the Child SAs of `other`, and the requests that wait there.
  void inherit(Context& context, IkeSaRecord& record, EstablishedSa& other, const IkeSaRecord& other_record);
  /// Its Child SAs are gone to another one; it is to be deleted, by us or by the peer.
  void retire(Context& context, const IkeSaRecord& record, bool delete_it);
  void let_begin(Context& context, const IkeSaRecord& record);
  /// The one that took its place is gone. False when it cannot: its Child SAs went elsewhere, or we are deleting it.
  [[nodiscard]] bool serve_again(Context& context, const IkeSaRecord& record);
  /// Goes on with what waits, after another IKE SA's change.
  void wake(Context& context, const IkeSaRecord& record) { after_event(context, record); }
  /// All its children, and who waits for one: who is told by somebody else from now on.
  [[nodiscard]] std::vector<ChildWish> take_wishes();

  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Why it is over; nothing while it lives.
  [[nodiscard]] const std::optional<Refusal>& ended() const { return ended_; }
  [[nodiscard]] const ResponseWindow& last_response() const { return responses_; }

  [[nodiscard]] const EstablishedParts& parts() const { return parts_; }
  [[nodiscard]] const Identification& peer_identity() const { return peer_.identity(); }
  /// Of the identification payload: after EAP it may be another one.
  [[nodiscard]] const Identification& claimed_identity() const { return peer_.claimed(); }
  [[nodiscard]] const std::map<ChildSaId, ChildSa>& children() const { return children_; }
  [[nodiscard]] const LocalExchange& exchange() const { return exchange_; }
  [[nodiscard]] const Lifetime& lifetime() const { return lifetime_; }
  [[nodiscard]] Standing standing() const { return standing_; }
  /// No exchange of ours runs or waits, and no request of the peer waits for its answer.
  [[nodiscard]] bool is_idle() const {
    return std::holds_alternative<std::monostate>(exchange_) && queue_.empty() && !pending_child_ && !pending_ike_ &&
           awaited_.empty() && !pending_deletion_;
  }
  /// The peer was answered, and its next IKE_FOLLOWUP_KE request is to come.
  [[nodiscard]] bool awaits_follow_up() const { return !awaited_.empty(); }
  /// It serves its connection: it is neither replaced nor being deleted by us.
  [[nodiscard]] bool serves() const;
  /// A Child SA of this name is asked for, negotiated or being installed, by either end's wish.
  [[nodiscard]] bool is_creating(const std::string& child) const;
  /// What the answer to a request of the peer waits for: one of the two is 0, and both when no answer is due.
  struct AwaitedForAnswer {
    JobId job;
    ChildSaId installation;
  };
  [[nodiscard]] AwaitedForAnswer answer_awaits() const;

 private:
  /// The peer's request for a Child SA that waits for a job or for the IPsec stack before it can be answered.
  struct PendingChildAnswer {
    ExchangeType exchange{};
    std::vector<wire::Payload> payloads;  ///< what stands before the Child SA's
    std::optional<AgreedChild> awaits_key;
    ChildOrigin origin;
    JobId job;
    Octets peer_nonce;
    Octets nonce;
    ChildSaId installing;
    ChildPayloads child_payloads;
    KeyExchangeSeries series;
  };
  /// The peer's request for a new IKE SA, whose KE payload is being answered.
  struct PendingIkeAnswer {
    ExchangeType exchange{};
    AgreedIke agreed;
    JobId job;
    KeyExchangeSeries series;
  };
  using AwaitingAnswer = std::variant<PendingChildAnswer, PendingIkeAnswer>;
  /// The peer's request was answered, and what it is for needs an IKE_FOLLOWUP_KE request that is to come. RFC 9370 §2.2.4.
  struct AwaitedFollowUp {
    AwaitingAnswer answer;
    Octets link;  ///< by which the request names it
    Instant until;
  };
  /// The peer rekeyed this IKE SA while our own rekeying of it is on its way. RFC 7296 §2.8.2.
  struct IkeCrossing {
    IkeSaId heir;
    Octets lower_nonce;
  };

  // established_sa.cc: messages and windows.
  void on_request(Context& context, IkeSaRecord& record, const Received& received);
  void on_response(Context& context, IkeSaRecord& record, const Received& received);
  void send_request(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                    const std::vector<wire::Payload>& payloads);
  void answer(Context& context, const IkeSaRecord& record, ExchangeType exchange,
              const std::vector<wire::Payload>& payloads);
  void on_give_up(Context& context, const IkeSaRecord& record);
  void hand_over(const Refusal& reason);
  void report_lost(const IkeSaRecord& record, std::vector<std::string> children, bool peer_is_gone);
  void after_event(Context& context, const IkeSaRecord& record);

  // established_path.cc: the path of the IKE SA and its Child SAs.
  /// A message of the peer is authentic and no replay.
  void heard_from(Context& context, IkeSaRecord& record, const Datagram& datagram);
  void on_peer_moved(Context& context, IkeSaRecord& record, const ipsec::PeerMoved& event);
  void follow_peer(Context& context, IkeSaRecord& record, const Endpoint& remote);
  void set_path(Context& context, IkeSaRecord& record, const Path& path);
  [[nodiscard]] EspPath esp_path(const IkeSaRecord& record) const;
  void move_children(Context& context, const IkeSaRecord& record);
  void move_child(Context& context, const IkeSaRecord& record, ChildSa& child) const;

  // established_mobility.cc: several addresses at either end. RFC 4555.
  void seek_path(Context& context, const IkeSaRecord& record);
  [[nodiscard]] std::vector<Path> paths(const Context& context, const IkeSaRecord& record) const;
  void note_way(const IkeSaRecord& record, const Path& path);
  [[nodiscard]] std::vector<Path> paths_of_retransmission(const Context& context, const IkeSaRecord& record) const;
  void doubt_path(Context& context, const IkeSaRecord& record);
  /// A response came, over this path.
  void on_answer_over(Context& context, IkeSaRecord& record, const Path& path);
  /// Before all else, unless it waits already.
  void queue_first(LocalRequest request);
  [[nodiscard]] std::vector<wire::Payload> path_payloads(Context& context, const IkeSaRecord& record) const;
  /// Beside the one in use.
  [[nodiscard]] std::vector<IpAddress> our_addresses(const Context& context, const IkeSaRecord& record) const;
  /// What the peer knows of our addresses is not so any more.
  [[nodiscard]] bool tells_old_addresses(const Context& context, const IkeSaRecord& record) const;
  [[nodiscard]] std::vector<wire::Payload> our_address_list(const Context& context, const IkeSaRecord& record);
  void on_addresses_updated(Context& context, IkeSaRecord& record, const UpdatingAddresses& exchange,
                            const PayloadSet& payloads);
  void on_path_refused(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& error);
  void note_nat(Context& context, IkeSaRecord& record, const PayloadSet& payloads) const;
  void close_over_cookie(Context& context, const IkeSaRecord& record);
  void on_address_proven(Context& context, const IkeSaRecord& record, const ProvingAddress& exchange,
                         const PayloadSet& payloads);
  void on_liveness_shown(const PayloadSet& payloads);
  /// What the answer to an INFORMATIONAL request says of addresses.
  [[nodiscard]] std::vector<wire::Payload> answer_mobility(Context& context, IkeSaRecord& record,
                                                           const PayloadSet& payloads);
  void follow_update(Context& context, IkeSaRecord& record, const PayloadSet& payloads);
  void inherit_move(const EstablishedSa& other);

  // established_timers.cc: lifetimes, liveness, and what waits for its time.
  void check_lifetimes(Context& context, const IkeSaRecord& record);
  [[nodiscard]] bool came_to_nothing() const;
  void save_message_ids(Context& context, const IkeSaRecord& record);
  void check_lifetime(Context& context, const IkeSaRecord& record, ChildSa& child);
  void let_expire(Context& context, const IkeSaRecord& record, ChildSaId id);
  void postpone(Context& context, LocalRequest request, unsigned failures);

  // established_hints.cc: signs that something is wrong, redirection, and what carries nothing.
  void on_invalid_spi(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& notify);
  void on_redirect(Context& context, const IkeSaRecord& record, const wire::NotifyPayload& notify);
  void check_idleness(Context& context, ChildSa& child);
  void note_use(Context& context, const IkeSaRecord& record, const ipsec::ChildSaUse& use);

  // established_answers.cc: what the peer asks.
  void handle_request(Context& context, IkeSaRecord& record, ExchangeType exchange, const PayloadSet& payloads);
  void answer_informational(Context& context, IkeSaRecord& record, const PayloadSet& payloads);
  [[nodiscard]] bool follows_ike_auth(const IkeSaRecord& record) const;
  void answer_ike_deletion(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  void finish_deletion(Context& context, const IkeSaRecord& record);
  [[nodiscard]] std::vector<SaName> delete_for_peer(Context& context, const IkeSaRecord& record,
                                                    const wire::DeletePayload& payload);
  void answer_create_child(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  [[nodiscard]] std::optional<ChildRefusal> refuses_child(const wire::NotifyPayload* rekey, const ChildSa* replaced);
  [[nodiscard]] bool creates_on_the_wire(const std::string& child) const;
  [[nodiscard]] ChildSa* child_named_by(const wire::NotifyPayload& rekey);
  void answer_child_refused(Context& context, const IkeSaRecord& record, ExchangeType exchange, ChildRefusal refused,
                            std::vector<wire::Payload> answer_so_far);
  void install_answered_child(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                              const SharedSecrets& secrets);
  void finish_pending_answer(Context& context, const IkeSaRecord& record, bool installed);
  void take_responder_value(Context& context, const IkeSaRecord& record, JobDone done);

  // established_follow_up.cc: additional key exchanges of what both ends agreed on. RFC 9370 §2.2.4.
  enum class Progress : std::uint8_t { going_on, complete, failed };
  /// As initiator: a job of `to_do` is done. The next step is begun, unless there is none.
  [[nodiscard]] Progress advance(Context& context, const IkeSaRecord& record, KeyExchangesToDo& to_do, JobId& job,
                                 JobDone done);
  void on_follow_up_response(Context& context, const IkeSaRecord& record, CreateChildAgreed exchange,
                             const PayloadSet& payloads);
  void on_follow_up_response(Context& context, const IkeSaRecord& record, RekeyIkeAgreed exchange,
                             const PayloadSet& payloads);
  [[nodiscard]] bool stops_for_the_peers(Context& context, const CreateChildAgreed& exchange);
  [[nodiscard]] bool stops_for_the_peers(const RekeyIkeAgreed& exchange);
  void answer_follow_up(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  void await_follow_up(Context& context, const IkeSaRecord& record, PendingChildAnswer pending);
  void await_follow_up(Context& context, const IkeSaRecord& record, PendingIkeAnswer pending,
                       std::vector<wire::Payload> payloads);
  void await_follow_up(Context& context, const IkeSaRecord& record, ExchangeType exchange,
                       std::vector<wire::Payload> payloads, AwaitingAnswer awaiting);
  [[nodiscard]] bool has_given_way(const ChildOrigin& theirs) const;
  /// As responder: so many key exchanges in one go are too much at the moment.
  [[nodiscard]] std::optional<ChildRefusal> defers(Context& context, const KeyExchangeSeries& series);
  void forget_awaited(Context& context, const AwaitedFollowUp& awaited) const;
  template <typename Predicate>
  void forget_awaited_if(Context& context, const Predicate& predicate) {
    std::erase_if(awaited_, [&](const AwaitedFollowUp& awaited) {
      if (!predicate(awaited)) return false;
      forget_awaited(context, awaited);
      return true;
    });
  }
  /// The peer's IKE_FOLLOWUP_KE request for a new IKE SA is to come.
  [[nodiscard]] const PendingIkeAnswer* awaited_ike() const;
  /// The peer asked for such a Child SA, whose keys are not there yet.
  template <typename Predicate>
  [[nodiscard]] bool peer_is_making(const Predicate& predicate) const {
    if (pending_child_ && pending_child_->awaits_key && predicate(*pending_child_)) return true;
    return std::ranges::any_of(awaited_, [&](const AwaitedFollowUp& awaited) {
      const auto* child = std::get_if<PendingChildAnswer>(&awaited.answer);
      return child != nullptr && predicate(*child);
    });
  }
  [[nodiscard]] bool peer_is_making_child(const std::string& name) const;
  [[nodiscard]] bool peer_is_replacing(ChildSaId id) const;

  // established_exchanges.cc: what we ask.
  void start_next_exchange(Context& context, const IkeSaRecord& record);
  [[nodiscard]] bool must_wait(const QueuedRequest& queued) const;
  /// To another IKE SA, as soon as whoever holds them both hears of it.
  [[nodiscard]] bool children_are_moving() const;
  void begin(Context& context, const IkeSaRecord& record, const CreateChildRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const RekeyChildRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const DeleteChildRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const RekeyIkeRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const DeleteIkeRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const LivenessRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const UpdateAddressesRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const TellAddressesRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const ProveAddressRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const ReportSpiRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const ForgoChildRequest& request, unsigned failures);
  void begin(Context& context, const IkeSaRecord& record, const RedirectRequest& request, unsigned failures);
  [[nodiscard]] Result<ChildOffer, Refusal> offer_for(Context& context, const IkeSaRecord& record,
                                                      const std::string& name) const;
  void begin_create_child(Context& context, const IkeSaRecord& record, ChildOffer offer, KeyExchangeMethod method,
                          const ChildPurpose& purpose);
  void send_create_child(Context& context, const IkeSaRecord& record, CreateChildSent exchange, OctetView public_value);
  void handle_response(Context& context, IkeSaRecord& record, const PayloadSet& payloads);
  void on_create_child_response(Context& context, const IkeSaRecord& record, CreateChildSent exchange,
                                const PayloadSet& payloads);
  [[nodiscard]] std::optional<SaName> forgo_creation(Context& context, const IkeSaRecord& record,
                                                     const SaName& outbound, const Refusal& reason);
  void take_result(Context& context, const IkeSaRecord& record, JobDone done);
  void take_child_key_pair(Context& context, const IkeSaRecord& record, CreateChildKeyPair waiting, JobDone done);
  [[nodiscard]] bool is_still_wanted(const CreateChildKeyPair& waiting) const;
  void take_child_result(Context& context, const IkeSaRecord& record, CreateChildAgreed waiting, JobDone done);
  void refuse_create_child(Context& context, const IkeSaRecord& record, const ChildOffer& offer,
                           const ChildPurpose& purpose, Refusal refusal);
  void conclude_in_vain(Context& context, const IkeSaRecord& record, const std::string& child,
                        const ChildPurpose& purpose, const Refusal& refusal);

  // established_children.cc: the Child SAs.
  struct Installation {
    ChildOrigin origin;
    ControlId waiter;
  };
  ChildSaId install(Context& context, const IkeSaRecord& record, AgreedChild agreed, const Nonces& nonces,
                    const SharedSecrets& secrets, Installation installation);
  [[nodiscard]] config::PlacementSetting placement_for(const config::ChildConfig& config,
                                                       const std::optional<ChildSaId>& replaces) const;
  void on_installed(Context& context, const IkeSaRecord& record, ChildSaId id);
  void on_install_failed(Context& context, const IkeSaRecord& record, ChildSaId id, const std::string& reason);
  void announce(Context& context, const IkeSaRecord& record, ChildSa& child);
  void remove(Context& context, const IkeSaRecord& record, ChildSaId id, const Refusal& reason);
  struct VainCreation {
    std::string child;
    ControlId waiter;
    std::optional<ChildSaId> replaces;
  };
  void conclude_creation(Context& context, const IkeSaRecord& record, const VainCreation& vain, const Refusal& reason);
  static void let_go_of_policy(Context& context, const ChildSa& child, bool stragglers_may_come);
  [[nodiscard]] ChildSa* child_the_peer_calls(const SaName& outbound);
  [[nodiscard]] const ChildSa* current_child(const std::string& name) const;
  [[nodiscard]] bool is_installing(const std::string& child) const;
  [[nodiscard]] std::size_t count_children() const;

  // established_rekey_child.cc: replacing Child SAs. RFC 7296 §2.8, §2.8.1.
  void on_rekey_child_refused(Context& context, const IkeSaRecord& record, const ChildPurpose& purpose,
                              const Refusal& refusal);
  [[nodiscard]] bool is_being_replaced(ChildSaId id) const;
  void settle_children(Context& context, const IkeSaRecord& record);
  [[nodiscard]] bool is_settled(const ChildSa& child) const;
  [[nodiscard]] bool has_rival_on_its_way(const ChildSa& child) const;
  [[nodiscard]] ChildSa* rival_of(const ChildSa& child);
  void settle(Context& context, const IkeSaRecord& record, ChildSa& winner, ChildSa* loser);
  void replace(Context& context, const IkeSaRecord& record, ChildSa& old, ChildSa& fresh);
  void let_go(Context& context, const IkeSaRecord& record, ChildSa& child, const Refusal& reason);
  void redirect_requests(ChildSaId from, ChildSaId to);

  // established_rekey_ike.cc: replacing the IKE SA. RFC 7296 §2.8.2, §2.18.
  void on_rekey_ike_response(Context& context, const IkeSaRecord& record, RekeyIkeSent exchange,
                             const PayloadSet& payloads);
  void take_ike_key_pair(Context& context, const IkeSaRecord& record, RekeyIkeKeyPair waiting, JobDone done);
  void take_ike_result(Context& context, const IkeSaRecord& record, RekeyIkeAgreed waiting, JobDone done);
  void set_up_successor(Context& context, const IkeSaRecord& record, const RekeyIkeAgreed& waiting);
  void lose_rekeyed_ike(Context& context, const IkeSaRecord& record, const IkeRekeyPurpose& purpose,
                        const Refusal& refusal);
  [[nodiscard]] OctetView lower_nonce_of_peers_rekeying() const;
  void on_rekey_ike_refused(Context& context, const IkeSaRecord& record, const IkeRekeyPurpose& purpose,
                            Refusal refusal);
  void forget_crossing();
  void answer_rekey_ike(Context& context, const IkeSaRecord& record, const PayloadSet& payloads);
  [[nodiscard]] bool may_be_rekeyed_by_peer() const;
  void take_ike_responder_value(Context& context, const IkeSaRecord& record, PendingIkeAnswer pending, JobDone done);
  [[nodiscard]] NewIkeSa successor(Context& context, const IkeSaRecord& record, const AgreedIke& agreed,
                                   const SharedSecrets& secrets, bool we_began) const;

  EstablishedParts parts_;
  PeerAuthenticated peer_;
  RequestWindow requests_;
  ResponseWindow responses_;
  std::map<ChildSaId, ChildSa> children_;
  std::optional<PendingChildAnswer> pending_child_;
  std::optional<PendingIkeAnswer> pending_ike_;
  std::vector<AwaitedFollowUp> awaited_;
  std::optional<Refusal> pending_deletion_;  ///< the peer's Delete of this IKE SA, and what it comes to
  LocalExchange exchange_;
  std::deque<QueuedRequest> queue_;
  Lifetime lifetime_;
  Instant last_heard_;
  std::optional<Instant> moved_at_;
  Moving moving_;
  std::optional<Instant> hinted_at_;    ///< a hint in clear made us ask the peer
  std::optional<Instant> reported_at_;  ///< the peer was told of ESP that belongs to no SA
  Standing standing_ = Standing::current;
  std::optional<Instant> leaves_at_;  ///< superseded: the peer was to delete it and may not
  bool gave_way_ = false;             ///< the peer's rekeying made it, and ours won: it was never the one in use
  bool saves_message_ids_ = false;    ///< by being rekeyed
  std::optional<IkeCrossing> crossing_;
  IkeSaId predecessor_;    ///< of an undecided one
  bool announced_ = true;  ///< IkeSaEstablished or IkeSaRekeyed was told of it
  std::vector<FamilyMatter> family_matters_;
  std::optional<Refusal> ended_;
};

}  // namespace keypact::ike::v2
