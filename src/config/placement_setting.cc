#include "config/placement_setting.h"

namespace keypact::config {
namespace {

void choose(Choice in, Choice out, std::uint32_t& number_in, std::uint32_t& number_out,
            const std::function<std::uint32_t()>& fresh) {
  if (in == Choice::given && out == Choice::given) return;
  const bool each = in == Choice::unique_dir || out == Choice::unique_dir;
  const auto shared = each ? 0 : fresh();
  if (in != Choice::given) number_in = each ? fresh() : shared;
  if (out != Choice::given) number_out = each ? fresh() : shared;
}

void copy_marks(const PlacementSetting& setting, Placement& placement) {
  if (setting.same_mark_in) placement.set_mark_in.value = placement.in.mark.value;
  if (setting.same_mark_out) placement.set_mark_out.value = placement.out.mark.value;
}

}  // namespace

Placement placed(const PlacementSetting& setting, const std::function<std::uint32_t()>& fresh) {
  Placement placement = setting;
  choose(setting.mark_in, setting.mark_out, placement.in.mark.value, placement.out.mark.value, fresh);
  choose(setting.if_id_in, setting.if_id_out, placement.in.interface_id, placement.out.interface_id, fresh);
  copy_marks(setting, placement);
  return placement;
}

Placement placed(const PlacementSetting& setting, const Lane& earlier_in, const Lane& earlier_out) {
  Placement placement = setting;
  if (setting.mark_in != Choice::given) placement.in.mark.value = earlier_in.mark.value;
  if (setting.mark_out != Choice::given) placement.out.mark.value = earlier_out.mark.value;
  if (setting.if_id_in != Choice::given) placement.in.interface_id = earlier_in.interface_id;
  if (setting.if_id_out != Choice::given) placement.out.interface_id = earlier_out.interface_id;
  copy_marks(setting, placement);
  return placement;
}

}  // namespace keypact::config
