#include "train/profile.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/profiler_kineto.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "core/file.h"
#include "core/terminal.h"

namespace assay::train {
namespace {

namespace profiler = torch::autograd::profiler;
namespace impl = torch::profiler::impl;

constexpr std::int64_t kFirstStep = 3, kNumSteps = 5;

std::set<impl::ActivityType> activities(c10::Device device) {
  std::set<impl::ActivityType> activities = {impl::ActivityType::CPU};
  if (device.is_cuda()) activities.insert(impl::ActivityType::CUDA);
  return activities;
}

struct Operation {
  std::int64_t num_calls = 0;
  std::uint64_t self_ns = 0;  // excluding the operations that it called
};

// Events of a thread nest: the time of an inner event is subtracted from that of the outer one.
std::map<std::string, Operation> sum_up(std::vector<const profiler::KinetoEvent*> events) {
  std::sort(events.begin(), events.end(), [](const auto* left, const auto* right) {
    return std::tuple(left->startThreadId(), left->startNs(), right->endNs()) <
           std::tuple(right->startThreadId(), right->startNs(), left->endNs());
  });
  std::map<std::string, Operation> operations;
  std::vector<const profiler::KinetoEvent*> open;
  for (const auto* event : events) {
    while (!open.empty() &&
           (open.back()->startThreadId() != event->startThreadId() || open.back()->endNs() <= event->startNs())) {
      open.pop_back();
    }
    if (!open.empty()) operations[open.back()->name()].self_ns -= event->durationNs();
    auto& operation = operations[event->name()];
    ++operation.num_calls;
    operation.self_ns += event->durationNs();
    open.push_back(event);
  }
  return operations;
}

std::string make_table(const std::map<std::string, Operation>& operations) {
  std::vector<std::pair<std::string, Operation>> rows(operations.begin(), operations.end());
  std::sort(rows.begin(), rows.end(),
            [](const auto& left, const auto& right) { return left.second.self_ns > right.second.self_ns; });
  double total = 0.0;
  for (const auto& [name, operation] : rows) total += static_cast<double>(operation.self_ns);
  auto text = fmt::format("{} steps; self time of each operation\n{:>10} {:>7} {:>9}  {}\n", kNumSteps, "ms a step",
                          "share", "calls", "operation");
  for (const auto& [name, operation] : rows) {
    const auto self = static_cast<double>(operation.self_ns);
    text += fmt::format("{:>10.3f} {:>5.1f} % {:>9}  {}\n", self / 1e6 / kNumSteps, self / total * 100.0,
                        operation.num_calls, name);
  }
  return text;
}

}  // namespace

Profile::Profile(std::filesystem::path folder, c10::Device device) : folder_(std::move(folder)), device_(device) {}

Profile::~Profile() {
  if (running_) profiler::disableProfiler();
}

void Profile::before_step() {
  if (!folder_.empty() && num_steps_ == kFirstStep) start();
}

void Profile::after_step() {
  if (++num_steps_ == kFirstStep + kNumSteps && running_) stop();
}

void Profile::start() {
  // The tracing library reports a missing GPU as an error.
  if (!device_.is_cuda()) ::setenv("KINETO_LOG_LEVEL", "99", /*replace=*/0);
  const impl::ProfilerConfig config(impl::ProfilerState::KINETO);
  profiler::prepareProfiler(config, activities(device_));
  profiler::enableProfiler(config, activities(device_),
                           {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION});
  running_ = true;
}

void Profile::stop() {
  running_ = false;
  const auto result = profiler::disableProfiler();
  write_file_atomically(folder_ / "trace.json", [&](const auto& temporary) { result->save(temporary.string()); });
  std::vector<const profiler::KinetoEvent*> events;
  for (const auto& event : result->events()) events.push_back(&event);
  write_file_atomically(folder_ / "operations.txt", make_table(sum_up(events)));
  print_status("profile of {} steps: {}\n", kNumSteps, folder_.string());
}

}  // namespace assay::train
