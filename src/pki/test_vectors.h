// For the tests of this folder: files of tests/data.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/octets.h"

namespace keypact::pki {

inline std::string read_data(const std::string& below_tests_data) {
  const std::string path = KEYPACT_SOURCE_DIR "/tests/data/" + below_tests_data;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The octets of a hexadecimal member.
inline Octets octets_of(const nlohmann::json& vector, const char* member) {
  return from_hex(vector.at(member).get_ref<const std::string&>()).value();
}

/// Calls run(group, vector) for each vector of a file of Project Wycheproof.
template <class Run>
void for_each_vector(const std::string& file, Run run) {
  const auto vectors = nlohmann::json::parse(read_data("wycheproof/" + file));
  for (const auto& group : vectors.at("testGroups")) {
    for (const auto& vector : group.at("tests")) {
      SCOPED_TRACE(file + " tcId " + std::to_string(vector.at("tcId").get<int>()));
      run(group, vector);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace keypact::pki
