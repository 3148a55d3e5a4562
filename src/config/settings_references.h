// References between sections: `name : other { }` gives the section all settings and sections of the other one that it lacks.
// They are followed here, whatever the order of files and sections was.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>

#include "config/settings_parser.h"

namespace keypact::config {

class ReferenceResolver {
 public:
  ReferenceResolver(const RawSection& root, Problems& problems) : root_(root), problems_(problems) {}

  /// The section `name` of the root as if everything it inherits were written in it: own entries first, then those of the
  /// references from left to right; a section that both have is joined. Nothing when the root has no such section, or when
  /// an error (which is in the problems then) makes it meaningless.
  [[nodiscard]] std::optional<SettingsSection> resolve(const std::string& name);

  /// True for a section of the root that a reference named while resolving.
  [[nodiscard]] bool is_referenced(const std::string& name) const { return referenced_.contains(name); }

 private:
  /// Sections that together make one, the nearest first.
  using View = std::vector<const RawSection*>;

  [[nodiscard]] View with_references(const RawSection& section);
  [[nodiscard]] View find(const RawReference& reference);
  [[nodiscard]] View part(const View& view, const std::string& name);
  [[nodiscard]] SettingsSection joined(const std::string& name, const View& view, unsigned depth);
  [[nodiscard]] bool count(const SourcePosition& at, std::size_t entries);
  void fail(const SourcePosition& at, Remark remark);

  const RawSection& root_;
  Problems& problems_;
  std::unordered_map<const RawSection*, View> known_;
  std::set<const RawSection*> in_progress_;
  std::set<std::string> referenced_;
  std::size_t entries_ = 0;
  bool failed_ = false;
};

}  // namespace keypact::config
