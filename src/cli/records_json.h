// Records as JSON, the stable form for programs. Every document names its schema: "keypact/<verb>/1".
#pragma once

#include "cli/certificate_record.h"
#include "cli/names.h"
#include "cli/status_record.h"

namespace keypact::cli {

// Each a single line without the newline.
[[nodiscard]] std::string ladder_json(const LadderLine& line);
[[nodiscard]] std::string verdict_json(std::string_view verb, const Target& target, const Verdict& verdict);
/// The last line of `up` for one target.
[[nodiscard]] std::string up_json(const Target& target, std::chrono::microseconds elapsed, const IkeSa& sa,
                                  const ChildSa* child);
[[nodiscard]] std::string down_json(const Target& target, std::chrono::microseconds elapsed, std::uint64_t terminated);
[[nodiscard]] std::string drift_json(const std::vector<std::string>& differences);
[[nodiscard]] std::string explain_json(const std::string& destination, const std::vector<std::string>& reasons);
[[nodiscard]] std::string certs_json(const std::vector<CertificateRecord>& certificates);
[[nodiscard]] std::string status_json(const std::vector<ConnectionStatus>& all, const Counters& counters,
                                      const KeptSas& kept);
[[nodiscard]] std::string failure_json(std::string_view verb, const Failure& failure);
/// A response as it is: sections are objects, lists are arrays.
[[nodiscard]] std::string response_json(std::string_view verb, const vici::Section& response);

}  // namespace keypact::cli
