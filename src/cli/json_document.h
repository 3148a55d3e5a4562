// What all documents of --json have in common. For the .cc files that make them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace keypact::cli {

using Json = nlohmann::ordered_json;

/// On one line. Texts of peers need not be UTF-8: what is not is replaced.
[[nodiscard]] inline std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[nodiscard]] inline Json document(std::string_view verb) {
  return {{"schema", "keypact/" + std::string(verb) + "/1"}};
}

}  // namespace keypact::cli
