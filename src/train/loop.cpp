#include "train/loop.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/clock.h"
#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "device/memory_meter.h"
#include "eval/accuracy.h"
#include "train/backbone.h"
#include "train/batch_norm.h"
#include "train/checkpoint.h"
#include "train/collapse.h"
#include "train/determinism.h"
#include "train/epoch_report.h"
#include "train/profile.h"
#include "train/state.h"
#include "train/weight_mask.h"

namespace assay::train {
namespace {

constexpr std::int64_t kBatchNormBatches = 200;
constexpr std::int64_t kMostKeptBatches = 3;  // largest number of batches saved because their loss or gradients were
                                              // not finite
constexpr const char* kDivergedHint = "lower train.optimizer.lr, lengthen the warm-up or set train.clip_norm";

std::int64_t count_kept_batches(const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::filesystem::directory_iterator entries(folder, ignored);
  return std::count_if(begin(entries), end(entries), [](const auto& entry) {
    return entry.path().filename().string().starts_with("not_finite_step_");
  });
}

class Trainer {
 public:
  Trainer(const TrainOptions& options, const TrainInput& input)
      : options_(options),
        input_(input),
        state_(options, input.model, input.step.precision, input.device, input.train.num_batches()),
        stepper_(input.model, state_, loss_of(options, input), input.device, input.step),
        snapshots_(input.folder / "checkpoints"),
        mask_(input.holds_zeros ? std::optional<WeightMask>(input.model) : std::nullopt),
        profile_(options.profile ? input.folder / "profile" : std::filesystem::path(), input.device),
        meter_(device::make_memory_meter(input.device)) {
    meter_->reset_peak();
  }

  TrainResult run() {
    resume();
    try {
      while (!counters_.ended && epoch() <= options_.epochs) {
        train_epoch();
        end_epoch();
      }
    } catch (const Stopped&) {
      save();
      throw;
    }
    finish();
    result_.history = counters_.history;
    result_.best_epoch = counters_.best_epoch;
    result_.stopped_early = counters_.ended;
    result_.micro_batch = stepper_.micro_batch();
    return std::move(result_);
  }

 private:
  std::filesystem::path file(const std::string& name) const { return input_.folder / "checkpoints" / name; }
  Ema* average() { return state_.ema ? &*state_.ema : nullptr; }
  std::int64_t epoch() const { return static_cast<std::int64_t>(counters_.history.size()) + 1; }
  double seconds() const { return seconds_before_ + watch_.seconds(); }
  bool time_is_over() const { return options_.max_time_s > 0.0 && seconds() >= options_.max_time_s; }

  void train_epoch() {
    const auto num_batches = input_.train.num_batches();
    auto& times = counters_.current.times;
    counters_.current.epoch = epoch();
    prepare_model();
    input_.train.start_epoch(epoch(), counters_.batch);
    Progress progress(fmt::format("epoch {}/{}", epoch(), options_.epochs), num_batches);
    while (counters_.batch < num_batches) {
      Stopwatch watch;
      const auto batch = input_.train.next();
      times.data += watch.seconds();
      take_step(*batch);
      watch = Stopwatch();
      throw_if_stopped();
      save_now_and_then();
      if (time_is_over()) counters_.batch = num_batches;
      progress.update(counters_.batch, [this] { return describe_progress(measured()); });
      times.logging += watch.seconds();
    }
  }

  // Freezes the backbone in the first epochs, also where a training resumes in them.
  void prepare_model() {
    input_.model.train();
    const bool was_frozen = frozen_.has_value();
    if (epoch() > options_.freeze_epochs) {
      frozen_.reset();
    } else {
      if (!was_frozen) frozen_.emplace(input_.model);
      frozen_->hold_statistics();
    }
    if (was_frozen != frozen_.has_value()) stepper_.forget_recording();
  }

  double rate_scale() const {
    const auto warmup_steps = input_.rate_warmup_epochs * static_cast<double>(input_.train.num_batches());
    const auto progress = warmup_steps > 0.0 ? static_cast<double>(counters_.step) / warmup_steps : 1.0;
    return 1.0 + (input_.rate_scale - 1.0) * std::min(1.0, progress);
  }

  // BatchNorm's statistics rest while the backbone is frozen.
  std::int64_t num_norm_steps() const {
    if (input_.has_statistics) return kSettledSteps;
    return std::max<std::int64_t>(0, counters_.step - options_.freeze_epochs * input_.train.num_batches());
  }

