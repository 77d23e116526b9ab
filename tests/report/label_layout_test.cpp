#include "report/label_layout.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(LabelLayoutTest, PutsALonelyLabelToTheRight) {
  std::vector<Label> labels = {{50, 50, 40, 60, "one"}};
  place_labels(labels, 400, 270);
  EXPECT_EQ(labels[0].align, "left");
  EXPECT_EQ(labels[0].dy, 0.0);
}

TEST(LabelLayoutTest, KeepsLabelsInsideTheChart) {
  std::vector<Label> labels = {{390, 50, 40, 60, "a long name"}};
  place_labels(labels, 400, 270);
  EXPECT_EQ(labels[0].align, "right");
}

TEST(LabelLayoutTest, PointsOnOneSpotGetLabelsOnDifferentLines) {
  std::vector<Label> labels(4, Label{200, 100, 95, 105, "the same name"});
  place_labels(labels, 400, 270);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = i + 1; j < labels.size(); ++j) {
      EXPECT_TRUE(labels[i].dy != labels[j].dy || labels[i].align != labels[j].align) << i << " and " << j;
    }
  }
}

}  // namespace
}  // namespace assay::report
