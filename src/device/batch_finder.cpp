#include "device/batch_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/clock.h"
#include "core/error.h"
#include "device/out_of_memory.h"

namespace assay::device {
namespace {

constexpr std::int64_t kProbeGrowth = 4;        // from one probe to the next
constexpr std::int64_t kFirstProbe = 8;         // smaller ones are dominated by memory that does not grow with the
                                                // batch
constexpr double kLinearWithin = 0.02;          // of the peak
constexpr double kCloseEnough = 0.98;           // of the largest size still possible
constexpr std::array kStepBack = {0.96, 0.88};  // from sizes that failed, before bisecting
constexpr double kNearlyTheBest = 0.97;         // of the best samples per second
constexpr std::int64_t kFastMultiple = 8;       // sizes chosen for speed are multiples of it

class Finder {
 public:
  Finder(const BatchSearch& search, MemoryMeter& meter, const std::function<void(std::int64_t)>& probe)
      : search_(search), meter_(meter), probe_(probe) {}

  FoundBatch find() {
    if (!measure(search_.smallest, std::nullopt) || !(tries_known() || grows())) fail();
    if (!is_known_) {
      refine();
      if (search_.prefers_fast) prefer_fast();
    }
    return conclude();
  }

 private:
  struct Fit {
    MemoryLine line;
    bool is_linear;
  };

  int steps_left() const { return kMaxProbeSteps - static_cast<int>(found_.steps.size()); }

  double now() const { return search_.seconds ? search_.seconds() : watch_.seconds(); }

  bool measure(std::int64_t num_samples, std::optional<double> predicted) {
    meter_.reset_peak();
    const auto retries = meter_.num_retries();
    const auto start = now();
    const bool ran = ran_within_memory([&] { probe_(num_samples); });
    const auto seconds = now() - start;
    meter_.release_unused();
    ProbeStep step{num_samples, predicted, meter_.peak_bytes(), seconds, false, ""};
    step.verdict = !ran                                     ? "out of memory"
                   : step.peak_bytes > search_.budget_bytes ? "over the budget"
                   : meter_.num_retries() != retries        ? "fits only after retries"
                                                            : "fits";
    step.fits = step.verdict == "fits";
    found_.steps.push_back(step);
    if (!step.fits) failing_ = std::min(failing_, num_samples);
    if (!step.fits && predicted) line_failed_ = true;
    // The first step has yet to allocate the optimizer's state, so its peak does not predict the others.
    if (step.fits && found_.steps.size() > 1) keep(step);
    return step.fits;
  }

  void keep(const ProbeStep& step) {
    const auto place = std::lower_bound(fitting_.begin(), fitting_.end(), step.num_samples,
                                        [](const ProbeStep& one, std::int64_t size) { return one.num_samples < size; });
    fitting_.insert(place, step);
  }

  bool tries_known() {
    if (!search_.known || *search_.known < search_.smallest || *search_.known > search_.largest) return false;
    is_known_ = measure(*search_.known, std::nullopt);
    return is_known_;
  }

  // Probes up to three sizes, from which a line can be drawn. Returns whether one fitted.
  bool grows() {
    auto size = std::min(search_.largest, std::max(search_.smallest, kFirstProbe));
    while (steps_left() > 2) {
      if (!measure(size, predict(size)) && size == search_.smallest) return false;
      size = next_probe();
      if (size == 0 || (fitting_.size() > 1 && size <= fitting_.back().num_samples)) break;
    }
    return !fitting_.empty();
  }

  // Returns 0 when no further probe is needed before using the line.
  std::int64_t next_probe() const {
    if (fitting_.empty()) return std::max(search_.smallest, failing_ / kProbeGrowth);
    const auto largest = fitting_.back().num_samples;
    if (largest == largest_hoped() || fitting_.size() == 3) return 0;
    const auto grown = std::min(largest * kProbeGrowth, largest_hoped());
    if (fitting_.size() == 2) return line_failed_ ? 0 : std::min(grown, solve(fit().line));
    if (failing_ > search_.largest) return grown;
    // Smaller sizes are not informative: workspaces outweigh the memory of the batch.
    const auto between = std::sqrt(static_cast<double>(largest) * static_cast<double>(failing_));
    const auto rounded = static_cast<std::int64_t>(std::lround(between));
    return rounded > largest && rounded < failing_ ? rounded : 0;
  }

  std::optional<double> predict(std::int64_t num_samples) const {
    if (fitting_.size() < 2) return std::nullopt;
    return fit().line.predict(num_samples);
  }

  std::int64_t largest_hoped() const { return std::min(search_.largest, failing_ - 1); }

  // Draws the line through the two largest sizes that fitted, except the first step's. They predict larger sizes best,
  // since the slope rises as soon as memory that grows with the batch outweighs the rest. A failed size needs more than
  // the budget, whatever the line says.
  Fit fit() const {
    const auto& last = fitting_.back();
    const auto peak = static_cast<double>(last.peak_bytes);
    const auto slope_to = [&](std::int64_t size, double bytes) {
      return std::max(0.0, (bytes - peak) / static_cast<double>(size - last.num_samples));
    };
    double slope = 0.0;
    if (fitting_.size() > 1) {
      const auto& before = fitting_[fitting_.size() - 2];
      slope = slope_to(before.num_samples, static_cast<double>(before.peak_bytes));
    }
    const auto through_last = [&] { return MemoryLine{peak - slope * static_cast<double>(last.num_samples), slope}; };
    const bool is_linear = std::all_of(fitting_.begin(), fitting_.end(), [&](const ProbeStep& step) {
      const auto bytes = static_cast<double>(step.peak_bytes);
      return std::abs(through_last().predict(step.num_samples) - bytes) <= kLinearWithin * bytes;
    });
    if (failing_ <= search_.largest) {
      slope = std::max(slope, slope_to(failing_, static_cast<double>(search_.budget_bytes)));
    }
    return {through_last(), is_linear};
  }