  void take_step(const data::Batch& batch) {
    auto& record = counters_.current;
    const auto factor = state_.schedule->factor(counters_.step) * rate_scale();
    if (input_.before_step) input_.before_step(counters_.step, options_.epochs * input_.train.num_batches());
    if (mask_) mask_->before_step();
    profile_.before_step();
    const StepPlace place{epoch(), counters_.batch, counters_.step, num_norm_steps()};
    const auto result = stepper_.step(batch, place, factor, record.times);
    profile_.after_step();
    if (mask_) mask_->after_step(state_.ema ? state_.ema->state() : NamedTensors());
    record.learning_rate = state_.optimizer->learning_rate() * factor;
    if (result.outcome != StepOutcome::kTaken) ++record.num_skipped;
    if (result.outcome == StepOutcome::kNotFinite) {
      ++record.num_not_finite;
      report_not_finite(batch, result);
    } else {
      const auto count = batch.labels.size(0);
      counters_.loss_sum += result.loss * static_cast<double>(count);
      counters_.num_correct += result.num_correct;
      counters_.num_images += count;
    }
    ++counters_.step;
    ++counters_.batch;
  }

  void report_not_finite(const data::Batch& batch, const StepResult& result) {
    auto text = fmt::format("{} in epoch {}, step {}",
                            std::isfinite(result.loss) ? std::string("the gradients became NaN or infinity")
                                                       : fmt::format("the loss became {}", result.loss),
                            epoch(), counters_.step);
    const auto kept = file(fmt::format("not_finite_step_{}.pt", counters_.step));
    if (count_kept_batches(kept.parent_path()) < kMostKeptBatches) {
      write_if_possible("copy of the batch", [&] { save_batch(batch, kept); });
      text += fmt::format("; its batch is saved in {}", kept.string());
    }
    if (options_.not_finite == "stop") {
      throw Error(ErrorKind::kConfig, text, "",
                  std::string(kDivergedHint) + "; train.not_finite=skip skips such steps");
    }
    print_status("step skipped: {}\n", text);
  }

  void check_skipped(const Epoch& record) const {
    const auto most = std::max(1.0, options_.max_skipped * static_cast<double>(input_.train.num_batches()));
    if (static_cast<double>(record.num_not_finite) <= most) return;
    throw Error(
        ErrorKind::kConfig,
        fmt::format("{} of the {} steps of epoch {} were skipped, since their loss or gradients were NaN or "
                    "infinity; train.max_skipped = {} allows {:.0f}",
                    record.num_not_finite, input_.train.num_batches(), record.epoch, options_.max_skipped, most),
        "", kDivergedHint);
  }

  Epoch measured() const {
    auto record = counters_.measured();
    record.micro_batch = stepper_.micro_batch();
    record.peak_memory_mb = static_cast<double>(meter_->peak_bytes()) / 1e6;
    return record;
  }

  void end_epoch() {
    const Stopwatch watch;
    auto record = measured();
    {
      const EmaApplied averaged(average());
      const auto accuracy = validate();
      record.validation_loss = accuracy.loss;
      record.validation_accuracy = accuracy.value();
      const auto scores = accuracy.class_scores();
      record.validation_macro_f1 = scores.macro_f1;
      record.validation_balanced_accuracy = scores.balanced_accuracy;
      keep_if_best(record);
    }
    state_.schedule->observe(record.validation_loss);
    record.seconds += watch.seconds();
    counters_.begin_next_epoch(record);
    const auto best_epoch = std::max(counters_.best_epoch, options_.freeze_epochs);  // the backbone gets its chance
    counters_.ended =
        record.epoch < options_.epochs && (record.epoch - best_epoch >= options_.patience || time_is_over());
    report();
    check_skipped(record);
    save();
  }

  eval::Accuracy validate() {
    input_.model.eval();
    const PrecisionScope precision(input_.step.precision, input_.device);
    const auto predict = [this](const at::Tensor& images) { return input_.model.forward(images); };
    return eval::measure_accuracy(predict, input_.validation, input_.device, "validation");
  }

  // If a network outputs NaN, the first class is always the largest, which looks like an accuracy.
  void keep_if_best(const Epoch& record) {
    if (!std::isfinite(record.validation_loss) || record.validation_accuracy <= counters_.best_accuracy) return;
    counters_.best_accuracy = record.validation_accuracy;
    counters_.best_epoch = record.epoch;
    state_.keep_as_best();
    write_if_possible("best.pt", [this] { save_weights(input_.model, file("best.pt")); });
  }

  void report() const {
    log_epoch(counters_.history, input_.sink);
    log_mixing_weights(input_.model, counters_.history.back().epoch, input_.sink);
    if (input_.on_epoch) input_.on_epoch(counters_.history.back());
  }

