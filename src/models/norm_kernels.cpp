// Loops over blocks small enough for the processor's cache, a few channels at a time, compiled for several instruction
// sets, of which the best is taken as the program starts.

#include "models/norm_kernels.h"

#include <cstring>

#include "core/error.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ASSAY_FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ASSAY_FOR_EACH_PROCESSOR
#endif
#define ASSAY_INLINE inline __attribute__((always_inline))

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors never cross a call: all is inlined

namespace assay::models {
namespace {

// Holds the floats of some neighbouring channels, in vectors that AVX registers take.
template <int kLanes>
struct Pack {
  static constexpr int kWidth = kLanes < 8 ? kLanes : 8;
  static constexpr int kParts = kLanes / kWidth;
  typedef float Part __attribute__((vector_size(kWidth * sizeof(float))));
  Part parts[kParts];

  ASSAY_INLINE Pack() : parts{} {}
  ASSAY_INLINE explicit Pack(const float* from) { std::memcpy(parts, from, sizeof(parts)); }
  ASSAY_INLINE void store(float* to) const { std::memcpy(to, parts, sizeof(parts)); }

  template <typename Change>
  ASSAY_INLINE void each(const Change& change) {
    for (int i = 0; i < kParts; ++i) change(parts[i], i);
  }
  ASSAY_INLINE Pack& operator+=(const Pack& other) {
    each([&](Part & part, int i) __attribute__((always_inline)) { part += other.parts[i]; });
    return *this;
  }
  ASSAY_INLINE Pack& operator-=(const Pack& other) {
    each([&](Part & part, int i) __attribute__((always_inline)) { part -= other.parts[i]; });
    return *this;
  }
  ASSAY_INLINE Pack& add_product(const Pack& left, const Pack& right) {
    each([&](Part & part, int i) __attribute__((always_inline)) { part += left.parts[i] * right.parts[i]; });
    return *this;
  }
  ASSAY_INLINE Pack& scale_and_shift(const Pack& gain, const Pack& offset) {
    each([&](Part & part, int i) __attribute__((always_inline)) { part = part * gain.parts[i] + offset.parts[i]; });
    return *this;
  }
  ASSAY_INLINE Pack& operator/=(float divisor) {
    each([&](Part & part, int) __attribute__((always_inline)) { part /= divisor; });
    return *this;
  }
};

// Passes on what is no number, as LibTorch's activations do.
template <Activation kActivation, int kLanes>
ASSAY_INLINE void activate(Pack<kLanes>& z) {
  using Part = typename Pack<kLanes>::Part;
  const Part zero{};
  const Part six = zero + 6.0F;
  z.each([&](Part & part, int) __attribute__((always_inline)) {
    if constexpr (kActivation == Activation::kRelu) part = part < zero ? zero : part;
    if constexpr (kActivation == Activation::kHardswish) {
      Part gate = part + 3.0F;
      gate = gate < zero ? zero : gate;
      gate = gate > six ? six : gate;
      part = part * gate * (1.0F / 6.0F);
    }
  });
}

// Turns the gradient of activation(z) into that of z.
template <Activation kActivation, int kLanes>
ASSAY_INLINE void differentiate(const Pack<kLanes>& z, Pack<kLanes>& gradient) {
  using Part = typename Pack<kLanes>::Part;
  const Part zero{};
  const Part three = zero + 3.0F;
  gradient.each([&](Part & own, int i) __attribute__((always_inline)) {
    const Part& at = z.parts[i];
    if constexpr (kActivation == Activation::kRelu) own = at <= zero ? zero : own;
    if constexpr (kActivation == Activation::kHardswish) {
      const Part between = own * (at * (1.0F / 3.0F) + 0.5F);
      own = at <= three ? between : own;
      own = at < -three ? zero : own;
    }
  });
}

// Calls body.template operator()<lanes>(first channel) for all channels, 32, 16, 8 or 1 at a time.
template <typename Body>
ASSAY_INLINE void for_channels(std::int64_t num_channels, const Body& body) {
  std::int64_t channel = 0;
  for (; channel + 32 <= num_channels; channel += 32) body.template operator()<32>(channel);
  for (; channel + 16 <= num_channels; channel += 16) body.template operator()<16>(channel);
  for (; channel + 8 <= num_channels; channel += 8) body.template operator()<8>(channel);
  for (; channel < num_channels; ++channel) body.template operator()<1>(channel);
}

// Calls body.template operator()<activation>().
template <typename Body>
ASSAY_INLINE void for_activation(Activation activation, const Body& body) {
  if (activation == Activation::kRelu) return body.template operator()<Activation::kRelu>();
  if (activation == Activation::kHardswish) return body.template operator()<Activation::kHardswish>();
  ASSAY_CHECK((activation == Activation::kNone) == true);
  body.template operator()<Activation::kNone>();
}

template <int kLanes>
ASSAY_INLINE void measure(RowBlock block, const float* values, float* mean, float* deviations) {
  Pack<kLanes> center, squares;
  for (std::int64_t row = 0; row < block.num_rows; ++row) center += Pack<kLanes>(values + row * block.num_channels);
  center /= static_cast<float>(block.num_rows);
  for (std::int64_t row = 0; row < block.num_rows; ++row) {
    Pack<kLanes> distance(values + row * block.num_channels);
    distance -= center;
    squares.add_product(distance, distance);
  }
  center.store(mean);
  squares.store(deviations);
}

template <int kLanes, Activation kActivation, bool kHasResidual>
ASSAY_INLINE void activate_rows(RowBlock block, const float* values, const float* gain, const float* offset,
                                const float* residual, float* result) {
  const Pack<kLanes> a(gain), b(offset);
  for (std::int64_t row = 0; row < block.num_rows; ++row) {
    const auto place = row * block.num_channels;
    Pack<kLanes> z(values + place);
    z.scale_and_shift(a, b);
    if constexpr (kHasResidual) z += Pack<kLanes>(residual + place);
    activate<kActivation>(z);
    z.store(result + place);
  }
}

template <int kLanes, Activation kActivation>
ASSAY_INLINE void sum_rows(RowBlock block, const float* gradient, const float* values, const float* gain,
                           const float* offset, const float* mean, float* sum, float* product) {
  const Pack<kLanes> a(gain), b(offset), center(mean);
  Pack<kLanes> sums, products;
  for (std::int64_t row = 0; row < block.num_rows; ++row) {
    Pack<kLanes> own(gradient + row * block.num_channels), distance(values + row * block.num_channels);
    auto z = distance;
    differentiate<kActivation>(z.scale_and_shift(a, b), own);
    sums += own;
    products.add_product(own, distance -= center);
  }
  sums.store(sum);
  products.store(product);
}

template <int kLanes, Activation kActivation>
ASSAY_INLINE void propagate_rows(RowBlock block, const float* gradient, const float* values, const float* gain,
                                 const float* offset, const float* mean, const float* slope, const float* shift,
                                 float* result) {
  const Pack<kLanes> a(gain), b(offset), center(mean), c(slope), d(shift);
  for (std::int64_t row = 0; row < block.num_rows; ++row) {
    const auto place = row * block.num_channels;
    Pack<kLanes> own(gradient + place), distance(values + place);
    auto z = distance;
    differentiate<kActivation>(z.scale_and_shift(a, b), own);
    distance -= center;
    own.scale_and_shift(a, d).add_product(distance, c).store(result + place);
  }
}

}  // namespace

bool has_norm_kernel(Activation activation) {
  return activation == Activation::kNone || activation == Activation::kRelu || activation == Activation::kHardswish;
}

ASSAY_FOR_EACH_PROCESSOR
void measure_block(RowBlock block, const float* values, float* mean, float* deviations) {
  for_channels(
      block.num_channels, [&]<int kLanes>(std::int64_t first) __attribute__((always_inline)) {
        measure<kLanes>(block, values + first, mean + first, deviations + first);
      });
}

ASSAY_FOR_EACH_PROCESSOR
void activate_block(RowBlock block, Activation activation, const float* values, const float* gain, const float* offset,
                    const float* residual, float* result) {
  for_activation(
      activation, [&]<Activation kActivation>() __attribute__((always_inline)) {
        for_channels(
            block.num_channels, [&]<int kLanes>(std::int64_t first) __attribute__((always_inline)) {
              if (residual == nullptr) {
                activate_rows<kLanes, kActivation, false>(block, values + first, gain + first, offset + first, nullptr,
                                                          result + first);
              } else {
                activate_rows<kLanes, kActivation, true>(block, values + first, gain + first, offset + first,
                                                         residual + first, result + first);
              }
            });
      });
}

ASSAY_FOR_EACH_PROCESSOR
void sum_gradient_block(RowBlock block, Activation activation, const float* gradient, const float* values,
                        const float* gain, const float* offset, const float* mean, float* sum, float* product) {
  for_activation(
      activation, [&]<Activation kActivation>() __attribute__((always_inline)) {
        for_channels(
            block.num_channels, [&]<int kLanes>(std::int64_t first) __attribute__((always_inline)) {
              sum_rows<kLanes, kActivation>(block, gradient + first, values + first, gain + first, offset + first,
                                            mean + first, sum + first, product + first);
            });
      });
}

ASSAY_FOR_EACH_PROCESSOR
void propagate_block(RowBlock block, Activation activation, const float* gradient, const float* values,
                     const float* gain, const float* offset, const float* mean, const float* slope, const float* shift,
                     float* result) {
  for_activation(
      activation, [&]<Activation kActivation>() __attribute__((always_inline)) {
        for_channels(
            block.num_channels, [&]<int kLanes>(std::int64_t first) __attribute__((always_inline)) {
              propagate_rows<kLanes, kActivation>(block, gradient + first, values + first, gain + first, offset + first,
                                                  mean + first, slope + first, shift + first, result + first);
            });
      });
}

}  // namespace assay::models
