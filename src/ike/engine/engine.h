// Engine: IKE without input and output. It is handed datagrams, time, finished jobs, answers of the IPsec stack and requests of
// operators, and hands back what to send, to compute, to install and to tell. One thread, one owner of its SAs.
#pragma once

#include "ike/core/cookie.h"
#include "ike/engine/address_ledger.h"
#include "ike/engine/control_request.h"
#include "ike/engine/keepalives.h"
#include "ike/engine/sa_table.h"
#include "ike/engine/upkeep.h"
#include "wire/sa_init_glance.h"

namespace keypact::ike {

/// What an engine holds: all zero when all SAs are gone.
struct Footprint {
  std::size_t ike_sas = 0;
  std::size_t half_open = 0;
  std::size_t jobs = 0;
  std::size_t child_sas = 0;
  std::size_t waiting_requests = 0;
  std::size_t esp_spis = 0;
  std::size_t addressed = 0;   ///< IKE SAs that have addresses inside the tunnel
  std::size_t kept_paths = 0;  ///< on which a NAT in front of us gets keepalives
  bool operator==(const Footprint&) const = default;
};

class Engine final : private OtherIkeSas {
 public:
  /// `library` and `random` outlive the engine. Until a configuration is set, nobody is known.
  Engine(Options options, crypto::Library& library, RandomSource& random, Instant now);

  /// `credentials`: the keys and certificates of the snapshot; nullptr: there are none.
  void set_configuration(Instant now, std::shared_ptr<const config::Snapshot> snapshot,
                         std::shared_ptr<const Credentials> credentials = nullptr);
  /// Told before the configuration that has these children.
  void remember(PolicyBook::EarlierRun run) { policies_.remember(std::move(run)); }
  /// The addresses that this machine can send from, the preferred ones first. Until they are told, none is missed.
  void set_local_addresses(Instant now, std::vector<IpAddress> addresses);
  /// MessageTraced events are made only while this is on.
  void set_tracing(bool on) { tracing_ = on; }

  void on_datagram(Instant now, const Datagram& datagram);
  /// The same, without a copy of what is dropped or answered at once.
  void on_datagram_in_place(Instant now, const DatagramView& datagram);
  void on_deadline(Instant now);
  void on_job_done(Instant now, JobDone done);
  void on_stack_event(Instant now, const ipsec::StackEvent& event);
  void on_control(Instant now, const ControlRequest& request);
  /// What an AddressWanted was for is another engine's matter from now on.
  void hand_over(ControlId request) { (void)upkeep_.conclude(request, true, {}, random_); }
  /// A peer said to another engine that it holds no SA but the one there (RFC 7296 §2.4).
  void on_contact_elsewhere(Instant now, const FreshPeer& fresh);

  /// When on_deadline wants to be called.
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Everything that is to be done since the last call, in order.
  [[nodiscard]] Outputs take_outputs() { return std::exchange(outputs_, {}); }

  /// What peers said that concerns other engines too, since the last call.
  [[nodiscard]] std::vector<FreshPeer> take_contacts() { return std::exchange(contacts_, {}); }

