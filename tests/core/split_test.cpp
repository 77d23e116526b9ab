#include "core/split.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using ::testing::ElementsAre;

TEST(SplitTest, KeepsEmptyParts) {
  EXPECT_THAT(split("a.b", '.'), ElementsAre("a", "b"));
  EXPECT_THAT(split("a..b.", '.'), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("a+b", '.'), ElementsAre("a+b"));
  EXPECT_THAT(split("", '.'), ElementsAre(""));
}

}  // namespace
}  // namespace assay
