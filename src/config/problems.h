// Problems: collects the diagnostics of one reading, up to a limit, and gives each the line it is about.
#pragma once

#include <set>

#include "config/credential_file.h"
#include "config/diagnostic.h"
#include "config/source_files.h"

namespace keypact::config {

/// What a diagnostic says, without its place.
struct Remark {
  std::string what;
  std::string why = {};
  std::string remedy = {};
};

class Problems {
 public:
  explicit Problems(const SourceFiles& files) : files_(files) {}

  void error(const SourcePosition& at, Remark remark, Masking masking = Masking::none);
  void warning(const SourcePosition& at, Remark remark, Masking masking = Masking::none);
  /// A warning that is worth saying once, not for every section: `topic` tells it from others.
  void warning_once(const std::string& topic, const SourcePosition& at, Remark remark, Masking masking = Masking::none);
  /// The position of `part` within the value at `at`.
  [[nodiscard]] SourcePosition find(const SourcePosition& at, std::string_view part) const {
    return files_.find(at, part);
  }

  /// For what outlives the reading.
  [[nodiscard]] SettingPlace place(const SourcePosition& at) const;

  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// True when more errors would not be kept: time to stop.
  [[nodiscard]] bool full() const;
  /// All of them, in the order of the files and lines.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  void add(Severity severity, const SourcePosition& at, Remark remark, Masking masking);

  struct Entry {
    SourcePosition at;
    std::size_t number = 0;
    Diagnostic diagnostic;
  };
  const SourceFiles& files_;
  std::vector<Entry> entries_;
  std::set<std::string> topics_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace keypact::config
