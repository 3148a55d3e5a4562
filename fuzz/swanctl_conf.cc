// swanctl.conf: three files in memory that may include one another are loaded. The outcome is a snapshot or an error with a
// place; every connection is complete; and a second reading gives the same diagnostics.
#include "config/load.h"
#include "config/memory_files.h"
#include "fuzz/require.h"

namespace {

using namespace keypact;
using fuzz::require;
using namespace keypact::config;

/// Between the files of one input.
constexpr std::string_view kSeparator = "\n%%%\n";

std::string take_file(std::string_view& text) {
  const auto end = text.find(kSeparator);
  std::string file(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + kSeparator.size());
  return file;
}

/// All diagnostics as printed: printable text, nothing of a terminal's control characters.
std::string told(const std::vector<Diagnostic>& diagnostics) {
  std::string all;
  for (const auto& diagnostic : diagnostics) {
    require(!diagnostic.what.empty());
    all += to_string(diagnostic) + one_line(diagnostic);
  }
  for (const char c : all) require((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t');
  return all;
}

void require_complete(const Snapshot& snapshot) {
  for (const auto& connection : snapshot.connections) {
    require(!connection->ike_proposals.empty() && !connection->ike_acceptable.empty());
    require(!connection->local.empty() && !connection->remote.empty());
    require(!connection->local_addrs.empty() && !connection->remote_addrs.empty());
    for (const auto& child : connection->children) {
      require(!child.esp_proposals.empty() && !child.esp_acceptable.empty());
      for (const auto* selectors : {&child.local_ts, &child.remote_ts}) {
        require(!selectors->empty());
        for (const auto& selector : *selectors) require(selector.selector.is_valid());
      }
    }
  }
  for (const auto& key : snapshot.ike_secrets) require(!key->secret.empty());
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 16384) return 0;
  auto text = as_text(OctetView(data, size));
  const auto main_file = take_file(text);
  const auto first = take_file(text);
  MemoryFiles files{{"main", main_file}, {"a", first}, {"b", std::string(text)}};
  const auto once = load(files, "main");
  const auto twice = load(files, "main");
  require(once.has_value() == twice.has_value());
  if (once) require_complete(*once->snapshot);
  else require(has_errors(once.error()));
  require(told(once ? once->warnings : once.error()) == told(twice ? twice->warnings : twice.error()));
  return 0;
}
