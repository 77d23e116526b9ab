// The picture that drawing.h's strokes are painted on.

#include <algorithm>
#include <cmath>

#include "data/drawing.h"

namespace assay::data {
namespace {

/// Returns a corner of the stroke's bounding box in its drawing.
Point bounds_corner(const Stroke& stroke, int corner) {
  Point low = stroke.points[0];
  Point high = stroke.points[0];
  float margin = stroke.radius;
  if (stroke.kind == Stroke::Kind::kPolygon) {
    for (int i = 1; i < stroke.num_points; ++i) {
      const Point& point = stroke.points[static_cast<std::size_t>(i)];
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
  } else {
    margin += std::max(stroke.points[1].x, stroke.points[1].y);
  }
  return {(corner & 1) != 0 ? high.x + margin : low.x - margin, (corner & 2) != 0 ? high.y + margin : low.y - margin};
}

}  // namespace

Canvas::Canvas(int size) : size_(size), pixels_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {}

void Canvas::paint(const Fill& fill) {
  const float step = 1.0F / static_cast<float>(size_);
  auto* pixel = pixels_.data();
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x) {
      *pixel++ = fill.at({(static_cast<float>(x) + 0.5F) * step, (static_cast<float>(y) + 0.5F) * step});
    }
  }
}

void Canvas::draw(const Drawing& drawing, const View& view, float opacity, float softness) {
  for (const auto& stroke : drawing.strokes()) draw_stroke(stroke, view, opacity, softness);
}

void Canvas::draw_stroke(const Stroke& stroke, const View& view, float opacity, float softness) {
  const auto size = static_cast<float>(size_);
  float low_x = size, low_y = size, high_x = 0.0F, high_y = 0.0F;
  for (int corner = 0; corner < 4; ++corner) {
    const Point point = view.to_picture(bounds_corner(stroke, corner));
    low_x = std::min(low_x, point.x * size);
    low_y = std::min(low_y, point.y * size);
    high_x = std::max(high_x, point.x * size);
    high_y = std::max(high_y, point.y * size);
  }
  const float margin = 1.0F + softness * size;
  const int first_x = static_cast<int>(std::clamp(low_x - margin, 0.0F, size));
  const int first_y = static_cast<int>(std::clamp(low_y - margin, 0.0F, size));
  const int last_x = static_cast<int>(std::clamp(high_x + margin + 1.0F, 0.0F, size));
  const int last_y = static_cast<int>(std::clamp(high_y + margin + 1.0F, 0.0F, size));
  const float sharpness = 1.0F / std::max(1.0F, softness * size);
  for (int y = first_y; y < last_y; ++y) {
    for (int x = first_x; x < last_x; ++x) {
      float scale = 0.0F;
      const Point point =
          view.to_drawing({(static_cast<float>(x) + 0.5F) / size, (static_cast<float>(y) + 0.5F) / size}, scale);
      if (scale <= 0.0F) continue;
      const float distance = stroke.distance(point);
      const float coverage = std::clamp(0.5F - distance * scale * size * sharpness, 0.0F, 1.0F);
      if (coverage <= 0.0F) continue;
      Color color = stroke.fill.at(point);
      if (stroke.edge_width > 0.0F) {
        const float border = std::clamp(0.5F + (distance + stroke.edge_width) * scale * size, 0.0F, 1.0F);
        color = mix(color, stroke.edge, border);
      }
      auto& pixel = pixels_[static_cast<std::size_t>(y * size_ + x)];
      pixel = mix(pixel, color, coverage * opacity);
    }
  }
}

void Canvas::light(Point slope, float contrast, float brightness) {
  const float step = 1.0F / static_cast<float>(size_);
  auto* pixel = pixels_.data();
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x, ++pixel) {
      const float gain = 1.0F + slope.x * ((static_cast<float>(x) + 0.5F) * step - 0.5F) +
                         slope.y * ((static_cast<float>(y) + 0.5F) * step - 0.5F);
      const auto lit = [&](float value) { return (value * gain - 0.5F) * contrast + 0.5F + brightness; };
      *pixel = {lit(pixel->red), lit(pixel->green), lit(pixel->blue)};
    }
  }
}

void Canvas::blur(float half_width) {
  const float width = half_width * static_cast<float>(size_);
  const int reach = static_cast<int>(std::ceil(width));
  if (reach < 1) return;
  std::vector<float> weights;
  float sum = 0.0F;
  for (int i = -reach; i <= reach; ++i) {
    weights.push_back(std::max(0.0F, 1.0F - static_cast<float>(std::abs(i)) / (width + 0.5F)));
    sum += weights.back();
  }
  auto smoothed = pixels_;
  for (const bool across : {true, false}) {
    for (int y = 0; y < size_; ++y) {
      for (int x = 0; x < size_; ++x) {
        Color total;
        for (int i = -reach; i <= reach; ++i) {
          const int from_x = across ? std::clamp(x + i, 0, size_ - 1) : x;
          const int from_y = across ? y : std::clamp(y + i, 0, size_ - 1);
          const auto& pixel = pixels_[static_cast<std::size_t>(from_y * size_ + from_x)];
          const float weight = weights[static_cast<std::size_t>(i + reach)] / sum;
          total = {total.red + weight * pixel.red, total.green + weight * pixel.green,
                   total.blue + weight * pixel.blue};
        }
        smoothed[static_cast<std::size_t>(y * size_ + x)] = total;
      }
    }
    pixels_.swap(smoothed);
  }
}

void Canvas::write(Rng& rng, float noise, std::uint8_t* pixels) const {
  const auto plane = pixels_.size();
  // The sum of four uniform bytes has mean 510 and standard deviation 147.8: nearly normal, and one draw.
  const auto draw = [&] {
    const std::uint32_t bits = rng.next();
    return (static_cast<float>((bits & 255U) + (bits >> 8 & 255U) + (bits >> 16 & 255U) + (bits >> 24)) - 510.0F) /
           147.8F;
  };
  const auto rounded = [](float value) {
    return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 1.0F) * 255.0F + 0.5F);
  };
  for (std::size_t i = 0; i < plane; ++i) {
    pixels[i] = rounded(pixels_[i].red + noise * draw());
    pixels[plane + i] = rounded(pixels_[i].green + noise * draw());
    pixels[2 * plane + i] = rounded(pixels_[i].blue + noise * draw());
  }
}

}  // namespace assay::data
