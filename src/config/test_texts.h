// For tests of whole configurations: short texts made into them.
#pragma once

#include <gtest/gtest.h>

#include "config/load.h"
#include "config/memory_files.h"

namespace keypact::config {

inline constexpr const char* kRounds = " local { auth = psk\n id = us } remote { auth = psk\n id = them } ";

inline Result<LoadedConfiguration, std::vector<Diagnostic>> load_text(const std::string& text) {
  MemoryFiles files{{"swanctl.conf", text}};
  return load(files, "swanctl.conf");
}

/// All diagnostics as they are printed, of a configuration that is good or bad.
inline std::string told(const std::string& text) {
  const auto loaded = load_text(text);
  std::string all;
  for (const auto& diagnostic : loaded ? loaded->warnings : loaded.error()) all += to_string(diagnostic);
  return all;
}

inline std::string with_key(const std::string& connections) {
  return "secrets { ike { secret = \"gJ3kP0aQ7mVx2LrT\" } }\nconnections {\n" + connections + "\n}\n";
}

/// One connection with these settings.
inline std::string gw(const std::string& settings) {
  return with_key("gw {" + std::string(kRounds) + settings + "\n}");
}

/// One child with these settings.
inline std::string net(const std::string& settings) { return gw("children { net {\n" + settings + "\n} }"); }

inline std::shared_ptr<const Connection> connection(const std::string& text) {
  const auto loaded = load_text(text);
  EXPECT_TRUE(loaded.has_value()) << told(text);
  return loaded ? loaded->snapshot->connection("gw") : nullptr;
}

}  // namespace keypact::config
