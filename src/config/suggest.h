#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::config {

/// Returns "did you mean `x`?" for the candidate nearest to `word`, or "one of: a, b, c" if none is near.
/// Source: Damerau's restricted edit distance; near means at most a third of the longer word.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace assay::config
