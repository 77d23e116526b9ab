#pragma once

#include <algorithm>
#include <array>

namespace assay {

/// Returns the worse of two exit codes: a stop by a signal, then 1 (a bug), 3 (data and disks), 2 (configuration), 4
/// (done, but tracking is incomplete), 0.
inline int worse_exit_code(int a, int b) {
  constexpr std::array kFromBestToWorst = {0, 4, 2, 3, 1};
  const auto rank = [&](int code) {
    return std::find(kFromBestToWorst.begin(), kFromBestToWorst.end(), code) - kFromBestToWorst.begin();
  };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace assay
