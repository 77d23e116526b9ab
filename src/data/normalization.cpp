#include "data/normalization.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace assay::data {
namespace {

std::array<float, 3> three(const std::vector<double>& values, const char* key, double smallest) {
  const bool fits = values.size() == 3 && std::all_of(values.begin(), values.end(), [smallest](double value) {
                      return value >= smallest && value <= 1.0;
                    });
  if (!fits) {
    throw Error(ErrorKind::kConfig,
                fmt::format("data.{}: must be three numbers from {} to 1, for red, green and blue", key, smallest));
  }
  return {static_cast<float>(values[0]), static_cast<float>(values[1]), static_cast<float>(values[2])};
}

}  // namespace

Normalization read_normalization(const std::vector<double>& mean, const std::vector<double>& std) {
  return {three(mean, "mean", 0.0), three(std, "std", 0.001)};
}

}  // namespace assay::data
