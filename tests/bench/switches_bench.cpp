// Trains MobileNetV3-Small for some steps under the given switches, in a separate process, since some can be set only
// once: bench_switches [threads=2] [interop_threads=2] [channels_last=0] [steps=20]. Writes "milliseconds of a step, of
// processor time, page faults of a step, peak seen by the metering allocator in MB, growth of the resident memory in
// MB".

#include <fmt/format.h>
#include <sys/resource.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "core/clock.h"
#include "device/metering_allocator.h"
#include "front/freed_memory.h"
#include "models/model.h"
#include "models/model_section.h"
#include "train/optimizers/optimizer.h"

namespace {

using namespace assay;

constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kImageSize = 32;
constexpr int kWarmUp = 3;

int option(int argc, char** argv, const char* key, int fallback) {
  for (int i = 1; i < argc; ++i) {
    const auto length = std::strlen(key);
    if (std::strncmp(argv[i], key, length) == 0 && argv[i][length] == '=') return std::atoi(argv[i] + length + 1);
  }
  return fallback;
}

struct Usage {
  double cpu_ms;
  double page_faults;
  double resident_mb;  // maximum so far
};

Usage usage() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return {ms(used.ru_utime) + ms(used.ru_stime), static_cast<double>(used.ru_minflt),
          static_cast<double>(used.ru_maxrss) / 1e3};
}

}  // namespace

int main(int argc, char** argv) {
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    front::keep_freed_memory();
    ::execv("/proc/self/exe", argv);
  }
  at::set_num_threads(option(argc, argv, "threads", 1));
  at::set_num_interop_threads(option(argc, argv, "interop_threads", 1));
  const auto format =
      option(argc, argv, "channels_last", 1) != 0 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  const int num_steps = option(argc, argv, "steps", 20);

  const auto meter = device::make_host_memory_meter();
  const auto at_start = usage();
  const auto model = models::make_model(small_image_model(), 10, 1);
  model->train();
  for (auto& parameter : model->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(format));
  }
  const auto optimizer = train::make_optimizer(plugin_section("sgd"), train::named_parameters(*model));
  const auto images = torch::rand({kBatch, 3, kImageSize, kImageSize}).contiguous(format);
  const auto labels = torch::zeros({kBatch}, torch::kInt64);
  const auto step = [&] {
    optimizer->zero_grad();
    torch::nn::functional::cross_entropy(model->forward(images), labels).backward();
    optimizer->step(0.01);
  };
  for (int i = 0; i < kWarmUp; ++i) step();
  const auto before = usage();
  const Stopwatch watch;
  for (int i = 0; i < num_steps; ++i) step();
  const auto after = usage();
  fmt::print("{:.2f} {:.2f} {:.0f} {:.1f} {:.1f}\n", watch.seconds() * 1e3 / num_steps,
             (after.cpu_ms - before.cpu_ms) / num_steps, (after.page_faults - before.page_faults) / num_steps,
             static_cast<double>(meter->peak_bytes()) / 1e6, after.resident_mb - at_start.resident_mb);
}
