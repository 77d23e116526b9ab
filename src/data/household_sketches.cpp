// Sketches of ten household objects, from the front or slightly from above, each with a few styles.

#include "data/household_sketches.h"

#include <array>
#include <cmath>
#include <numbers>

#include "core/error.h"

namespace assay::data {
namespace {

Fill shaded(const Fill& fill, float share) {
  const Color black;
  Fill darker = fill;
  darker.color = mix(fill.color, black, share);
  darker.second = mix(fill.second, black, share);
  return darker;
}

Point on_circle(Point center, float radius, float angle) {
  const auto wide = static_cast<double>(angle);
  return {center.x + radius * static_cast<float>(std::sin(wide)),
          center.y - radius * static_cast<float>(std::cos(wide))};
}

Drawing bed(const Palette& palette, Rng& rng) {
  Drawing bed;
  const float head = rng.uniform(-0.65F, -0.45F);
  const float foot = rng.uniform(-0.15F, 0.1F);
  const float depth = rng.uniform(0.15F, 0.3F);  // how much of the top is seen
  bed.line({-0.95F, head}, {-0.95F, 0.62F}, 0.12F, palette.detail);
  bed.line({0.95F, foot}, {0.95F, 0.62F}, 0.12F, palette.detail);
  bed.box({-0.97F, head}, {-0.82F, 0.35F}, palette.detail, 0.05F);
  bed.polygon({{-0.85F, 0.05F}, {-0.85F + depth, 0.05F - depth}, {0.92F, 0.05F - depth}, {0.92F, 0.05F}},
              palette.second);
  bed.polygon({{-0.3F, 0.05F}, {-0.3F + depth, 0.05F - depth}, {0.92F, 0.05F - depth}, {0.92F, 0.05F}}, palette.main);
  bed.box({-0.9F, 0.05F}, {0.92F, 0.4F}, shaded(palette.main, 0.2F), 0.04F);
  const float pillow = rng.uniform(0.34F, 0.44F);
  bed.ellipse({-0.82F + 0.5F * pillow + 0.5F * depth, -0.08F - 0.5F * depth}, {0.5F * pillow, 0.14F}, palette.second);
  bed.box({0.85F, foot}, {0.99F, 0.45F}, palette.detail, 0.04F);
  return bed;
}

Drawing chair(const Palette& palette, Rng& rng) {
  Drawing chair;
  const float top = rng.uniform(-1.0F, -0.85F);
  const float seat = rng.uniform(0.0F, 0.12F);
  const float legs = rng.uniform(0.1F, 0.14F);
  chair.line({-0.3F, seat}, {-0.3F, 0.75F}, legs, shaded(palette.main, 0.35F));
  chair.line({0.5F, seat}, {0.5F, 0.75F}, legs, shaded(palette.main, 0.35F));
  chair.line({-0.3F, top}, {-0.3F, seat}, legs, palette.main);
  chair.line({0.5F, top}, {0.5F, seat}, legs, palette.main);
  switch (rng.below(3)) {
    case 0:
      for (const float y : {top + 0.06F, top + 0.34F, top + 0.6F})
        chair.line({-0.3F, y}, {0.5F, y}, 0.13F, palette.main);
      break;
    case 1:
      chair.line({-0.3F, top}, {0.5F, top}, 0.15F, palette.main);
      for (const float x : {-0.1F, 0.1F, 0.3F}) chair.line({x, top}, {x, seat}, 0.08F, palette.main);
      break;
    default:
      chair.box({-0.3F, top}, {0.5F, seat - 0.15F}, palette.second, 0.1F);
  }
  chair.polygon({{-0.55F, seat + 0.25F}, {-0.3F, seat - 0.03F}, {0.52F, seat - 0.03F}, {0.42F, seat + 0.25F}},
                palette.second);
  chair.line({-0.55F, seat + 0.27F}, {0.42F, seat + 0.27F}, 0.1F, shaded(palette.second, 0.3F));
  chair.line({-0.52F, seat + 0.3F}, {-0.52F, 1.0F}, legs, palette.main);
  chair.line({0.4F, seat + 0.3F}, {0.4F, 1.0F}, legs, palette.main);
  return chair;
}

Drawing clock(const Palette& palette, Rng& rng) {
  Drawing clock;
  const Point center{0.0F, 0.05F};
  const auto style = rng.below(3);
  if (style == 0) {  // an alarm clock: bells and feet
    clock.ellipse({-0.5F, -0.72F}, {0.26F, 0.22F}, palette.main);
    clock.ellipse({0.5F, -0.72F}, {0.26F, 0.22F}, palette.main);
    clock.line({-0.4F, 0.6F}, {-0.62F, 0.95F}, 0.14F, palette.main);
    clock.line({0.4F, 0.6F}, {0.62F, 0.95F}, 0.14F, palette.main);
  }
  if (style == 1) {
    clock.box({-0.85F, -0.8F}, {0.85F, 0.9F}, palette.main, 0.15F);
  } else {
    clock.ellipse(center, {0.85F, 0.85F}, palette.main);
  }
  clock.ellipse(center, {0.68F, 0.68F}, palette.second);
  const bool all_hours = rng.chance(0.5F);
  for (int hour = 0; hour < 12; hour += all_hours ? 1 : 3) {
    const float angle = static_cast<float>(hour) * std::numbers::pi_v<float> / 6.0F;
    clock.line(on_circle(center, 0.52F, angle), on_circle(center, 0.62F, angle), 0.07F, palette.detail);
  }
  const float hour = rng.uniform(0.0F, 2.0F * std::numbers::pi_v<float>);
  const float minute = hour + rng.uniform(0.8F, 5.4F);
  clock.line(center, on_circle(center, 0.34F, hour), 0.12F, palette.detail);
  clock.line(center, on_circle(center, 0.54F, minute), 0.09F, palette.detail);
  return clock;
}

Drawing couch(const Palette& palette, Rng& rng) {
  Drawing couch;
  const float top = rng.uniform(-0.6F, -0.42F);
  const float arm = rng.uniform(-0.2F, 0.0F);
  const float arm_width = rng.uniform(0.22F, 0.3F);
  for (const float x : {-0.85F, 0.85F}) couch.line({x, 0.5F}, {x, 0.68F}, 0.1F, palette.detail);
  couch.box({-0.88F, top}, {0.88F, 0.45F}, palette.main, 0.16F);
  const int cushions = rng.chance(0.5F) ? 2 : 3;
  const float width = (2.0F - 2.0F * arm_width) / static_cast<float>(cushions);
  for (int i = 0; i < cushions; ++i) {
    const float x = -1.0F + arm_width + width * static_cast<float>(i);
    couch.box({x + 0.02F, top + 0.1F}, {x + width - 0.02F, 0.12F}, shaded(palette.main, 0.18F), 0.08F);
    couch.box({x + 0.01F, 0.08F}, {x + width - 0.01F, 0.3F}, palette.second, 0.07F);
  }
  couch.box({-0.95F, 0.3F}, {0.95F, 0.55F}, shaded(palette.main, 0.3F), 0.04F);
  couch.box({-1.0F, arm}, {-1.0F + arm_width, 0.57F}, palette.main, 0.11F);
  couch.box({1.0F - arm_width, arm}, {1.0F, 0.57F}, palette.main, 0.11F);
  return couch;
}

Drawing keyboard(const Palette& palette, Rng& rng) {
  Drawing keyboard;
  const float half = rng.uniform(0.34F, 0.46F);
  keyboard.box({-1.0F, -half}, {1.0F, half}, palette.main, 0.08F);
  const int rows = 4;
  const int columns = 8 + static_cast<int>(rng.below(3));
  const float pitch_y = (2.0F * half - 0.12F) / static_cast<float>(rows);
  const float pitch_x = 1.84F / static_cast<float>(columns);
  const float gap = rng.uniform(0.025F, 0.04F);
  for (int row = 0; row < rows; ++row) {
    const float y = -half + 0.06F + pitch_y * static_cast<float>(row);
    for (int column = 0; column < columns; ++column) {
      const bool space = row == rows - 1 && column >= 2 && column < columns - 3;
      if (space && column > 2) continue;
      const float x = -0.92F + pitch_x * static_cast<float>(column);
      const float width = space ? pitch_x * static_cast<float>(columns - 5) : pitch_x;
      keyboard.box({x + gap, y + gap}, {x + width - gap, y + pitch_y - gap}, palette.detail, 0.02F);
    }
  }
  return keyboard;
}

Drawing lamp(const Palette& palette, Rng& rng) {
  Drawing lamp;
  const float shade = rng.uniform(-0.2F, 0.0F);
  const float top_width = rng.uniform(0.22F, 0.38F);
  const float bottom_width = rng.uniform(0.58F, 0.75F);
  if (rng.chance(0.5F)) {  // a bulging foot
    lamp.line({0.0F, shade}, {0.0F, 0.85F}, 0.12F, palette.detail);
    lamp.ellipse({0.0F, 0.5F}, {rng.uniform(0.2F, 0.32F), 0.32F}, palette.second);
  } else {
    lamp.line({0.0F, shade}, {0.0F, 0.85F}, rng.uniform(0.1F, 0.16F), palette.detail);
  }
  lamp.ellipse({0.0F, 0.9F}, {rng.uniform(0.35F, 0.5F), 0.13F}, palette.detail);
  lamp.polygon({{-bottom_width, shade}, {-top_width, -0.95F}, {top_width, -0.95F}, {bottom_width, shade}}, palette.main,
               0.03F);
  lamp.ellipse({0.0F, shade}, {bottom_width, 0.09F}, shaded(palette.main, 0.3F));
  return lamp;
}

Drawing table(const Palette& palette, Rng& rng) {
  Drawing table;
  const float depth = rng.uniform(0.25F, 0.42F);
  const float legs = rng.uniform(0.1F, 0.15F);
  const float low = rng.uniform(0.6F, 0.75F);
  for (const float x : {-0.62F, 0.62F}) table.line({x, -0.2F}, {x, low - depth}, legs, shaded(palette.detail, 0.3F));
  if (rng.chance(0.5F)) {
    table.polygon({{-1.0F, -0.15F}, {-0.72F, -0.15F - depth}, {0.72F, -0.15F - depth}, {1.0F, -0.15F}}, palette.main,
                  0.02F);
    table.box({-1.0F, -0.15F}, {1.0F, 0.0F}, shaded(palette.main, 0.3F), 0.02F);
  } else {
    table.ellipse({0.0F, -0.13F}, {1.0F, 0.5F * depth + 0.1F}, shaded(palette.main, 0.3F));
    table.ellipse({0.0F, -0.22F}, {1.0F, 0.5F * depth + 0.08F}, palette.main);
  }
  for (const float x : {-0.86F, 0.86F}) table.line({x, 0.0F}, {x, low}, legs, palette.detail);
  return table;
}

Drawing telephone(const Palette& palette, Rng& rng) {
  Drawing telephone;
  telephone.polygon({{-0.5F, -0.35F}, {0.5F, -0.35F}, {0.88F, 0.75F}, {-0.88F, 0.75F}}, palette.main, 0.08F);
  if (rng.chance(0.5F)) {  // a dial
    const Point center{0.0F, 0.25F};
    telephone.ellipse(center, {0.42F, 0.42F}, palette.second);
    for (int i = 0; i < 8; ++i) {
      const Point hole = on_circle(center, 0.29F, 0.8F * static_cast<float>(i));
      telephone.ellipse(hole, {0.075F, 0.075F}, palette.detail);
    }
  } else {
    telephone.box({-0.42F, -0.15F}, {0.42F, 0.65F}, palette.second, 0.06F);
    for (int i = 0; i < 9; ++i) {
      const float x = -0.26F + 0.26F * static_cast<float>(i % 3);
      const int row = i / 3;
      const float y = 0.25F * static_cast<float>(row);
      telephone.box({x - 0.08F, y - 0.08F}, {x + 0.08F, y + 0.08F}, palette.detail, 0.02F);
    }
  }
  const float lift = rng.uniform(-0.62F, -0.52F);
  const auto receiver = shaded(palette.main, 0.25F);
  telephone.line({-0.7F, lift}, {0.7F, lift}, 0.24F, receiver);
  telephone.box({-0.98F, lift - 0.12F}, {-0.55F, lift + 0.34F}, receiver, 0.12F);
  telephone.box({0.55F, lift - 0.12F}, {0.98F, lift + 0.34F}, receiver, 0.12F);
  return telephone;
}

Drawing television(const Palette& palette, Rng& rng) {
  Drawing television;
  const float half = rng.uniform(0.55F, 0.65F);
  const auto style = rng.below(3);
  if (style == 0) {  // an old set: aerials, knobs beside the screen
    television.line({0.0F, -half}, {-0.45F, -1.05F}, 0.08F, palette.detail);
    television.line({0.0F, -half}, {0.45F, -1.05F}, 0.08F, palette.detail);
    for (const float x : {-0.6F, 0.6F}) television.line({x, half}, {x, half + 0.25F}, 0.14F, palette.main);
  } else {
    television.line({0.0F, half}, {0.0F, half + 0.2F}, 0.2F, shaded(palette.main, 0.3F));
    television.line({-0.45F, half + 0.23F}, {0.45F, half + 0.23F}, 0.12F, shaded(palette.main, 0.3F));
  }
  television.box({-1.0F, -half}, {1.0F, half}, palette.main, style == 0 ? 0.15F : 0.04F);
  const float right = style == 0 ? 0.55F : 0.88F;
  Fill glass{{0.05F, 0.07F, 0.1F}, {0.3F, 0.38F, 0.48F}, Pattern::kGradient, {0.8F, -1.0F}};
  if (rng.chance(0.4F)) glass = {{0.5F, 0.65F, 0.8F}, {0.85F, 0.93F, 1.0F}, Pattern::kGradient, {0.8F, -1.0F}};
  television.box({-0.88F, -half + 0.11F}, {right, half - 0.11F}, glass, style == 0 ? 0.15F : 0.02F);
  const float glare = rng.uniform(-0.6F, 0.0F);
  const Fill shine{mix(glass.second, {1.0F, 1.0F, 1.0F}, 0.4F), {}, Pattern::kPlain, {}};
  television.line({glare, 0.25F}, {glare + 0.3F, -0.3F}, 0.09F, shine);
  if (style == 0) {
    for (const float y : {-0.3F, 0.05F}) television.ellipse({0.78F, y}, {0.11F, 0.11F}, palette.detail);
  }
  return television;
}

Drawing wardrobe(const Palette& palette, Rng& rng) {
  Drawing wardrobe;
  const float half = rng.uniform(0.58F, 0.72F);
  for (const float x : {-half + 0.1F, half - 0.1F}) wardrobe.line({x, 0.85F}, {x, 1.0F}, 0.13F, palette.detail);
  wardrobe.box({-half, -0.92F}, {half, 0.92F}, palette.main, 0.03F);
  wardrobe.box({-half - 0.07F, -1.0F}, {half + 0.07F, -0.87F}, shaded(palette.main, 0.3F), 0.03F);
  const bool drawers = rng.chance(0.5F);
  const float bottom = drawers ? 0.4F : 0.82F;
  for (const float side : {-1.0F, 1.0F}) {
    const float low = side < 0.0F ? -half + 0.07F : 0.03F;
    wardrobe.box({low, -0.8F}, {low + half - 0.1F, bottom}, palette.second, 0.02F);
    wardrobe.line({side * 0.12F, -0.15F}, {side * 0.12F, 0.12F}, 0.09F, palette.detail);
  }
  if (drawers) {
    wardrobe.box({-half + 0.07F, 0.46F}, {half - 0.07F, 0.82F}, palette.second, 0.02F);
    wardrobe.line({-0.15F, 0.64F}, {0.15F, 0.64F}, 0.09F, palette.detail);
  }
  return wardrobe;
}

using Sketch = Drawing (*)(const Palette&, Rng&);
constexpr std::array<Sketch, 10> kSketches{bed,  chair, clock,     couch,      keyboard,
                                           lamp, table, telephone, television, wardrobe};

}  // namespace

const std::vector<std::string>& household_names() {
  static const std::vector<std::string> names{"bed",  "chair", "clock",     "couch",      "keyboard",
                                              "lamp", "table", "telephone", "television", "wardrobe"};
  return names;
}

Drawing draw_household(int label, const Palette& palette, Rng& rng) {
  ASSAY_CHECK(label >= 0);
  ASSAY_CHECK(static_cast<std::size_t>(label) < kSketches.size());
  return kSketches[static_cast<std::size_t>(label)](palette, rng);
}

}  // namespace assay::data
