// The sections of swanctl.conf as written: repeated sections are joined, included files are read where they are included, and
// references are noted but not followed (settings_references.h).
#pragma once

#include <memory>
#include <unordered_map>

#include "config/file_source.h"
#include "config/problems.h"
#include "config/settings_tree.h"

namespace keypact::config {

/// `name : a.b, c { }` refers to a.b and c.
struct RawReference {
  std::vector<std::string> path;
  SourcePosition at;
};

class RawSection {
 public:
  RawSection(std::string name, SourcePosition at) : name_(std::move(name)), at_(at) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const SourcePosition& at() const { return at_; }
  [[nodiscard]] const std::vector<Setting>& settings() const { return settings_; }
  [[nodiscard]] const std::vector<std::unique_ptr<RawSection>>& sections() const { return sections_; }
  [[nodiscard]] const std::vector<RawReference>& references() const { return references_; }
  [[nodiscard]] const RawSection* section(const std::string& name) const;

  /// Adds the setting or replaces the one of its name.
  void set(Setting setting);
  /// The section of this name, made if need be.
  RawSection& open(const std::string& name, const SourcePosition& at);
  void refer_to(RawReference reference) { references_.push_back(std::move(reference)); }

 private:
  std::string name_;
  SourcePosition at_;
  std::vector<Setting> settings_;
  std::vector<std::unique_ptr<RawSection>> sections_;
  std::vector<RawReference> references_;
  std::unordered_map<std::string, std::size_t> setting_index_;
  std::unordered_map<std::string, std::size_t> section_index_;
};

/// The root section of the file and all that it includes. What could not be understood is in `problems`; the rest is returned.
[[nodiscard]] std::unique_ptr<RawSection> parse_settings(FileSource& source, const std::string& path,
                                                         SourceFiles& files, Problems& problems);

}  // namespace keypact::config
