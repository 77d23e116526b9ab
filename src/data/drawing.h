#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/rng.h"

namespace assay::data {

/// A place in a drawing's own plane: x to the right, y down, an object within about [-1, 1].
struct Point {
  float x = 0.0F;
  float y = 0.0F;
};

/// A colour of linear arithmetic. Units: 0 black to 1 full.
struct Color {
  float red = 0.0F;
  float green = 0.0F;
  float blue = 0.0F;
};

Color mix(const Color& from, const Color& to, float share);
float luma(const Color& color);

enum class Pattern { kPlain, kGradient, kStripes, kChecks };

/// Colours a surface: `color` and `second` alternate, or blend, along `direction` (its length is the frequency).
struct Fill {
  Color color;
  Color second;
  Pattern pattern = Pattern::kPlain;
  Point direction{0.0F, 1.0F};

  Color at(const Point& point) const;
};

/// One filled outline of a drawing, described by its signed distance.
struct Stroke {
  enum class Kind { kPolygon, kEllipse, kRing };
  Kind kind = Kind::kPolygon;  ///< a line is a polygon of two points
  std::array<Point, 6> points{};
  int num_points = 0;
  float radius = 0.0F;  ///< rounding of a polygon, half the width of a line or of a ring
  Fill fill;
  Color edge;
  float edge_width = 0.0F;  ///< of a border drawn inside the outline

  /// Returns the distance of `point` to the outline, negative inside.
  float distance(const Point& point) const;
};

/// Collects strokes; the later ones cover the earlier ones.
class Drawing {
 public:
  /// Sets the border of the strokes that follow.
  void set_edge(const Color& color, float width);

  void polygon(std::initializer_list<Point> corners, const Fill& fill, float rounding = 0.0F);
  void box(Point low, Point high, const Fill& fill, float rounding = 0.0F);
  void line(Point from, Point to, float width, const Fill& fill);
  void ellipse(Point center, Point half_axes, const Fill& fill);
  void ring(Point center, float ring_radius, float width, const Fill& fill);

  const std::vector<Stroke>& strokes() const { return strokes_; }

 private:
  std::vector<Stroke> strokes_;
  Color edge_;
  float edge_width_ = 0.0F;
};

/// Says how a drawing is laid into the picture; the picture spans [0, 1] x [0, 1].
struct Pose {
  Point center{0.5F, 0.5F};
  float scale = 0.4F;  ///< picture widths per unit of the drawing
  float aspect = 1.0F;
  float angle = 0.0F;  ///< radians
  float shear = 0.0F;
  Point perspective;
  bool mirrored = false;
};

/// Maps between the picture and a drawing's plane, projectively.
class View {
 public:
  explicit View(const Pose& pose);

  Point to_picture(const Point& point) const;

  /// Maps back; `scale` receives the picture widths per unit there, or 0 beyond the horizon.
  Point to_drawing(const Point& point, float& scale) const;

 private:
  std::array<float, 9> forward_{};
  std::array<float, 9> backward_{};
  float determinant_ = 0.0F;
};

/// Holds a square picture while it is being painted.
class Canvas {
 public:
  explicit Canvas(int size);

  void paint(const Fill& fill);
  /// Lays a drawing over the picture. Edges fade over one pixel, or over `softness` picture widths where that is more.
  void draw(const Drawing& drawing, const View& view, float opacity = 1.0F, float softness = 0.0F);
  /// Multiplies by 1 + slope . (point - centre), then applies contrast about grey and adds brightness.
  void light(Point slope, float contrast, float brightness);
  /// Smooths with a tent. Units: half-width in picture widths.
  void blur(float half_width);
  /// Adds noise, rounds and writes. Shapes: pixels is (3, size, size).
  void write(Rng& rng, float noise, std::uint8_t* pixels) const;

 private:
  void draw_stroke(const Stroke& stroke, const View& view, float opacity, float softness);

  int size_;
  std::vector<Color> pixels_;
};

}  // namespace assay::data
