#include "compress/sparsity_schedule.h"

#include <algorithm>
#include <cmath>

namespace assay::compress {

double SparsitySchedule::at(std::int64_t step) const {
  if (step >= last_step) return final;
  const auto done = static_cast<double>(step - first_step) / static_cast<double>(last_step - first_step);
  const auto to_do = 1.0 - std::max(done, 0.0);
  if (curve == "exponential") return 1.0 - std::pow(1.0 - initial, to_do) * std::pow(1.0 - final, 1.0 - to_do);
  return final + (initial - final) * std::pow(to_do, curve == "cubic" ? 3.0 : 1.0);
}

bool SparsitySchedule::changes_before(std::int64_t step) const {
  if (step < first_step || step > last_step) return false;
  return step == last_step || (step - first_step) % every == 0;
}

}  // namespace assay::compress