  std::int64_t solve(const MemoryLine& line) const {
    if (line.bytes_per_sample <= 0.0) return largest_hoped();
    const auto most =
        std::floor((static_cast<double>(search_.budget_bytes) - line.fixed_bytes) / line.bytes_per_sample);
    return static_cast<std::int64_t>(std::min(most, static_cast<double>(largest_hoped())));
  }

  // Tries the size predicted by the line, then sizes between the largest that fitted and the smallest that did not:
  // first slightly less than the failed one, since the line was nearly right, then the middle.
  void refine() {
    std::size_t num_back = 0;
    while (steps_left() > (search_.prefers_fast ? 1 : 0)) {
      const auto largest = fitting_.back().num_samples;
      auto next = solve(fit().line);
      if (line_failed_) {
        const auto share = num_back < kStepBack.size() && !found_.steps.back().fits ? kStepBack[num_back++] : 0.0;
        const auto back = static_cast<std::int64_t>(share * static_cast<double>(failing_));
        next = std::min(next, std::max(back, (largest + failing_) / 2));
      }
      if (next <= largest || static_cast<double>(largest) >= kCloseEnough * static_cast<double>(next)) return;
      measure(next, predict(next));
    }
  }

  // Goes down to the smallest size that is nearly as fast, by a line fitted to the seconds of the steps.
  void prefer_fast() {
    const auto speed = [](const ProbeStep& step) { return static_cast<double>(step.num_samples) / step.seconds; };
    if (fitting_.size() < 2) return;
    const auto& small = fitting_[fitting_.size() - 2];
    const auto& large = fitting_.back();
    const auto per_sample =
        std::max(0.0, (large.seconds - small.seconds) / static_cast<double>(large.num_samples - small.num_samples));
    const auto fixed = std::max(0.0, large.seconds - per_sample * static_cast<double>(large.num_samples));
    // n / (fixed + n * per_sample) >= share * best, solved for n
    const auto rest = 1.0 / (kNearlyTheBest * speed(large)) - per_sample;
    if (rest <= 0.0) return;
    const auto wanted = static_cast<std::int64_t>(std::ceil(fixed / rest));
    const auto rounded = (std::max<std::int64_t>(1, wanted) + kFastMultiple - 1) / kFastMultiple * kFastMultiple;
    const bool is_measured = std::any_of(fitting_.begin(), fitting_.end(),
                                         [&](const ProbeStep& step) { return step.num_samples == rounded; });
    if (rounded < large.num_samples && rounded >= search_.smallest && !is_measured && steps_left() > 0)
      measure(rounded, predict(rounded));
    double best = 0.0;
    for (const auto& step : fitting_) best = std::max(best, speed(step));
    const auto chosen = std::find_if(fitting_.begin(), fitting_.end(),
                                     [&](const ProbeStep& step) { return speed(step) >= kNearlyTheBest * best; });
    chosen_ = chosen->num_samples;
  }

  FoundBatch conclude() {
    const auto own = chosen_.value_or(fitting_.back().num_samples);
    const auto& step =
        *std::find_if(fitting_.begin(), fitting_.end(), [&](const ProbeStep& one) { return one.num_samples == own; });
    const auto fitted = fit();
    found_.line = fitted.line;
    found_.is_linear = fitted.is_linear;
    found_.num_samples = search_.agree(own);
    if (found_.num_samples < search_.smallest) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("{} samples do not fit into the memory of another rank", search_.smallest), "",
                  "see the output of that rank");
    }
    found_.predicted_bytes = step.predicted_bytes.value_or(static_cast<double>(step.peak_bytes));
    found_.peak_bytes = step.peak_bytes;
    if (found_.num_samples < own) {
      found_.reason = fmt::format("limited by another rank; this one takes {}", own);
      found_.predicted_bytes = fitted.line.predict(found_.num_samples);
    } else {
      found_.reason = is_known_                                           ? "as found before"
                      : chosen_ && *chosen_ < fitting_.back().num_samples ? "larger ones are no more than 3 % faster"
                      : own == search_.largest                            ? "the largest allowed fits"
                                                                          : "as many as fit the memory budget";
    }
    return found_;
  }

  [[noreturn]] void fail() {
    search_.agree(0);
    const auto& last = found_.steps.back();
    throw Error(
        ErrorKind::kConfig,
        fmt::format("a training step of {} samples does not fit the memory budget of {:.1f} MB: {} at {:.1f} MB",
                    last.num_samples, static_cast<double>(search_.budget_bytes) / 1e6, last.verdict,
                    static_cast<double>(last.peak_bytes) / 1e6),
        "",
        search_.what_would_fit() +
            "free memory, use a smaller image or model, or raise device.memory_budget, device.host_memory_fraction "
            "(CPU) or device.accelerator_memory_fraction");
  }

  const BatchSearch& search_;
  MemoryMeter& meter_;
  const std::function<void(std::int64_t)>& probe_;
  Stopwatch watch_;
  FoundBatch found_;
  std::vector<ProbeStep> fitting_;  // by size, without the first step
  std::int64_t failing_ = search_.largest + 1;
  std::optional<std::int64_t> chosen_;
  bool is_known_ = false;
  bool line_failed_ = false;
};

}  // namespace

FoundBatch find_micro_batch(const BatchSearch& search, MemoryMeter& meter,
                            const std::function<void(std::int64_t)>& probe) {
  return Finder(search, meter, probe).find();
}

}  // namespace assay::device
