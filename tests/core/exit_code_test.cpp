#include "core/exit_code.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(ExitCodeTest, TheWorseCounts) {
  constexpr std::array kFromBestToWorst = {0, 4, 2, 3, 1, 128 + 15};
  for (std::size_t i = 0; i < kFromBestToWorst.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      EXPECT_EQ(worse_exit_code(kFromBestToWorst[i], kFromBestToWorst[j]), kFromBestToWorst[i]);
      EXPECT_EQ(worse_exit_code(kFromBestToWorst[j], kFromBestToWorst[i]), kFromBestToWorst[i]);
    }
  }
}

}  // namespace
}  // namespace assay
