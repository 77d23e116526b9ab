#pragma once

#include <array>
#include <cstdint>

namespace assay {

/// Independent streams of random numbers, so that an additional draw from one leaves the others unchanged.
enum class Stream : std::uint32_t {
  kDataset = 1,     ///< the images of a procedural data set
  kSplit = 2,       ///< which training images are held out for validation
  kShuffle = 3,     ///< order of an epoch
  kAugment = 4,     ///< crops, flips and so on
  kInitialise = 5,  ///< weights
  kDropout = 6,
  kBenchmark = 7,  ///< inputs of a latency measurement
  kMixing = 8,     ///< which images are mixed, and how
  kSampling = 9,   ///< which images an epoch draws where classes are balanced
};

/// Generates random numbers as a pure function of (seed, stream, epoch, sample, draw number). There is no state to save
/// or restore, and the numbers are the same for any number of workers. Source: Salmon et al., Parallel Random Numbers:
/// As Easy as 1, 2, 3, SC 2011: Philox4x32-10.
class Rng {
 public:
  Rng(std::uint64_t seed, Stream stream, std::uint32_t epoch = 0, std::uint64_t sample = 0);

  /// Returns 32 uniform bits.
  std::uint32_t next();

  /// Returns a number in [0, 1) with 24 random bits.
  float uniform();

  /// Returns a number in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }

  /// Returns an unbiased integer in [0, bound); bound must be > 0.
  std::uint32_t below(std::uint32_t bound);

  /// Returns a sample of the standard normal distribution (Box and Muller).
  float normal();

  /// Returns a sample of the gamma distribution with scale 1. Source: Marsaglia and Tsang, A simple method for
  /// generating gamma variables, ACM TOMS 26(3), 2000.
  double gamma(double shape);

  /// Returns a sample of the beta distribution.
  double beta(double alpha, double beta);

  /// Returns true with the given probability.
  bool chance(float probability) { return uniform() < probability; }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

/// Computes one Philox4x32-10 block, the core of Rng; exposed for its known-answer test.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Mixes two numbers into a seed for another generator. Source: Steele et al., SplitMix, OOPSLA 2014.
std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t value);

}  // namespace assay
