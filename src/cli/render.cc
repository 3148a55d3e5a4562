#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/human.h"

namespace keypact::cli {

namespace {

void labelled(std::string& out, std::string_view label, std::string_view text, const Style& style) {
  if (text.empty()) return;
  out += "  " + style.faint(padded(label, 8)) + style.shown(text) + "\n";
}

/// Our values beside the peer's, row by row; the peer's column says so when it told nothing.
void side_by_side(std::string& out, const Verdict& verdict, const Style& style) {
  if (verdict.ours.empty() && verdict.theirs.empty()) return;
  if (verdict.theirs.empty() && verdict.side == "local configuration") {  // the peer has no part in it
    for (const auto& ours : verdict.ours) labelled(out, "ours", ours, style);
    return;
  }
  const auto theirs = verdict.theirs.empty() ? std::vector<std::string>{"(the peer did not say)"} : verdict.theirs;
  std::size_t width = 4;
  for (const auto& ours : verdict.ours) width = std::max(width, width_of(style.shown(ours)));
  if (width > 60) {  // too wide for columns: one below the other
    for (const auto& ours : verdict.ours) labelled(out, "ours", ours, style);
    for (const auto& value : theirs) labelled(out, "theirs", value, style);
    return;
  }
  out += "          " + style.faint(padded("ours", width + 3) + "theirs") + "\n";
  for (std::size_t row = 0; row < std::max(verdict.ours.size(), theirs.size()); ++row) {
    const auto left = row < verdict.ours.size() ? style.shown(verdict.ours[row]) : std::string();
    const auto right = row < theirs.size() ? style.shown(theirs[row]) : std::string();
    out += "          " + (right.empty() ? left : padded(left, width + 3) + right) + "\n";
  }
}

}  // namespace

std::string ladder_text(const LadderLine& line, const Style& style) {
  const auto milliseconds = static_cast<double>(line.offset.count()) / 1000;
  auto text = right_aligned(fmt::format("{:.1f} ms", milliseconds), 11) + "  ";
  text += style.strong(padded(line.sent ? style.sent() : style.received(), 2)) + "  ";
  text += padded(style.shown(line.exchange), 15) + "  " + right_aligned(std::to_string(line.message_id), 2) + "  ";
  text += style.faint(right_aligned(size_text(line.octets), 8)) + "  " + style.shown(line.notation);
  if (line.retransmission > 0) text += style.uncertain(fmt::format("  (retransmission {})", line.retransmission));
  if (!line.note.empty()) text += style.uncertain("  (" + style.shown(line.note) + ")");
  return text;
}

std::string verdict_text(const Verdict& verdict, const Style& style) {
  std::string out = style.bad(style.shown(verdict.what));
  if (!verdict.code.empty()) out += "  " + style.faint("[" + style.shown(verdict.code) + "]");
  out += "\n";
  labelled(out, "phase", verdict.phase, style);
  side_by_side(out, verdict, style);
  labelled(out, "detail", verdict.detail, style);
  labelled(out, "rule", verdict.rule, style);
  labelled(out, "side", verdict.side, style);
  labelled(out, "change", verdict.remedy, style);
  return out;
}

std::string summary(const IkeSa& sa, const ChildSa* child, const Style& style) {
  const auto& algorithms = child == nullptr ? sa.algorithms : child->algorithms;
  std::vector<std::string> parts;
  for (const auto& name : {algorithms.encryption, algorithms.integrity}) {
    if (!name.empty()) parts.push_back(style.shown(name));
  }
  // A Child SA of IKE_AUTH, or one without PFS, lives on the key exchange of the IKE SA.
  const auto& exchange = algorithms.key_exchange.empty() ? sa.algorithms.key_exchange : algorithms.key_exchange;
  if (!exchange.empty()) parts.push_back(style.shown(exchange));
  auto name = sa.connection;
  if (child != nullptr) {
    parts.push_back(style.shown(joined(child->local_ts, " ")) + " " + std::string(style.between()) + " " +
                    style.shown(joined(child->remote_ts, " ")));
    name += "/" + child->name;
  }
  return joined(parts, ", ") + " (" + style.shown(name) + ")";
}

}  // namespace keypact::cli
