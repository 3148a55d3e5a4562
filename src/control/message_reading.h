// A message of a client read by the readers of the configuration: what it says, or the answer that refuses it.
#pragma once

#include "config/problems.h"
#include "control/verdict_section.h"
#include "vici/request_grammar.h"

namespace keypact::control {

/// Runs a reader of the configuration over a message: its value, or the answer that refuses the message.
template <class Value, class Read>
std::expected<std::pair<Value, std::vector<std::string>>, vici::Message> read_message(Read&& read) {
  const config::SourceFiles no_files;
  config::Problems problems(no_files);
  auto value = read(problems);
  const auto diagnostics = problems.take();
  std::vector<std::string> warnings;
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.severity == config::Severity::error) return std::unexpected(vici::refusal(one_line(diagnostic)));
    warnings.push_back(one_line(diagnostic));
  }
  if (!value) return std::unexpected(vici::refusal("the message cannot be used"));
  return std::pair{std::move(*value), std::move(warnings)};
}

/// The server tells the warnings to the logs too.
inline vici::Message done_with(const std::vector<std::string>& warnings) {
  auto answer = vici::success();
  if (!warnings.empty()) answer.list("warnings", warnings);
  return answer;
}

}  // namespace keypact::control
