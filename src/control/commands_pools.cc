// load-pool, unload-pool and get-pools: addresses for clients.
#include <algorithm>

#include "config/pool_reader.h"
#include "control/commands.h"
#include "control/message_reading.h"
#include "control/settings.h"

namespace keypact::control {
namespace {

/// How many addresses it holds; charon counts no further than this either.
std::string size_of(const config::Pool& pool) {
  constexpr std::int64_t kMost = 0x7ffffffe;
  const auto first = pool.first.octets();
  const auto last = pool.last.octets();
  std::int64_t distance = 0;
  for (std::size_t i = 0; i < first.size() && distance <= kMost; ++i) distance = distance * 256 + last[i] - first[i];
  return std::to_string(std::min(distance + 1, kMost));
}

vici::Section leases_of(const std::vector<leases::LeaseBook::Entry>& entries) {
  vici::Section section;
  std::size_t number = 0;
  for (const auto& entry : entries) {
    vici::Section lease;
    lease.key("address", entry.address.to_string()).key("identity", entry.client.to_string());
    lease.key("status", entry.online ? "online" : "offline");
    section.section(std::to_string(number++)) = std::move(lease);
  }
  return section;
}

vici::Message in_use(const std::string& name, std::size_t online) {
  return vici::refusal("pool '" + config::printable(name) + "' has " + std::to_string(online) +
                       " online leases: end these IKE SAs first");
}

std::size_t online_of(const Call& call, const std::string& name) {
  const auto pool = call.services.configuration.current()->pool(name);
  return pool ? call.services.host.leases().counts(*pool).online : 0;
}

}  // namespace

Answer load_pool(const Call& call) {
  const auto refusal = vici::refusal("load-pool takes one section, named after the pool");
  if (call.request.elements().size() != 1) return refusal;
  const auto& element = call.request.elements().front();
  const auto* section = std::get_if<vici::Section>(&element.content);
  if (section == nullptr) return refusal;
  const auto settings = settings_of(element.name, *section);
  auto read = read_message<config::Pool>([&](config::Problems& problems) {
    return config::read_pool(settings, "pools." + config::printable(element.name), problems);
  });
  if (!read) return read.error();
  auto& pool = read->first;
  const auto old = call.services.configuration.current()->pool(pool.name);
  const bool moves = old && (old->first != pool.first || old->last != pool.last);
  if (const auto online = moves ? online_of(call, pool.name) : 0; online != 0) return in_use(pool.name, online);
  call.services.configuration.load(std::make_shared<const config::Pool>(std::move(pool)));
  return {done_with(read->second), true};
}

Answer unload_pool(const Call& call) {
  const auto named = vici::text_of(call.request, "name");
  if (!named) return vici::refusal("missing pool name");
  const std::string name(*named);
  if (const auto online = online_of(call, name); online != 0) return in_use(name, online);
  if (call.services.configuration.unload_pool(name)) return {vici::success(), true};
  const bool from_files = call.services.configuration.current()->pool(name) != nullptr;
  return vici::refusal(
      "pool '" + config::printable(name) + "' " +
      (from_files ? "comes from the configuration files, remove it there and run: keypact reload" : "is not loaded"));
}

Answer get_pools(const Call& call) {
  const auto only = vici::text_of(call.request, "name");
  const bool with_leases = vici::text_of(call.request, "leases") == "yes";
  vici::Message answer;
  for (const auto& pool : call.services.configuration.current()->pools) {
    if (only && *only != pool->name) continue;
    const auto entries = call.services.host.leases().entries(*pool);
    const auto online = static_cast<std::size_t>(std::ranges::count_if(entries, &leases::LeaseBook::Entry::online));
    vici::Section section;
    section.key("base", pool->base.to_string()).key("size", size_of(*pool));
    section.key("online", std::to_string(online)).key("offline", std::to_string(entries.size() - online));
    if (with_leases) section.section("leases") = leases_of(entries);
    answer.section(pool->name) = std::move(section);
  }
  return answer;
}

}  // namespace keypact::control
