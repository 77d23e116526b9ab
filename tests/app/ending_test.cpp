#include "app/ending.h"

#include <gtest/gtest.h>

namespace assay::app {
namespace {

Ending ending_with(int exit_code) { return {track::RunStatus::kFailed, exit_code, "error"}; }

TEST(EndingTest, ErrorsOfDeliveryReplaceNoExitCode) {
  const Ending fine;
  EXPECT_EQ(exit_code_of(fine, fine, true), 0);
  EXPECT_EQ(exit_code_of(fine, fine, false), 4);
  EXPECT_EQ(exit_code_of(ending_with(2), fine, false), 2);
  EXPECT_EQ(exit_code_of(ending_with(143), fine, false), 143);
  EXPECT_EQ(exit_code_of(fine, ending_with(3), false), 3);
  EXPECT_EQ(exit_code_of(ending_with(2), ending_with(3), true), 2);
}

}  // namespace
}  // namespace assay::app
