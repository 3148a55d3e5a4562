// "Did you mean": the word of a list that is nearest to what was written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keypact::config {

/// The nearest candidate by insertions, deletions, replacements and swaps of neighbours, without regard to case; nothing when
/// none is near. Equally near ones: the first.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string_view>& candidates);

/// "did you mean "x"?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace keypact::config
