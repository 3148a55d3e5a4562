#include "config/placement_reader.h"

#include "config/placement_grammar.h"

namespace keypact::config {
namespace {

constexpr std::uint64_t kHighest = 0xffffffff;
constexpr std::size_t kInterfaceName = 15;  // IFNAMSIZ, without the zero behind it

MarkText read_mark(SectionReader& reader, std::string_view name,
                   Result<MarkText, GrammarError> (*parse)(std::string_view)) {
  const auto* setting = reader.given(name);
  if (setting == nullptr) return {};
  const auto mark = parse(setting->text());
  if (!mark) reader.wrong(*setting, mark.error());
  return mark.value_or(MarkText{});
}

InterfaceIdText read_interface_id(SectionReader& reader, std::string_view name) {
  const auto* setting = reader.given(name);
  if (setting == nullptr) return {};
  const auto id = parse_interface_id(setting->text());
  if (!id) reader.wrong(*setting, id.error());
  return id.value_or(InterfaceIdText{});
}

bool is_set(const InterfaceIdText& id) { return id.value != 0 || id.choice != Choice::given; }

void read_marks(SectionReader& reader, PlacementSetting& setting) {
  const auto in = read_mark(reader, "mark_in", parse_mark);
  const auto out = read_mark(reader, "mark_out", parse_mark);
  const auto set_in = read_mark(reader, "set_mark_in", parse_set_mark);
  const auto set_out = read_mark(reader, "set_mark_out", parse_set_mark);
  setting.in.mark = in.mark;
  setting.mark_in = in.choice;
  setting.out.mark = out.mark;
  setting.mark_out = out.choice;
  setting.set_mark_in = set_in.mark;
  setting.same_mark_in = set_in.same;
  setting.set_mark_out = set_out.mark;
  setting.same_mark_out = set_out.same;
  setting.mark_in_sa = reader.boolean("mark_in_sa").value_or(false);
}

/// False: there are none.
bool read_ids(SectionReader& reader, PlacementSetting& setting) {
  const auto in = read_interface_id(reader, "if_id_in");
  const auto out = read_interface_id(reader, "if_id_out");
  if (is_set(in)) {
    setting.in.interface_id = in.value;
    setting.if_id_in = in.choice;
  }
  if (is_set(out)) {
    setting.out.interface_id = out.value;
    setting.if_id_out = out.choice;
  }
  return is_set(in) || is_set(out);
}

std::uint32_t read_number(SectionReader& reader, std::string_view name) {
  return static_cast<std::uint32_t>(reader.number(name, kHighest).value_or(0));
}

std::string read_interface(SectionReader& reader) {
  const auto* setting = reader.given("interface");
  if (setting == nullptr) return {};
  const auto name = setting->text();
  if (name.size() <= kInterfaceName && name.find_first_of("/ \t") == std::string_view::npos) return std::string(name);
  reader.wrong(*setting, {std::string(name), "expected the name of a network interface"});
  return {};
}

}  // namespace

PlacementSetting read_interface_ids(SectionReader& connection) {
  PlacementSetting setting;
  (void)read_ids(connection, setting);
  return setting;
}

PlacementSetting read_placement(SectionReader& child, const PlacementSetting& of_connection) {
  PlacementSetting setting = of_connection;
  setting.if_ids_of_connection = !read_ids(child, setting);
  read_marks(child, setting);
  setting.reqid = read_number(child, "reqid");
  setting.priority = read_number(child, "priority");
  setting.interface = read_interface(child);
  setting.policies = child.boolean("policies").value_or(true);
  setting.policies_fwd_out = child.boolean("policies_fwd_out").value_or(false);
  return setting;
}

}  // namespace keypact::config
