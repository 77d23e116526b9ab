#include "track/mlflow/http.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

TEST(PercentEncodeTest, EscapesAllButUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a b/c+d?e%f~é"), "a%20b/c%2Bd%3Fe%25f~%C3%A9");
  EXPECT_EQ(percent_encode("a/b", /*keep_slashes=*/false), "a%2Fb");
  EXPECT_EQ(percent_encode("//a/"), "//a/");
  EXPECT_EQ(percent_encode(""), "");
}

}  // namespace
}  // namespace assay::track
