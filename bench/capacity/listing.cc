#include "bench/capacity/listing.h"

#include <charconv>
#include <thread>

#include "io/clock.h"
#include "io/unix_client.h"
#include "vici/client_session.h"

namespace keypact::bench {
namespace {

constexpr Duration kPatience = seconds(30);

void count(const vici::Message& event, Listed& listed) {
  for (const auto& ike : event.elements()) {
    ++listed.ike_sas;
    const auto* section = std::get_if<vici::Section>(&ike.content);
    const auto* children = section != nullptr ? section->find_section("child-sas") : nullptr;
    if (children != nullptr) listed.child_sas += children->elements().size();
  }
}

Result<void> receive(io::UnixClient& client, vici::ClientSession& session, Listed& listed) {
  TRY(const auto octets, client.receive(kPatience, std::size_t{1} << 20));
  if (octets.empty()) return failure(Error{"keypactd closed the connection", {}, {}});
  listed.octets += octets.size();
  session.receive(octets);
  return {};
}

/// Up to the answer of the command.
Result<vici::Message> await_answer(io::UnixClient& client, vici::ClientSession& session, Listed& listed,
                                   Duration pause) {
  for (;;) {
    TRY_VOID(receive(client, session, listed));
    std::this_thread::sleep_for(std::exchange(pause, {}));
    for (auto packet = session.next();; packet = session.next()) {
      if (!packet) return failure(Error{"keypactd does not speak vici", packet.error().to_string(), {}});
      if (!*packet) break;
      if ((*packet)->type == vici::PacketType::EVENT) count((*packet)->message, listed);
      if ((*packet)->type == vici::PacketType::CMD_RESPONSE) return std::move((*packet)->message);
    }
  }
}

}  // namespace

Result<Listed> list_all(const std::string& vici_path, Duration pause) {
  TRY(auto client, io::connect_unix(vici_path, kPatience));
  vici::ClientSession session;
  session.register_event("list-sa");
  (void)session.request("list-sas", {});
  Listed listed;
  const auto began = io::monotonic_now();
  TRY_VOID(client.send(session.take_output(), kPatience));
  TRY(const auto answer, await_answer(client, session, listed, pause));
  listed.time = io::monotonic_now() - began - pause;
  if (!answer.empty()) return failure(Error{"keypactd refuses the list", std::string(answer.value_or("errmsg")), {}});
  return listed;
}

std::optional<std::uint64_t> counter(const std::string& vici_path, std::string_view name) {
  auto client = io::connect_unix(vici_path, kPatience);
  vici::ClientSession session;
  Listed unused;
  (void)session.request("get-counters", {});
  if (!client || !client->send(session.take_output(), kPatience)) return std::nullopt;
  const auto answer = await_answer(*client, session, unused, {});
  const auto* counters = answer ? answer->find_section("counters") : nullptr;
  const auto* all = counters != nullptr ? counters->find_section("") : nullptr;
  if (all == nullptr) return std::nullopt;
  const auto text = all->value_or(name);
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace keypact::bench
