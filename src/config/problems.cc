#include "config/problems.h"

#include <algorithm>
#include <tuple>

#include "config/config_limits.h"

namespace keypact::config {

void Problems::error(const SourcePosition& at, Remark remark, Masking masking) {
  if (++errors_ <= limits::kErrors) add(Severity::error, at, std::move(remark), masking);
}

void Problems::warning(const SourcePosition& at, Remark remark, Masking masking) {
  if (++warnings_ <= limits::kWarnings) add(Severity::warning, at, std::move(remark), masking);
}

void Problems::warning_once(const std::string& topic, const SourcePosition& at, Remark remark, Masking masking) {
  if (topics_.insert(topic).second) warning(at, std::move(remark), masking);
}

SettingPlace Problems::place(const SourcePosition& at) const {
  if (at.line == 0) return {};
  return {files_.name(at.file), at.line, at.column};
}

bool Problems::full() const { return errors_ >= limits::kErrors; }

void Problems::add(Severity severity, const SourcePosition& at, Remark remark, Masking masking) {
  Diagnostic diagnostic{
      severity, {}, at.line, at.column, std::move(remark.what), std::move(remark.why), std::move(remark.remedy), {}, 0};
  if (at.line != 0) {
    diagnostic.file = files_.name(at.file);
    auto shown = files_.shown(at, masking);
    diagnostic.shown = std::move(shown.text);
    diagnostic.caret = shown.caret;
  }
  entries_.push_back({at, entries_.size(), std::move(diagnostic)});
}

std::vector<Diagnostic> Problems::take() {
  std::ranges::sort(entries_, {},
                    [](const Entry& e) { return std::tuple(e.at.file, e.at.line, e.at.column, e.number); });
  std::vector<Diagnostic> result;
  for (auto& entry : entries_) result.push_back(std::move(entry.diagnostic));
  if (errors_ > limits::kErrors) {
    result.push_back({Severity::error,
                      {},
                      0,
                      0,
                      std::to_string(errors_ - limits::kErrors) + " more errors are not shown",
                      {},
                      {},
                      {},
                      0});
  }
  if (warnings_ > limits::kWarnings) {
    result.push_back({Severity::warning,
                      {},
                      0,
                      0,
                      std::to_string(warnings_ - limits::kWarnings) + " more warnings are not shown",
                      {},
                      {},
                      {},
                      0});
  }
  entries_.clear();
  errors_ = warnings_ = 0;
  return result;
}

}  // namespace keypact::config
