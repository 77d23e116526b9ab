#include "app/image_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/terminal.h"
#include "data/image_cache.h"
#include "data/image_file.h"
#include "device/memory_size.h"

namespace assay::app {
namespace {

constexpr std::int64_t kShare = 4;    // of the memory: what is left trains
constexpr std::size_t kNumTimed = 8;  // images

std::int64_t memory_for_images(const RunContext& context) {
  const auto& device = context.device;
  return (device.device.is_cpu() ? device.budget_bytes : device::inspect_host_memory().available_bytes) / kShare;
}

bool varies_whole_images(const ClassificationData& data) {
  return data::Augmentations(data.loading.augment, data.loading.augmentations, data.preprocessing.size)
      .need_whole_images();
}

/// Returns the mean time of reading the first images of a split. Units: milliseconds.
double time_reads(const data::Samples& samples, const data::Preprocessing& preprocessing) {
  const auto count = std::min(kNumTimed, samples.places.size());
  const Stopwatch watch;
  for (std::size_t i = 0; i < count; ++i) {
    data::fit_image(samples.source->read(samples.places[i], preprocessing.size), preprocessing.size, preprocessing.fit);
  }
  return watch.seconds() * 1e3 / static_cast<double>(count);
}

}  // namespace

void keep_images(const RunContext& context, ClassificationData& data) {
  if (!data.loading.loader.cache || !data.test.source->decodes()) return;
  auto left = memory_for_images(context);
  std::vector<std::string> kept;
  std::int64_t num_bytes = 0;
  const auto keep = [&](const char* split, data::Samples& samples) {
    const auto needed = data::ImageCache::bytes_of(samples.size(), data.preprocessing.size);
    if (needed > left) return;
    samples = data::kept_in_memory(samples, data.preprocessing);
    left -= needed;
    num_bytes += needed;
    kept.emplace_back(split);
  };
  keep("validation", data.validation);
  keep("test", data.test);
  if (!varies_whole_images(data)) keep("training", data.train);
  if (kept.empty()) {
    print_status("data: decoded images do not fit {} of memory, so each is decoded each time\n",
                 device::format_memory_size(left));
    return;
  }
  const auto& timed = kept.front() == "validation" ? data.validation : data.test;
  const auto first = time_reads(timed, data.preprocessing), again = time_reads(timed, data.preprocessing);
  print_status("data: {} images stay in memory once decoded ({}): {:.3f} ms a read in place of {:.2f} ms\n",
               fmt::join(kept, ", "), device::format_memory_size(num_bytes), again, first);
}

}  // namespace assay::app
