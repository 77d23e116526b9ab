#include "report/label_layout.h"

#include <algorithm>

namespace assay::report {
namespace {

constexpr double kCharacterWidth = 6.4;  // of the charts' 11.5 px label font
constexpr double kHalfLine = 8.0;
constexpr double kPointRadius = 7.0;
constexpr double kGap = 10.0;

struct Box {
  double left, top, right, bottom;

  bool overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

Box box_of(const Label& label) {
  // UTF-8 continuation bytes have no width of their own.
  const auto characters =
      std::count_if(label.text.begin(), label.text.end(), [](char byte) { return (byte & 0xC0) != 0x80; });
  const auto width = kCharacterWidth * static_cast<double>(characters);
  const auto left = label.x + label.dx - (label.align == "left" ? 0.0 : label.align == "right" ? width : width / 2.0);
  return {left, label.y + label.dy - kHalfLine, left + width, label.y + label.dy + kHalfLine};
}

Box box_of_point(const Label& label) {
  return {label.x - kPointRadius, std::min(label.top, label.y - kPointRadius), label.x + kPointRadius,
          std::max(label.bottom, label.y + kPointRadius)};
}

}  // namespace

void place_labels(std::vector<Label>& labels, double width, double height) {
  std::vector<Box> taken;
  for (const auto& label : labels) taken.push_back(box_of_point(label));
  for (auto& label : labels) {
    const auto start = label;
    int fewest_conflicts = -1;
    for (const double dy : {0.0, -16.0, 16.0, -32.0, 32.0, -48.0, 48.0}) {
      for (const auto* align : {"left", "right"}) {
        auto candidate = start;
        candidate.align = align;
        candidate.dx = candidate.align == "left" ? kGap : -kGap;
        candidate.dy = dy;
        const auto box = box_of(candidate);
        auto conflicts = static_cast<int>(
            std::count_if(taken.begin(), taken.end(), [&](const Box& other) { return box.overlaps(other); }));
        if (box.left < 0.0 || box.right > width || box.top < 0.0 || box.bottom > height) ++conflicts;
        if (fewest_conflicts >= 0 && conflicts >= fewest_conflicts) continue;
        fewest_conflicts = conflicts;
        label = candidate;
      }
    }
    taken.push_back(box_of(label));
  }
}

}  // namespace assay::report
