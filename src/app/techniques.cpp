#include "app/techniques.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include "app/training.h"
#include "core/split.h"
#include "core/terminal.h"
#include "data/split.h"
#include "device/out_of_memory.h"

namespace assay::app {
namespace {

constexpr std::int64_t kFewestImages = 16;  // for calibration

bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter == '.';
  });
}

// A network that computes in int8 cannot be trained, pruned or quantized.
void check_order(const std::vector<std::unique_ptr<compress::Step>>& steps, const std::string& key) {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    if (!steps[i]->quantizes()) continue;
    throw Error(ErrorKind::kConfig,
                fmt::format("techniques: \"{}\": {} cannot follow {}, which gives a network of int8 weights", key,
                            steps[i + 1]->name(), steps[i]->name()),
                "", fmt::format("put {} last", steps[i]->name()));
  }
}

Technique make_technique(const config::Section& compress, const std::string& key) {
  Technique technique{key, {}};
  std::replace(technique.name.begin(), technique.name.end(), '+', '-');
  for (const auto& part : split(key, '+')) {
    technique.steps.push_back(compress::make_step(config::named_section(compress, part)));
  }
  check_order(technique.steps, key);
  if (is_file_name(technique.name)) return technique;
  throw Error(ErrorKind::kConfig,
              fmt::format("techniques: \"{}\" names files, so it may hold letters, digits, '_', '-' and '.' only, and "
                          "'+' between steps",
                          key));
}

/// Reads calibration images, of which `limit_` are the most: halved each time that memory does not suffice.
class Calibration {
 public:
  Calibration(const RunContext& context, const ClassificationData& data) : context_(context), data_(data) {}

  at::Tensor read(std::int64_t count) { return data::read_all({data_.train.source, draw(count)}, data_.preprocessing); }

  at::Tensor labels(std::int64_t count) {
    return data_.train.source->labels().index_select(0, at::tensor(draw(count), at::kLong));
  }

  /// Returns whether fewer images can be tried.
  bool halve() {
    if (count_ <= kFewestImages) return false;
    limit_ = std::max(kFewestImages, count_ / 2);
    print_status("out of memory: calibrating on {} images\n", limit_);
    return true;
  }

 private:
  std::vector<std::int64_t> draw(std::int64_t count) {
    count_ = std::min(count, limit_);
    return data::draw_places(data_.train.places, count_, static_cast<std::uint64_t>(context_.options.run.seed));
  }

  const RunContext& context_;
  const ClassificationData& data_;
  std::int64_t count_ = 0;
  std::int64_t limit_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace

std::vector<Technique> make_techniques(const config::Section& compress, const std::vector<std::string>& keys,
                                       config::Problems& problems) {
  std::vector<Technique> techniques;
  std::set<std::string> seen = {kBaseline};
  for (const auto& key : keys) {
    problems.collect([&] {
      auto technique = make_technique(compress, key);
      if (!seen.insert(technique.name).second) {
        throw Error(ErrorKind::kConfig, fmt::format("techniques: \"{}\" is there twice", key), "",
                    technique.name == kBaseline ? "the float network is always measured; call this table otherwise"
                                                : "for another variant of a technique give its table a key of its own: "
                                                  "+compress.other={name: static_int8}");
      }
      techniques.push_back(std::move(technique));
    });
  }
  return techniques;
}

Applied apply_technique(RunContext& context, const ClassificationData& data, std::shared_ptr<models::Model> trained,
                        const Technique& technique, const train::TrainOptions& options, const device::BatchPlan& plan) {
  Applied applied{{trained, nullptr}, {}};
  std::string done;
  for (std::size_t i = 0; i < technique.steps.size(); ++i) {
    const auto& step = technique.steps[i];
    if (!done.empty()) done += '+';
    done += step->name();
    Calibration calibration(context, data);
    const compress::StepInput input{applied.network,
                                    trained,
                                    [&](std::int64_t count) { return calibration.read(count); },
                                    [&, stage = fmt::format("{}.{}", technique.name, i + 1)](
                                        models::Model& model, const compress::TrainRequest& request) {
                                      train_stage(context, data, model, options, plan, stage, request);
                                    },
                                    plan.micro,
                                    [&](std::int64_t count) { return calibration.labels(count); }};
    compress::StepOutput output;
    while (!device::ran_within_memory([&] { output = step->run(input); })) {
      if (calibration.halve()) continue;
      throw Error(ErrorKind::kConfig, fmt::format("{} does not fit into memory", step->name()), "",
                  "free memory, use a smaller image or model, or raise device.memory_budget");
    }
    applied.network = std::move(output.network);
    for (auto& [key, value] : output.settings) {
      applied.settings.emplace_back(technique.steps.size() > 1 ? fmt::format("{}.{}", step->name(), key) : key,
                                    std::move(value));
    }
  }
  applied.settings.insert(applied.settings.begin(), {"technique", done});
  return applied;
}

}  // namespace assay::app