  [[nodiscard]] const std::map<IkeSaId, v2::IkeSa>& ike_sas() const { return table_.all(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const std::shared_ptr<const config::Snapshot>& configuration() const { return configuration_; }
  [[nodiscard]] const Credentials& credentials() const { return *credentials_; }
  [[nodiscard]] const PolicyBook& policies() const { return policies_; }
  [[nodiscard]] const Stragglers& stragglers() const { return stragglers_; }
  [[nodiscard]] Footprint footprint() const {
    return {table_.all().size(), table_.half_open(),       jobs_.size(),      children_.size(),
            waiting_.size(),     esp_spis_.count_in_use(), addresses_.size(), keepalives_.size()};
  }

 private:
  [[nodiscard]] Context context(Instant now);
  /// Runs `step` on one SA and then does what its change entails.
  template <class Step>
  void drive(Context& context, v2::IkeSa& sa, Step&& step);
  void settle(Context& context, std::size_t first_output, IkeSaId id);
  bool note_outputs(const Context& context, std::size_t first, IkeSaId id);
  void give_back_addresses(const Context& context, IkeSaId id);

  // unique.cc: how many IKE SAs a peer may have.
  void settle_others(Context& context, const FreshPeer& fresh);
  [[nodiscard]] static bool concerns_others(const FreshPeer& fresh);
  [[nodiscard]] std::vector<IkeSaId> others_of(const FreshPeer& fresh) const;
  [[nodiscard]] bool is_elsewhere(const std::string& connection, const Identification& local,
                                  const Identification& peer, const Endpoint& remote) const override;

  // unknown_spis.cc: messages and packets of SAs that are not here.
  void on_unknown_ike_spi(Context& context, const DatagramView& datagram, const wire::Header& header);
  void on_unknown_esp_spi(Context& context, const ipsec::UnknownSpi& event);
  void tell_in_clear(Context& context, const ipsec::UnknownSpi& event);
  [[nodiscard]] v2::IkeSa* youngest_with(const IpAddress& local, const IpAddress& remote);

  void release_stragglers(Context& context);

  // nat_keepalives.cc: NATs in front of us. RFC 3948 §4.
  void file_path(const v2::IkeSa& sa, Instant now);
  void note_use(Context& context, const ipsec::ChildSaUse& use, IkeSaId owner);
  void send_keepalives(Context& context);
  [[nodiscard]] std::size_t ask_use(Context& context, const std::vector<IkeSaId>& ike_sas) const;

  // family.cc: what concerns more than one IKE SA.
  void handle(Context& context, v2::NewIkeSa matter);
  void handle(Context& context, const v2::MoveChildren& matter);
  void handle(Context& context, const v2::LetBegin& matter);
  void handle(Context& context, const v2::GiveBack& matter);
  void handle(Context& context, const v2::HandOver& matter);
  void handle(Context& context, const v2::ChildrenLost& matter);
  void handle(Context& context, const v2::Redirected& matter);
  void on_established(Context& context, IkeSaId id);
  void withdraw_attempts(Context& context, const std::string& connection);
  [[nodiscard]] std::vector<IkeSaId> same_tunnel(const v2::IkeSa& sa) const;
  [[nodiscard]] std::vector<IkeSaId> serving(const std::string& connection, const Identification& local,
                                             const Identification& peer) const;
  [[nodiscard]] bool is_being_reauthenticated(IkeSaId id, const std::string& connection) const;
  void reauthenticate(Context& context, IkeSaId id, ControlId waiter);
  void take_place(Context& context, v2::IkeSa& fresh, v2::IkeSa& old);
  [[nodiscard]] IkeSaId resolve_simultaneous(Context& context, IkeSaId established, const std::vector<IkeSaId>& others);
  [[nodiscard]] bool began_at_once(const v2::IkeSa& a, const v2::IkeSa& b) const;
  void merge(Context& context, v2::IkeSa& loser, v2::IkeSa& winner);

  // demultiplex.cc
  [[nodiscard]] static bool begins_an_ike_sa(const wire::Header& header);
  /// The IKE SA that a message with this header belongs to.
  [[nodiscard]] v2::IkeSa* find_addressed(const wire::Header& header);
  [[nodiscard]] bool screen(Context& context, const DatagramView& datagram);
  [[nodiscard]] bool screen_sa_init(Context& context, const DatagramView& datagram, const wire::Header& header);
  void take(Context& context, const Datagram& datagram);
  void on_message(Context& context, const v2::Received& received);
  void charge_further_key_exchanges(Instant now, const v2::State& half_open);
  void on_sa_init_request(Context& context, const v2::Received& received);
  void on_other_version(Context& context, const Datagram& datagram, const wire::Header& header);
  void on_unparsable(Context& context, const Datagram& datagram, const wire::ParseError& error);
  [[nodiscard]] bool keeps_contract(Context& context, const v2::Received& received);
  [[nodiscard]] bool has_good_cookie(Context& context, const DatagramView& datagram, const wire::Header& header,
                                     const wire::SaInitGlance& glance);
  void answer_in_clear(const Context& context, const DatagramView& datagram, const wire::Header& request,
                       wire::Payload notify);
  [[nodiscard]] bool may_complain(Instant now);
  void complain(const Context& context, const Endpoint& peer, NotifyType notify, std::string detail);
  [[nodiscard]] IkeSpi fresh_ike_spi() override;
  [[nodiscard]] std::size_t count_established(const Identification& peer) const override {
    return table_.established_with(peer).size();
  }

  // control.cc
  void handle(Context& context, const Initiate& request);
  void handle(Context& context, const TerminateIke& request);
  void handle(Context& context, const TerminateChild& request);
  void handle(Context& context, const RekeyIke& request);
  void handle(Context& context, const RekeyChild& request);
  [[nodiscard]] bool is_home_of(const config::Connection& connection) const;
  void handle(Context& context, const Redirect& request);
  void hold_policies(const Context& context, const config::Connection& connection);
  void release_stale_policies(const Context& context);
  /// As its configuration says, or where an earlier attempt leaves off.
  void begin_ike_sa(Context& context, const Initiate& request, const v2::ConnectionPtr& connection,
                    IkeSaId reauthenticates = {}, const NextAttempt* next = nullptr);
  void forget_called_off(Context& context, const std::string& connection);
  void initiate_childless(Context& context, const Initiate& request, const v2::ConnectionPtr& connection);
  [[nodiscard]] bool is_first_contact(const config::Connection& connection, const IpAddress& local,
                                      IkeSaId reauthenticates) const;
  void begin_again(Context& context, const NextAttempt& next);
  [[nodiscard]] std::optional<IpAddress> source_for(const config::Connection& connection, const Initiate& request,
                                                    const std::optional<IpAddress>& remote) const;
  void retry_waiting(Context& context);
  /// At the end of each event: what upkeep asked for and what came of it.
  void keep_up(Context& context);
  void begin_attempt(Context& context, const Initiate& initiate);
  void on_acquire(Context& context, PolicyId policy);
  void drop_held(const Context& context, const PolicyBook::Name& child);

  Options options_;
  crypto::Library& library_;
  RandomSource& random_;
  std::shared_ptr<const config::Snapshot> configuration_;
  std::shared_ptr<const Credentials> credentials_;
  ipsec::SpiAllocator esp_spis_;
  IdSource ids_;
  std::vector<IpAddress> local_addresses_;
  PolicyBook policies_;
  Stragglers stragglers_;
  Counters counters_;
  CookieJar cookies_;
  Admission admission_;
  TokenBucket clear_errors_;
  SaTable table_;
  std::unordered_map<JobId, IkeSaId> jobs_;
  std::unordered_map<ChildSaId, IkeSaId> children_;
  AddressLedger addresses_;
  Keepalives keepalives_;
  Upkeep upkeep_;
  std::set<PolicyBook::Name> traps_;  ///< children whose close_action or dpd_action made a trap of them
  std::vector<Initiate> waiting_;     ///< for an IKE SA that is being set up
  std::vector<FreshPeer> fresh_peers_;
  std::vector<FreshPeer> contacts_;  ///< for the other engines
  std::vector<NextAttempt> next_attempts_;
  TokenBucket invalid_ike_spi_answers_;
  TokenBucket clear_hints_;
  std::vector<IkeSaId> reauthentications_;
  Outputs outputs_;
  bool tracing_ = false;
};

template <class Step>
void Engine::drive(Context& context, v2::IkeSa& sa, Step&& step) {
  const auto id = sa.record().id;
  const auto first_output = outputs_.size();
  std::forward<Step>(step)(sa);
  settle(context, first_output, id);
}

}  // namespace keypact::ike
