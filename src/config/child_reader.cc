#include "config/child_reader.h"

#include <algorithm>

#include "config/command_grammar.h"
#include "config/placement_reader.h"
#include "config/proposal_reader.h"
#include "config/section_reader.h"
#include "config/selector_grammar.h"

namespace keypact::config {
namespace {

constexpr std::uint32_t kLargestReplayWindow = 4096;
constexpr std::uint64_t kLargestPadding = 65535;

enum class ConfiguredMode : std::uint8_t { tunnel, transport, beet, pass, drop, unavailable };

constexpr Word<ConfiguredMode> kModes[] = {
    {"tunnel", ConfiguredMode::tunnel},
    {"transport", ConfiguredMode::transport},
    {"transport_proxy", ConfiguredMode::unavailable},
    {"beet", ConfiguredMode::beet},
    {"iptfs", ConfiguredMode::unavailable},
    {"pass", ConfiguredMode::pass},
    {"drop", ConfiguredMode::drop},
};

struct DscpCopy {
  bool out;
  bool in;
};
constexpr Word<DscpCopy> kDscpCopies[] = {
    {"no", {false, false}}, {"in", {false, true}}, {"out", {true, false}}, {"yes", {true, true}}};

constexpr Word<HardwareOffload> kOffloads[] = {{"no", HardwareOffload::none},
                                               {"yes", HardwareOffload::crypto},
                                               {"crypto", HardwareOffload::crypto},
                                               {"packet", HardwareOffload::packet},
                                               {"auto", HardwareOffload::automatic}};

struct ActionParts {
  bool trap = false;
  bool start = false;
};

Action joined(ActionParts parts) {
  if (parts.trap) return parts.start ? Action::trap_and_start : Action::trap;
  return parts.start ? Action::start : Action::none;
}

/// none, trap, start, or several joined by "|".
Action read_action(SectionReader& reader, std::string_view name) {
  const auto* setting = reader.given(name);
  if (setting == nullptr) return Action::none;
  ActionParts parts;
  for (const auto word : split(setting->text(), '|')) {
    const auto part = parse_action_word(word);
    parts.trap = parts.trap || part == ActionWord::trap;
    parts.start = parts.start || part == ActionWord::start;
    if (!part) reader.wrong(*setting, {std::string(word), "expected none, trap, start or trap|start"});
  }
  return joined(parts);
}

std::vector<SelectorPattern> read_selectors(SectionReader& reader, std::string_view name) {
  const auto* setting = reader.given(name);
  if (setting == nullptr) return {SelectorPattern{true, {}}};
  std::vector<SelectorPattern> selectors;
  for (const auto item : reader.items(*setting)) {
    const auto parsed = parse_selector(item);
    if (!parsed) {
      reader.wrong(*setting, parsed.error());
      continue;
    }
    if (parsed->had_host_bits) {
      reader.remark(*setting, {std::string(item), "the address has bits beyond its prefix; meant is " +
                                                      parsed->selector.selector.to_string()});
    }
    selectors.push_back(parsed->selector);
  }
  if (selectors.empty()) selectors.push_back({true, {}});
  return selectors;
}

void read_times(SectionReader& reader, ChildConfig& child) {
  child.rekey_time = reader.time("rekey_time").value_or(child.rekey_time);
  const auto life_time = reader.time("life_time");
  child.life_time = life_time.value_or(child.rekey_time + child.rekey_time / 10);
  const auto gap = std::max(child.life_time - child.rekey_time, Duration{});
  child.rand_time = reader.time("rand_time").value_or(gap);
  child.inactivity = reader.time("inactivity").value_or(Duration{});
  if (life_time && *life_time != Duration{} && child.rekey_time >= *life_time)
    reader.warning(*reader.given("life_time"),
                   {reader.path() + ".life_time is not above rekey_time", "the SA would be closed before it is rekeyed",
                    "make life_time about 10 % longer than rekey_time"});
  if (child.rand_time != Duration{} && child.rekey_time != Duration{} && child.rand_time >= child.rekey_time)
    reader.warning(
        *reader.given(reader.given("rand_time") != nullptr ? "rand_time" : "life_time"),
        {reader.path() + ": rand_time is not below rekey_time", "it is what is taken off rekey_time at most"});
}

/// What is not given follows from what is, as with the times.
struct VolumeWords {
  std::optional<std::uint64_t> rekey, life, rand;
};
VolumeSetting volume_of(SectionReader& reader, const VolumeWords& given, const std::string& unit) {
  VolumeSetting volume;
  volume.rekey = given.rekey.value_or(0);
  volume.life = given.life.value_or(volume.rekey + std::min(volume.rekey / 10, UINT64_MAX - volume.rekey));
  volume.rand = given.rand.value_or(volume.life - std::min(volume.life, volume.rekey));
  if (given.life && *given.life != 0 && volume.rekey >= *given.life)
    reader.warning(*reader.given("life_" + unit), {reader.path() + ".life_" + unit + " is not above rekey_" + unit,
                                                   "the SA would be closed before it is rekeyed",
                                                   "make life_" + unit + " about 10 % more than rekey_" + unit});
  return volume;
}

void read_volumes(SectionReader& reader, ChildConfig& child) {
  const auto octets = [&](std::string_view name) { return reader.octet_count(name); };
  const auto packets = [&](std::string_view name) { return reader.number(name, UINT64_MAX); };
  child.octets = volume_of(reader, {octets("rekey_bytes"), octets("life_bytes"), octets("rand_bytes")}, "bytes");
  child.packets =
      volume_of(reader, {packets("rekey_packets"), packets("life_packets"), packets("rand_packets")}, "packets");
}

void read_mode(SectionReader& reader, ChildConfig& child) {
  switch (reader.word("mode", kModes).value_or(ConfiguredMode::tunnel)) {
    case ConfiguredMode::tunnel: break;
    case ConfiguredMode::transport: child.mode = Mode::transport; break;
    case ConfiguredMode::beet: child.mode = Mode::beet; break;
    case ConfiguredMode::pass: child.action = PolicyAction::bypass; break;
    case ConfiguredMode::drop: child.action = PolicyAction::discard; break;
    case ConfiguredMode::unavailable: {
      const auto* setting = reader.given("mode");
      reader.refuse(setting->value_at, reader.path() + ".mode = " + printable(setting->text()),
                    "use mode = tunnel, transport or beet");
      break;
    }
  }
}

void read_replay_window(SectionReader& reader, ChildConfig& child) {
  const auto window = reader.number("replay_window", 0xffffffff);
  if (!window) return;
  child.replay_window = static_cast<std::uint32_t>(std::min<std::uint64_t>(*window, kLargestReplayWindow));
  if (*window > kLargestReplayWindow)
    reader.warning(*reader.given("replay_window"),
                   {reader.path() + ".replay_window is taken as " + std::to_string(kLargestReplayWindow),
                    "a larger window is not available"});
  if (*window == 0)
    reader.warning(*reader.given("replay_window"),
                   {reader.path() + ".replay_window = 0 switches the protection against replayed packets off"});
}

void read_headers(SectionReader& reader, ChildConfig& child) {
  child.headers.copy_df = reader.boolean("copy_df").value_or(child.headers.copy_df);
  if (const auto* padding = reader.given("tfc_padding"); padding != nullptr && same_word(padding->text(), "mtu"))
    child.tfc_padding = kPaddedToPath;
  else child.tfc_padding = static_cast<std::uint32_t>(reader.number("tfc_padding", kLargestPadding).value_or(0));
  child.headers.copy_ecn = reader.boolean("copy_ecn").value_or(child.headers.copy_ecn);
  if (const auto copy = reader.word("copy_dscp", kDscpCopies)) {
    child.headers.copy_dscp_out = copy->out;
    child.headers.copy_dscp_in = copy->in;
  }
}

void read_updown(SectionReader& reader, ChildConfig& child) {
  child.host_access = reader.boolean("hostaccess").value_or(false);
  const auto* setting = reader.given("updown");
  if (setting == nullptr) return;
  if (auto command = parse_command(setting->text())) child.updown = std::move(*command);
  else reader.wrong(*setting, command.error());
}

}  // namespace

ChildConfig read_child(const SettingsSection& section, const std::string& path, const PlacementSetting& placement,
                       Problems& problems) {
  SectionReader reader(section, path, rules::kChild, problems);
  ChildConfig child;
  child.name = section.name;
  auto proposals = read_child_proposals(reader);
  child.esp_proposals = std::move(proposals.offer);
  child.esp_acceptable = std::move(proposals.acceptable);
  child.local_ts = read_selectors(reader, "local_ts");
  child.remote_ts = read_selectors(reader, "remote_ts");
  read_mode(reader, child);
  child.compress = reader.boolean("ipcomp").value_or(false);
  read_replay_window(reader, child);
  read_headers(reader, child);
  child.offload = reader.word("hw_offload", kOffloads).value_or(child.offload);
  read_times(reader, child);
  read_volumes(reader, child);
  child.start_action = read_action(reader, "start_action");
  child.close_action = read_action(reader, "close_action");
  child.dpd_action = read_action(reader, "dpd_action");
  read_updown(reader, child);
  child.placement = read_placement(reader, placement);
  return child;
}

}  // namespace keypact::config
