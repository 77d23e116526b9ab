#include "train/collapse.h"

#include "expect_error.h"

namespace assay::train {
namespace {

const std::vector<std::string> kEnding = {"weights of epoch 9, the best",
                                          "BatchNorm statistics of 49 layers recomputed"};

TEST(CollapseTest, IsReportedWithWhatWasDone) {
  EXPECT_ERROR(check_collapse(0.75, 0.092, 5000, kEnding), kConfig,
               "9.20 % of the validation images are right instead of 75.00 %, after: weights of epoch 9, the best; "
               "BatchNorm statistics of 49 layers recomputed");
}

TEST(CollapseTest, ALossOfLessThanHalfIsNone) { check_collapse(0.75, 0.38, 5000, kEnding); }

TEST(CollapseTest, FewImagesProveNone) {
  check_collapse(0.5, 0.1, 20, kEnding);  // 8 of 20 images; four standard errors are 9
  EXPECT_ERROR(check_collapse(0.5, 0.0, 20, kEnding), kConfig, "collapsed");
}

}  // namespace
}  // namespace assay::train
