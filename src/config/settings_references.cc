#include "config/settings_references.h"

#include <algorithm>
#include <unordered_set>

#include "config/config_limits.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

Setting copy_of(const Setting& setting) {
  Setting copy;
  copy.name = setting.name;
  for (const auto& value : setting.values) copy.values.push_back(value.clone());
  copy.is_list = setting.is_list;
  copy.quoted = setting.quoted;
  copy.at = setting.at;
  copy.value_at = setting.value_at;
  return copy;
}

/// Appends what is not yet there: a section that is inherited twice adds nothing the second time.
void append_new(std::vector<const RawSection*>& view, const std::vector<const RawSection*>& more) {
  for (const auto* section : more)
    if (std::ranges::find(view, section) == view.end()) view.push_back(section);
}

std::string dotted(const std::vector<std::string>& path, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ".") + path[i];
  return text;
}

}  // namespace

void ReferenceResolver::fail(const SourcePosition& at, Remark remark) {
  if (!failed_) problems_.error(at, std::move(remark), Masking::values);
  failed_ = true;
}

bool ReferenceResolver::count(const SourcePosition& at, std::size_t entries) {
  entries_ += entries;
  if (entries_ > limits::kResolvedSettings)
    fail(at, {"the references multiply too much",
              "at most " + std::to_string(limits::kResolvedSettings) + " settings and sections in all"});
  return !failed_;
}

ReferenceResolver::View ReferenceResolver::with_references(const RawSection& section) {
  if (section.references().empty()) return {&section};
  if (const auto known = known_.find(&section); known != known_.end()) return known->second;
  if (section.references().size() > limits::kReferences) {
    fail(section.at(), {"too many references", "at most " + std::to_string(limits::kReferences) + " for one section"});
    return {&section};
  }
  if (!in_progress_.insert(&section).second || in_progress_.size() > limits::kReferenceDepth) {
    fail(section.references().front().at,
         {"section \"" + printable(section.name()) + "\" refers to itself, or too deep",
          "references form no circle and at most " + std::to_string(limits::kReferenceDepth) + " follow each other"});
    return {&section};
  }
  View view{&section};
  for (const auto& reference : section.references()) append_new(view, find(reference));
  in_progress_.erase(&section);
  return known_[&section] = view;
}

ReferenceResolver::View ReferenceResolver::part(const View& view, const std::string& name) {
  View found;
  for (const auto* section : view)
    if (const auto* inner = section->section(name)) append_new(found, with_references(*inner));
  return found;
}

ReferenceResolver::View ReferenceResolver::find(const RawReference& reference) {
  View view{&root_};
  for (std::size_t i = 0; i < reference.path.size() && !failed_; ++i) {
    auto inner = part(view, reference.path[i]);
    if (inner.empty() && !failed_) {
      std::vector<std::string_view> candidates;
      for (const auto* section : view)
        for (const auto& candidate : section->sections()) candidates.push_back(candidate->name());
      problems_.error(reference.at,
                      {"no section \"" + printable(dotted(reference.path, i + 1)) + "\" to inherit from",
                       "after : stand the absolute names of sections", did_you_mean(reference.path[i], candidates)},
                      Masking::values);
      return {};
    }
    view = std::move(inner);
  }
  referenced_.insert(reference.path.front());
  return view;
}

SettingsSection ReferenceResolver::joined(const std::string& name, const View& view, unsigned depth) {
  SettingsSection result;
  result.name = name;
  result.at = view.front()->at();
  if (depth > limits::kSectionDepth) {
    fail(result.at,
         {"too many sections within each other after following references",
          "at most " + std::to_string(limits::kSectionDepth), "a section must not inherit from one that contains it"});
    return result;
  }
  std::unordered_set<std::string_view> seen;
  for (const auto* section : view) {
    if (!count(result.at, section->settings().size() + 1)) return result;
    for (const auto& setting : section->settings())
      if (seen.insert(setting.name).second) result.settings.push_back(copy_of(setting));
  }
  seen.clear();
  for (const auto* section : view) {
    for (const auto& inner : section->sections()) {
      if (failed_ || !seen.insert(inner->name()).second) continue;
      result.sections.push_back(joined(inner->name(), part(view, inner->name()), depth + 1));
    }
  }
  return result;
}

std::optional<SettingsSection> ReferenceResolver::resolve(const std::string& name) {
  const View root{&root_};
  const auto view = part(root, name);
  if (view.empty() || failed_) return std::nullopt;
  auto section = joined(name, view, 1);
  if (failed_) return std::nullopt;
  return section;
}

}  // namespace keypact::config
