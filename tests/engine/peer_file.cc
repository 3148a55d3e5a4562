#include "tests/engine/peer_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/engine/proposal_text.h"

namespace keypact::sim {
namespace {

PeerFile read(const std::filesystem::path& path) {
  PeerFile peer{path.stem().string(), {}};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos && line.front() != '#')
      peer.lines.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  return peer;
}

}  // namespace

std::vector<std::string> PeerFile::all(const std::string& key) const {
  std::vector<std::string> found;
  for (auto [line, end] = lines.equal_range(key); line != end; ++line) found.push_back(line->second);
  return found;
}

std::string PeerFile::one(const std::string& key) const {
  const auto found = all(key);
  EXPECT_LE(found.size(), 1u) << name << ' ' << key;
  return found.empty() ? std::string() : found.front();
}

std::vector<Proposal> PeerFile::proposals(const std::string& key) const {
  std::vector<Proposal> made;
  for (const auto& text : all(key)) {
    const auto proposal = proposal_from(text);
    EXPECT_TRUE(proposal && to_string(*proposal) == text) << name << ' ' << text;
    made.push_back(proposal.value_or(Proposal()));
  }
  return made;
}

std::vector<PeerFile> peer_files() {
  std::vector<PeerFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(KEYPACT_SOURCE_DIR "/tests/data/peers"))
    if (entry.path().extension() == ".peer") files.push_back(read(entry.path()));
  std::ranges::sort(files, {}, &PeerFile::name);
  return files;
}

}  // namespace keypact::sim
