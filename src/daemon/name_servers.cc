#include "daemon/name_servers.h"

#include <algorithm>

#include "io/clock.h"

namespace keypact::daemon {
namespace {

template <class T>
void add_once(std::vector<T>& all, const std::vector<T>& more) {
  for (const auto& one : more)
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

}  // namespace

NameServers::NameServers(io::EventLoop& loop, SystemResolver resolver, std::string interface, Note note)
    : loop_(loop), resolver_(std::move(resolver)), interface_(std::move(interface)), note_(std::move(note)) {
  // Of systemd-resolved it went with the interface.
  if (resolver_.kind == SystemResolver::Kind::openresolv || resolver_.kind == SystemResolver::Kind::resolvconf)
    update();
  else known_.emplace();
}

void NameServers::on_event(const control::ToldEvent& told) {
  if (const auto* configured = std::get_if<ike::ClientConfigured>(&told.event)) return on_configured(*configured);
  if (const auto* closed = std::get_if<ike::IkeSaClosed>(&told.event)) return forget(closed->ike_sa);
  if (const auto* rekeyed = std::get_if<ike::IkeSaRekeyed>(&told.event))
    for (auto& one : told_)
      if (one.ike_sa == rekeyed->old) one.ike_sa = rekeyed->fresh;
}

void NameServers::on_configured(const ike::ClientConfigured& event) {
  Told told{event.ike_sa, event.connection, {event.configuration.name_servers, event.configuration.domains}};
  for (const auto& server : event.configuration.encrypted_dns)
    if (server.speaks("dot")) told.service.tls.push_back(server);
  if (resolver_.kind == SystemResolver::Kind::ignored) return;
  if (told.service.servers.empty() && !asks_by_tls(resolver_, told.service)) {
    if (!event.configuration.encrypted_dns.empty())
      note_(
          "the gateway of " + told.connection +
          " tells us only name servers that are asked encrypted, and this machine's resolver cannot: systemd-resolved "
          "asks over TLS (dot)");
    return;
  }
  const auto from = "the name servers that the gateway of " + told.connection + " tells us are not used: ";
  if (resolver_.kind == SystemResolver::Kind::none)
    return note_(
        from +
        "this machine has neither systemd-resolved nor resolvconf. Install one of them, or say --no-name-servers.");
  if (!can_serve(resolver_, told.service))
    return note_(from + "they are for " + told.service.domains.front() +
                 " and the like alone, and Debian's resolvconf would ask them for all names. Install systemd-resolved "
                 "or openresolv.");
  if (!told_.empty() && told_.front().connection != told.connection)
    note_("the name servers that the gateway of " + told.connection + " tells us wait until those of " +
          told_.front().connection + " are gone");
  told_.push_back(std::move(told));
  update();
}

void NameServers::forget(IkeSaId ike_sa) {
  if (std::erase_if(told_, [&](const Told& one) { return one.ike_sa == ike_sa; }) > 0) update();
}

NameService NameServers::wanted() const {
  NameService service;
  bool all_names = false;
  for (const auto& one : told_) {
    if (one.connection != told_.front().connection) continue;
    add_once(service.servers, one.service.servers);
    add_once(service.tls, one.service.tls);
    add_once(service.domains, one.service.domains);
    all_names |= one.service.domains.empty();
  }
  if (all_names) service.domains.clear();
  return service;
}

void NameServers::update() {
  auto service = wanted();
  if (known_ == service) return;
  // What is asked in clear after TLS begins anew: the resolver would go on with TLS.
  if (known_ && asks_by_tls(resolver_, *known_) && !asks_by_tls(resolver_, service))
    for (auto& command : resolver_commands(resolver_, interface_, {})) waiting_.push_back(std::move(command));
  for (auto& command : resolver_commands(resolver_, interface_, service)) waiting_.push_back(std::move(command));
  known_ = std::move(service);
  if (!running_) run_next();
}

void NameServers::run_next() {
  while (!waiting_.empty()) {
    auto program = std::move(waiting_.front());
    waiting_.pop_front();
    auto started = io::Command::start(
        loop_, program, [this, name = program.words[0] + " " + program.words[1]](const io::CommandOutcome& outcome) {
          tell_outcome(name, outcome, note_);
          running_.reset();
          run_next();
        });
    if (started) return (void)running_.emplace(std::move(*started));
    note_(started.error().to_string());
  }
  if (!finished_) return;
  patience_.cancel();
  std::exchange(finished_, {})();
}

void NameServers::finish(Duration patience, io::Callback done) {
  finished_ = std::move(done);
  patience_ = io::Timer(loop_, [this] { std::exchange(finished_, {})(); });
  patience_.set(io::monotonic_now() + patience);
  if (!running_) run_next();
}

}  // namespace keypact::daemon
