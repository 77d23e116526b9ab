// One picture of the procedural data set: what stands around the object, and what the camera does to it.
// Each random number is drawn in a statement or a braced list of its own: the order in which a call's arguments are
// computed is the compiler's choice. The ranges below set the difficulty: a linear classifier must fail where a small
// convolutional network succeeds.

#include "data/household_scene.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "data/drawing.h"
#include "data/household_sketches.h"

namespace assay::data {
namespace {

Color random_color(Rng& rng) {
  const float hue = rng.uniform(0.0F, 6.0F);
  const float saturation = rng.uniform(0.0F, 0.8F);
  const float value = rng.uniform(0.15F, 1.0F);
  const auto channel = [&](float offset) {
    const float turned = std::fmod(hue + offset, 6.0F);
    const float ramp = std::clamp(std::abs(turned - 3.0F) - 1.0F, 0.0F, 1.0F);
    return value * (1.0F - saturation * (1.0F - ramp));
  };
  return {channel(0.0F), channel(4.0F), channel(2.0F)};
}

/// Draws a colour whose brightness differs from each of `others` by at least `contrast`, or the best of a dozen.
template <std::size_t count>
Color contrasting_color(Rng& rng, const std::array<Color, count>& others, float contrast) {
  Color best;
  float best_gap = -1.0F;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const Color color = random_color(rng);
    float gap = 2.0F;
    for (const auto& other : others) gap = std::min(gap, std::abs(luma(color) - luma(other)));
    if (gap > best_gap) {
      best = color;
      best_gap = gap;
    }
    if (gap >= contrast) break;
  }
  return best;
}

/// Returns a surface of one colour, at times with a faint second one in a pattern.
Fill surface(Rng& rng, const Color& color, float variation, float frequency) {
  Fill fill{color,
            mix(color, random_color(rng), variation),
            Pattern::kGradient,
            {rng.uniform(-1.0F, 1.0F), rng.uniform(-1.0F, 1.0F)}};
  const auto kind = rng.below(4);
  if (kind >= 2) {
    fill.pattern = kind == 2 ? Pattern::kStripes : Pattern::kChecks;
    fill.direction = {fill.direction.x * frequency, fill.direction.y * frequency};
  }
  return fill;
}

/// Draws a few strokes that mean nothing.
Drawing clutter(Rng& rng, int count, float extent) {
  Drawing drawing;
  for (int i = 0; i < count; ++i) {
    const Fill fill = surface(rng, random_color(rng), 0.3F, 3.0F);
    const Point at{rng.uniform(-1.0F, 1.0F), rng.uniform(-1.0F, 1.0F)};
    const Point reach{rng.uniform(-extent, extent), rng.uniform(-extent, extent)};
    switch (rng.below(4)) {
      case 0:
        drawing.line({at.x - reach.x, at.y - reach.y}, {at.x + reach.x, at.y + reach.y}, rng.uniform(0.04F, 0.12F),
                     fill);
        break;
      case 1:
        drawing.ellipse(at, {0.05F + 0.6F * std::abs(reach.x), 0.05F + 0.6F * std::abs(reach.y)}, fill);
        break;
      case 2:
        drawing.ring(at, 0.1F + 0.5F * std::abs(reach.x), rng.uniform(0.04F, 0.1F), fill);
        break;
      default:
        drawing.polygon({at, {at.x + reach.x, at.y + reach.y}, {at.x - 0.7F * reach.y, at.y + 0.7F * reach.x}}, fill,
                        0.03F);
    }
  }
  return drawing;
}

Pose random_pose(Rng& rng) {
  Pose pose;
  pose.scale = rng.uniform(0.29F, 0.44F);
  const float room = 0.56F - pose.scale;
  pose.center = {0.5F + rng.uniform(-room, room), 0.5F + rng.uniform(-room, room)};
  pose.aspect = rng.uniform(0.88F, 1.13F);
  pose.angle = rng.uniform(-0.4F, 0.4F);
  pose.shear = rng.uniform(-0.2F, 0.2F);
  pose.perspective = {rng.uniform(-0.18F, 0.18F), rng.uniform(-0.18F, 0.18F)};
  pose.mirrored = rng.chance(0.5F);
  return pose;
}

Pose clutter_pose(Rng& rng) {
  Pose pose;
  pose.scale = 0.55F;
  pose.angle = rng.uniform(-0.5F, 0.5F);
  return pose;
}

Palette random_palette(Rng& rng, const Color& background) {
  const Color main = contrasting_color(rng, std::array{background}, 0.2F);
  const Color second = contrasting_color(rng, std::array{background, main}, 0.12F);
  const Color detail = contrasting_color(rng, std::array{main, second}, 0.2F);
  return {surface(rng, main, 0.2F, 4.0F), surface(rng, second, 0.15F, 4.0F), {detail, detail, Pattern::kPlain, {}}};
}

/// Draws `least` strokes and up to `more` - 1 further ones.
void draw_clutter(Canvas& canvas, Rng& rng, float opacity, int least, std::uint32_t more, float extent) {
  const View view(clutter_pose(rng));
  const int count = least + static_cast<int>(rng.below(more));
  canvas.draw(clutter(rng, count, extent), view, opacity);
}

/// Darkens a half of the picture beyond a random line.
void cast_shade(Canvas& canvas, Rng& rng) {
  Drawing shade;
  const float edge = rng.uniform(-0.5F, 0.9F);
  shade.box({edge, -2.0F}, {3.0F, 2.0F}, Fill{});
  Pose pose;
  pose.angle = rng.uniform(-3.14F, 3.14F);
  canvas.draw(shade, View(pose), rng.uniform(0.15F, 0.4F), 0.06F);
}

/// Darkens the ground on which the object stands.
void cast_shadow(Canvas& canvas, Rng& rng, const View& view) {
  Drawing shadow;
  const float width = rng.uniform(0.7F, 1.1F);
  const Point ground{rng.uniform(-0.2F, 0.2F), rng.uniform(0.75F, 0.95F)};
  shadow.ellipse(ground, {width, 0.15F}, Fill{});
  canvas.draw(shadow, view, rng.uniform(0.1F, 0.45F), 0.06F);
}

}  // namespace

void render_household_scene(std::uint64_t seed, std::uint32_t part, std::uint64_t index, int label, int size,
                            std::uint8_t* pixels) {
  Rng rng(seed, Stream::kDataset, part, index);
  Canvas canvas(size);
  const Color background = random_color(rng);
  canvas.paint(surface(rng, background, 0.35F, 5.0F));
  draw_clutter(canvas, rng, rng.uniform(0.4F, 0.8F), 2, 5, 0.5F);

  const Palette palette = random_palette(rng, background);
  const Drawing object = draw_household(label, palette, rng);
  const View view(random_pose(rng));
  cast_shadow(canvas, rng, view);
  canvas.draw(object, view);

  draw_clutter(canvas, rng, 1.0F, 0, 3, 0.22F);
  if (rng.chance(0.4F)) cast_shade(canvas, rng);
  const float brightness = rng.uniform(-0.12F, 0.12F);
  const float contrast = rng.uniform(0.65F, 1.1F);
  const Point slope{rng.uniform(-0.5F, 0.5F), rng.uniform(-0.5F, 0.5F)};
  canvas.light(slope, contrast, brightness);
  canvas.blur(rng.uniform(0.0F, 0.02F));
  canvas.write(rng, rng.uniform(0.0F, 0.07F), pixels);
}

}  // namespace assay::data
