// A small software rasteriser: strokes given by signed distances, painted back to front with faded edges.
// Results must not depend on the processor: no function of libm whose last bit varies reaches a pixel unrounded.
// Source: distances after Quilez, "2D distance functions" (the ellipse's is a first-order approximation).

#include "data/drawing.h"

#include <algorithm>
#include <cmath>

namespace assay::data {
namespace {

float clamp_unit(float value) { return std::clamp(value, 0.0F, 1.0F); }

float length(float x, float y) { return std::sqrt(x * x + y * y); }

Point projected(const std::array<float, 9>& matrix, const Point& point, float& weight) {
  weight = matrix[6] * point.x + matrix[7] * point.y + matrix[8];
  return {(matrix[0] * point.x + matrix[1] * point.y + matrix[2]) / weight,
          (matrix[3] * point.x + matrix[4] * point.y + matrix[5]) / weight};
}

float polygon_distance(const Stroke& stroke, const Point& point) {
  float nearest = 1e9F;
  bool inside = false;
  for (int i = 0, j = stroke.num_points - 1; i < stroke.num_points; j = i++) {
    const Point& a = stroke.points[static_cast<std::size_t>(i)];
    const Point& b = stroke.points[static_cast<std::size_t>(j)];
    const float edge_x = b.x - a.x;
    const float edge_y = b.y - a.y;
    const float x = point.x - a.x;
    const float y = point.y - a.y;
    const float along = clamp_unit((x * edge_x + y * edge_y) / (edge_x * edge_x + edge_y * edge_y + 1e-12F));
    const float off_x = x - edge_x * along;
    const float off_y = y - edge_y * along;
    nearest = std::min(nearest, off_x * off_x + off_y * off_y);
    if ((a.y > point.y) != (b.y > point.y) && x < edge_x * y / edge_y) inside = !inside;
  }
  const float distance = std::sqrt(nearest);
  return (inside ? -distance : distance) - stroke.radius;
}

float ellipse_distance(const Point& center, const Point& axes, const Point& point) {
  const float x = (point.x - center.x) / axes.x;
  const float y = (point.y - center.y) / axes.y;
  const float ratio = length(x, y);
  const float slope = length(x / axes.x, y / axes.y);
  return slope < 1e-6F ? -std::min(axes.x, axes.y) : ratio * (ratio - 1.0F) / slope;
}

/// Returns 0 on one band and 1 on the next, with short ramps.
float band(float phase) {
  const float fraction = phase - std::floor(phase);
  return clamp_unit((std::abs(fraction - 0.5F) - 0.25F) * 8.0F + 0.5F);
}

}  // namespace

Color mix(const Color& from, const Color& to, float share) {
  return {from.red + (to.red - from.red) * share, from.green + (to.green - from.green) * share,
          from.blue + (to.blue - from.blue) * share};
}

float luma(const Color& color) { return 0.3F * color.red + 0.59F * color.green + 0.11F * color.blue; }

Color Fill::at(const Point& point) const {
  const float phase = point.x * direction.x + point.y * direction.y;
  switch (pattern) {
    case Pattern::kPlain:
      return color;
    case Pattern::kGradient:
      return mix(color, second, clamp_unit(0.5F + 0.5F * phase));
    case Pattern::kStripes:
      return mix(color, second, band(phase));
    case Pattern::kChecks: {
      const float first = band(phase);
      const float other = band(point.y * direction.x - point.x * direction.y);
      return mix(color, second, first + other - 2.0F * first * other);
    }
  }
  return color;
}

float Stroke::distance(const Point& point) const {
  switch (kind) {
    case Kind::kPolygon:
      return polygon_distance(*this, point);
    case Kind::kEllipse:
      return ellipse_distance(points[0], points[1], point);
    case Kind::kRing:
      return std::abs(length(point.x - points[0].x, point.y - points[0].y) - points[1].x) - radius;
  }
  return 1e9F;
}

void Drawing::set_edge(const Color& color, float width) {
  edge_ = color;
  edge_width_ = width;
}

void Drawing::polygon(std::initializer_list<Point> corners, const Fill& fill, float rounding) {
  Stroke stroke{Stroke::Kind::kPolygon, {}, static_cast<int>(corners.size()), rounding, fill, edge_, edge_width_};
  std::copy(corners.begin(), corners.end(), stroke.points.begin());
  strokes_.push_back(stroke);
}

void Drawing::box(Point low, Point high, const Fill& fill, float rounding) {
  const float inset = std::min({rounding, 0.49F * (high.x - low.x), 0.49F * (high.y - low.y)});
  polygon({{low.x + inset, low.y + inset},
           {high.x - inset, low.y + inset},
           {high.x - inset, high.y - inset},
           {low.x + inset, high.y - inset}},
          fill, inset);
}

void Drawing::line(Point from, Point to, float width, const Fill& fill) {
  strokes_.push_back({Stroke::Kind::kPolygon, {from, to}, 2, 0.5F * width, fill, edge_, 0.0F});
}

void Drawing::ellipse(Point center, Point half_axes, const Fill& fill) {
  strokes_.push_back({Stroke::Kind::kEllipse, {center, half_axes}, 2, 0.0F, fill, edge_, edge_width_});
}

void Drawing::ring(Point center, float ring_radius, float width, const Fill& fill) {
  strokes_.push_back({Stroke::Kind::kRing, {center, {ring_radius, 0.0F}}, 2, 0.5F * width, fill, edge_, 0.0F});
}

View::View(const Pose& pose) {
  // In double and then rounded, so that the last bit of sin and cos, which varies between processors, is lost.
  const auto cosine = static_cast<float>(std::cos(static_cast<double>(pose.angle)));
  const auto sine = static_cast<float>(std::sin(static_cast<double>(pose.angle)));
  const float scale_x = pose.mirrored ? -pose.scale * pose.aspect : pose.scale * pose.aspect;
  const float scale_y = pose.scale / pose.aspect;
  const std::array<float, 4> linear{cosine * scale_x, (cosine * pose.shear - sine) * scale_y, sine * scale_x,
                                    (sine * pose.shear + cosine) * scale_y};
  const auto& center = pose.center;
  const auto& bend = pose.perspective;
  forward_ = {linear[0] + center.x * bend.x,
              linear[1] + center.x * bend.y,
              center.x,
              linear[2] + center.y * bend.x,
              linear[3] + center.y * bend.y,
              center.y,
              bend.x,
              bend.y,
              1.0F};
  const auto& m = forward_;
  const auto minor = [&](int a, int b, int c, int d) {
    return m[static_cast<std::size_t>(a)] * m[static_cast<std::size_t>(b)] -
           m[static_cast<std::size_t>(c)] * m[static_cast<std::size_t>(d)];
  };
  backward_ = {minor(4, 8, 5, 7), minor(2, 7, 1, 8), minor(1, 5, 2, 4), minor(5, 6, 3, 8), minor(0, 8, 2, 6),
               minor(2, 3, 0, 5), minor(3, 7, 4, 6), minor(1, 6, 0, 7), minor(0, 4, 1, 3)};
  determinant_ = m[0] * backward_[0] + m[1] * backward_[3] + m[2] * backward_[6];
}

Point View::to_picture(const Point& point) const {
  float weight = 1.0F;
  return projected(forward_, point, weight);
}

Point View::to_drawing(const Point& point, float& scale) const {
  float weight = 1.0F;
  const Point mapped = projected(backward_, point, weight);
  const float depth = forward_[6] * mapped.x + forward_[7] * mapped.y + forward_[8];
  scale = depth > 0.05F ? std::sqrt(std::abs(determinant_) / (depth * depth * depth)) : 0.0F;
  return mapped;
}

}  // namespace assay::data
