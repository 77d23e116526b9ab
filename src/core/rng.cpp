#include "core/rng.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace assay {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = 0xD2511F53ULL * counter[0];
    const std::uint64_t product1 = 0xCD9E8D57ULL * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t value) {
  auto mixed = seed + 0x9E3779B97F4A7C15ULL * (value + 1);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

Rng::Rng(std::uint64_t seed, Stream stream, std::uint32_t epoch, std::uint64_t sample) {
  const auto key = mix_seed(seed, static_cast<std::uint64_t>(stream));
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  counter_ = {0, epoch, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32)};
}

std::uint32_t Rng::next() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

float Rng::uniform() { return static_cast<float>(next() >> 8) * 0x1p-24F; }

std::uint32_t Rng::below(std::uint32_t bound) {
  ASSAY_CHECK(bound > 0U);
  const std::uint32_t rejected = -bound % bound;  // 2^32 mod bound: keeping values below it would bias the result
  while (true) {
    const std::uint64_t product = static_cast<std::uint64_t>(next()) * bound;
    if (static_cast<std::uint32_t>(product) >= rejected) return static_cast<std::uint32_t>(product >> 32);
  }
}

float Rng::normal() {
  const float radius = std::sqrt(-2.0F * std::log(1.0F - uniform()));
  return radius * std::cos(2.0F * std::numbers::pi_v<float> * uniform());
}

double Rng::gamma(double shape) {
  ASSAY_CHECK(shape > 0.0);
  if (shape < 1.0) {
    const double power = std::pow(1.0 - static_cast<double>(uniform()), 1.0 / shape);
    return gamma(shape + 1.0) * power;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3);
    const double u = 1.0 - static_cast<double>(uniform());
    if (v > 0.0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Rng::beta(double alpha, double beta) {
  const double first = gamma(alpha);
  const double second = gamma(beta);
  return first + second > 0.0 ? first / (first + second) : 0.5;  // both underflow for tiny alpha and beta
}

}  // namespace assay