  // From the last state to the final weights; the order matters.
  void finish() {
    const auto tell = [this](const std::string& text) {
      result_.ending.push_back(text);
      print_status("{}\n", text);
    };
    if (counters_.best_epoch == 0) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("the network diverged: the validation loss was NaN or infinity after each of {} epochs",
                              counters_.history.size()),
                  "", kDivergedHint);
    }
    const bool best = options_.keep == "best" || (options_.keep == "auto" && !state_.ema);
    frozen_.reset();
    if (best) state_.use_best();
    tell(best ? fmt::format("weights of epoch {}, the best", counters_.best_epoch)
              : fmt::format("weights of epoch {}, the last", counters_.history.size()));
    if (state_.ema) {
      if (!best) state_.ema->swap();  // the best weights were saved as averages
      tell("averaged weights applied");
    }
    const auto last_epoch = best ? counters_.best_epoch : static_cast<std::int64_t>(counters_.history.size());
    const bool moved =
        state_.ema && last_epoch > options_.freeze_epochs;  // statistics of a frozen backbone are its own
    if (const auto num_batches = options_.batch_norm_batches.value_or(moved ? kBatchNormBatches : 0)) {
      const auto report = recompute_batch_norm(input_.model, input_.train, options_.epochs + 1, num_batches,
                                               stepper_.micro_batch(), input_.device);
      tell(fmt::format("BatchNorm statistics of {} layers recomputed: {} dropout layers disabled, {} batches",
                       report.num_layers, report.num_dropout_layers, report.num_batches));
    }
    const auto accuracy = validate();
    if (!std::isfinite(accuracy.loss)) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("the network diverged: its final validation loss is {}", accuracy.loss), "",
                  std::string(kDivergedHint) + "; train.keep=best ends with the best epoch");
    }
    const auto before = best ? counters_.best_accuracy : counters_.history.back().validation_accuracy;
    check_collapse(before, accuracy.value(), accuracy.num_samples, result_.ending);
    input_.sink.log_metric("final/val/accuracy", accuracy.value(), counters_.history.back().epoch);
    input_.sink.log_metric("final/val/loss", accuracy.loss, counters_.history.back().epoch);
    save_weights(input_.model, file("final.pt"));
  }

  void resume() {
    if (options_.checkpoint.resume == "never") return snapshots_.clear();  // later ones would seem to be the newest
    const auto snapshot = snapshots_.newest();
    if (!snapshot) return;
    state_.restore(*snapshot, input_.settings);
    stepper_.set_micro_batch(counters_.micro_batch);
    seconds_before_ = counters_.seconds;
    result_.resumed_at_step = counters_.step;
    print_status("resumed in epoch {}, after {} of its {} batches\n", epoch(), counters_.batch,
                 input_.train.num_batches());
    const auto history = std::move(counters_.history);
    counters_.history.clear();
    for (const auto& record : history) {
      counters_.history.push_back(record);
      report();
    }
  }

  void save_now_and_then() {
    const auto& options = options_.checkpoint;
    const bool due = options.every_steps > 0 && counters_.step % options.every_steps == 0;
    if (due || since_save_.seconds() >= options.every_s) save();
  }

  void save() {
    counters_.seconds = seconds();
    counters_.micro_batch = stepper_.micro_batch();
    write_if_possible("checkpoint", [this] { snapshots_.save(state_.snapshot(input_.settings), counters_.step); });
    since_save_ = Stopwatch();
  }

  // A full disk may have space again later: training continues, and earlier checkpoints remain.
  void write_if_possible(const char* what, const std::function<void()>& write) {
    try {
      write();
    } catch (const Error& error) {
      print_status("cannot save the {} at step {}: {}\n", what, counters_.step, error.what());
      input_.sink.log_metric("train/failed_checkpoints", static_cast<double>(++num_failed_saves_), epoch());
    }
  }

  const TrainOptions& options_;
  const TrainInput& input_;
  TrainState state_;
  Counters& counters_ = state_.counters;
  Stepper stepper_;
  std::optional<FrozenBackbone> frozen_;
  SnapshotFolder snapshots_;
  std::optional<WeightMask> mask_;
  Profile profile_;
  std::unique_ptr<device::MemoryMeter> meter_;
  std::int64_t num_failed_saves_ = 0;
  double seconds_before_ = 0.0;  // in earlier processes
  Stopwatch watch_, since_save_;
  TrainResult result_;
};

}  // namespace

Loss loss_of(const TrainOptions& options, const TrainInput& input) {
  if (input.loss) return input.loss;
  if (options.class_weights == "none") return cross_entropy(options.label_smoothing);
  const auto num_classes = head_of(input.model)->options.out_features();
  const auto weights = class_weights(options.class_weights, input.train.labels(), num_classes);
  return cross_entropy(options.label_smoothing, weights.to(input.device));
}

TrainResult train(const TrainOptions& options, const TrainInput& input) {
  TrainResult result;
  run_deterministically(options.deterministic, input.device, [&] { result = Trainer(options, input).run(); });
  return result;
}

}  // namespace assay::train
