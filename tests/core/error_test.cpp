#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(ErrorTest, TellsFactThenPlaceThenWhatToDo) {
  const Error error(ErrorKind::kConfig, "train.epochs = -1: must be at least 1", "a.toml:3:4",
                    "give a positive number");
  EXPECT_STREQ(error.what(), "train.epochs = -1: must be at least 1 (a.toml:3:4)\n  hint: give a positive number");
  EXPECT_EQ(static_cast<int>(error.kind()), 2);
}

TEST(ErrorTest, LeavesOutWhatIsEmpty) { EXPECT_STREQ(Error(ErrorKind::kData, "no space").what(), "no space"); }

TEST(CheckTest, PrintsBothSides) {
  const int rows = 3;
  try {
    ASSAY_CHECK(rows == 4);
    FAIL() << "the check held";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rows == 4 with 3 vs 4"));
  }
}

TEST(CheckTest, EvaluatesOnce) {
  int calls = 0;
  ASSAY_CHECK(++calls > 0);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace assay
