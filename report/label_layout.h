#pragma once

#include <string>
#include <vector>

namespace assay::report {

/// A point of a chart and the position of its label.
/// Units: pixels from the chart's top left corner; dx, dy from the point to the label's anchor.
struct Label {
  double x = 0.0;
  double y = 0.0;
  double top = 0.0;  ///< of the point's error bar
  double bottom = 0.0;
  std::string text;
  std::string align = "left";
  double dx = 0.0;
  double dy = 0.0;
};

/// Places each label beside its point so that it covers neither a point nor another label, if possible. Units: `width`
/// and `height` of the chart in pixels.
void place_labels(std::vector<Label>& labels, double width, double height);

}  // namespace assay::report
