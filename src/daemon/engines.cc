#include "daemon/engines.h"

#include <future>

#include "io/engine_steering.h"
#include "ipsec/steering.h"

namespace keypact::daemon {
namespace {

/// Steps whose outcome the daemon's thread has not seen. Beyond that, what strangers can cause is not told any more.
constexpr std::size_t kUnderWay = 4096;

bool may_be_left_out(const control::ToldEvent& told) {
  return std::holds_alternative<ike::Refused>(told.event) || std::holds_alternative<ike::MessageTraced>(told.event);
}

}  // namespace

Result<std::vector<Transport>> Engines::open_transports(const Setup& setup) {
  std::vector<Transport> transports;
  for (std::size_t part = 0; setup.count > 1 && part < setup.count; ++part) {
    TRY(auto transport, Transport::open(setup.ports, setup.mark, {setup.count, part}));
    transports.push_back(std::move(transport));
  }
  return transports;
}

Engines::Engines(const Setup& setup, Surroundings surroundings) : setup_(setup), around_(surroundings) {}

Result<std::unique_ptr<Engines>> Engines::create(const Setup& setup, Surroundings surroundings,
                                                 std::vector<Transport> transports) {
  std::unique_ptr<Engines> engines(new Engines(setup, surroundings));
  if (transports.empty()) {
    auto& self = *engines;
    self.only_ = std::make_unique<EngineHost>(
        self.around_.loop, setup.options, self.around_.library, self.around_.random, self.around_.leases,
        self.around_.transport,
        [&self](ipsec::StackRequest request) { return self.around_.backend.apply(std::move(request)); },
        self.around_.documents);
    self.only_->after_each_step([&self] { self.around_.backend.settle(); });
    self.only_->tell_events_to([&self](const control::ToldEvent& told) {
      for (const auto& listener : self.listeners_) listener(told);
    });
    return engines;
  }
  for (auto& transport : transports) TRY_VOID(engines->add_seat(std::move(transport)));
  for (auto& seat : engines->seats_) seat->thread = std::thread([&loop = seat->loop] { loop.run(); });
  return engines;
}

Result<void> Engines::add_seat(Transport transport) {
  const auto index = seats_.size();
  auto seat = std::make_unique<Seat>(std::move(transport));
  auto& self = *seat;
  TRY(self.random, crypto::SystemRandom::open());
  auto options = setup_.options;
  options.engine_index = static_cast<std::uint8_t>(index);
  options.engines = static_cast<std::uint8_t>(setup_.count);
  self.host = std::make_unique<EngineHost>(
      self.loop, options, self.library, *self.random, around_.leases, self.transport,
      [&self](ipsec::StackRequest request) -> std::optional<ipsec::StackEvent> {
        self.wishes.requests.push_back(std::move(request));
        return std::nullopt;
      },
      around_.documents);
  self.host->tell_events_to([&self](control::ToldEvent told) { self.wishes.told.push_back(std::move(told)); });
  self.host->after_each_step([this, index] { hand_over(index); });
  TRY_VOID(
      self.transport.start(self.loop, {[&self](auto datagrams) { self.host->on_datagrams(datagrams); }, [](auto) {}}));
  seats_.push_back(std::move(seat));
  return {};
}

Engines::~Engines() {
  for (auto& seat : seats_) seat->loop.stop();
  for (auto& seat : seats_)
    if (seat->thread.joinable()) seat->thread.join();
}

void Engines::tell(std::size_t engine, Work work) {
  if (only_) return work(*only_);
  auto& seat = *seats_[engine];
  seat.loop.post([&seat, work = std::move(work)]() mutable { work(*seat.host); });
}

/// In the engine's thread, at the end of a step.
void Engines::hand_over(std::size_t engine) {
  auto& seat = *seats_[engine];
  auto wishes = std::exchange(seat.wishes, {});
  wishes.contacts = seat.host->engine().take_contacts();
  const std::scoped_lock lock(handed_over_mutex_);
  if (handed_over_.size() >= kUnderWay) std::erase_if(wishes.told, may_be_left_out);
  if (wishes.requests.empty() && wishes.told.empty() && wishes.contacts.empty()) return;
  if (handed_over_.empty()) around_.loop.post([this] { carry_out_all(); });
  handed_over_.push_back({engine, std::move(wishes)});
}

void Engines::carry_out_all() {
  std::deque<HandedOver> batch;
  {
    const std::scoped_lock lock(handed_over_mutex_);
    batch.swap(handed_over_);
  }
  for (auto& [engine, wishes] : batch) carry_out(engine, std::move(wishes));
}

void Engines::carry_out(std::size_t engine, Wishes wishes) {
  std::vector<ipsec::StackEvent> answers;
  for (auto& request : wishes.requests)
    if (auto answer = around_.backend.apply(std::move(request))) answers.push_back(std::move(*answer));
  around_.backend.settle();
  if (!answers.empty())
    tell(engine, [answers = std::move(answers)](EngineHost& host) {
      for (const auto& answer : answers) host.on_stack_event(answer);
    });
  for (const auto& contact : wishes.contacts)
    for (std::size_t other = 0; other < count(); ++other)
      if (other != engine) tell(other, [contact](EngineHost& host) { host.on_contact_elsewhere(contact); });
  for (const auto& told : wishes.told)
    for (const auto& listener : listeners_) listener(told);
}

void Engines::on_datagrams(std::span<const ike::DatagramView> datagrams) {
  if (only_) only_->on_datagrams(datagrams);
}

void Engines::on_stack_event(const ipsec::StackEvent& event) {
  if (const auto* unknown = std::get_if<ipsec::UnknownSpi>(&event))
    return tell(ipsec::engine_for(unknown->remote.address, count()),
                [event](EngineHost& host) { host.on_stack_event(event); });
  // An id tells whose it is.
  const auto id = std::visit(
      [](const auto& e) {
        if constexpr (requires { e.policy; }) return e.policy.value;
        else if constexpr (requires { e.id; }) return e.id.value;
        else return std::uint64_t{0};
      },
      event);
  tell(id % count(), [event](EngineHost& host) { host.on_stack_event(event); });
}

std::size_t Engines::engine_of(const ike::ControlRequest& request) const {
  return std::visit(
      [&](const auto& wanted) -> std::size_t {
        if constexpr (requires { wanted.ike_sa; }) return wanted.ike_sa.value % count();
        else if constexpr (requires { wanted.child_sa; }) return wanted.child_sa.value % count();
        else {
          if (wanted.remote_address) return ipsec::engine_for(*wanted.remote_address, count());
          const auto connection = configuration_ ? configuration_->connection(wanted.connection) : nullptr;
          if (!connection) return 0;
          for (const auto& pattern : connection->remote_addrs)
            if (pattern.is_single()) return ipsec::engine_for(pattern.first, count());
          return 0;
        }
      },
      request);
}

void Engines::submit(const ike::ControlRequest& request) {
  const auto* initiate = std::get_if<ike::Initiate>(&request);
  const bool is_attempt = initiate != nullptr && ike::Upkeep::is_ours(initiate->id);
  const auto asker = is_attempt ? ike::Upkeep::engine_of(initiate->id) : engine_of(request);
  if (asker != engine_of(request)) {
    // The peer has gone to where another engine is in charge.
    tell(asker, [id = initiate->id](EngineHost& host) { host.engine().hand_over(id); });
    auto anew = *initiate;
    anew.id = {};
    anew.persistent = true;
    return submit(anew);
  }
  tell(engine_of(request), [request](EngineHost& host) { host.submit(request); });
}

void Engines::remember(const ike::PolicyBook::EarlierRun& run) {
  if (run.numbers.empty()) return;
  for (std::size_t engine = 0; engine < count(); ++engine)
    tell(engine, [run](EngineHost& host) { host.engine().remember(run); });
}

void Engines::set_configuration(std::shared_ptr<const config::Snapshot> snapshot,
                                std::shared_ptr<const ike::Credentials> credentials) {
  configuration_ = std::move(snapshot);
  // Whoever asked for it hears that it is in force when its policies are.
  for (std::size_t engine = 0; engine < count(); ++engine)
    tell_and_wait(engine, [configuration = configuration_, credentials](EngineHost& host) {
      host.set_configuration(configuration, credentials);
    });
  carry_out_all();
}

void Engines::set_local_addresses(const std::vector<IpAddress>& addresses) {
  for (std::size_t engine = 0; engine < count(); ++engine)
    tell(engine, [addresses](EngineHost& host) { host.set_local_addresses(addresses); });
}

void Engines::set_tracing(bool on) {
  for (std::size_t engine = 0; engine < count(); ++engine)
    tell(engine, [on](EngineHost& host) { host.engine().set_tracing(on); });
}

void Engines::end(Duration patience, std::function<void()> ended) {
  if (only_) return only_->end(patience, std::move(ended));
  if (still_running_ > 0) return;  // on its way
  still_running_ = count();
  const auto one_ended = [this, ended] {
    around_.loop.post([this, ended] {
      if (--still_running_ == 0) ended();
    });
  };
  for (std::size_t engine = 0; engine < count(); ++engine)
    tell(engine, [patience, one_ended](EngineHost& host) { host.end(patience, one_ended); });
}

void Engines::tell_and_wait(std::size_t engine, Work work) {
  if (only_) return work(*only_);
  std::promise<void> done;
  tell(engine, [&](EngineHost& host) {
    work(host);
    done.set_value();
  });
  done.get_future().wait();
}

void Engines::look(std::size_t engine, const std::function<void(const ike::Engine&)>& look) {
  tell_and_wait(engine, [&](EngineHost& host) { look(host.engine()); });
}

}  // namespace keypact::daemon
