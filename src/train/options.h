#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/schema.h"
#include "device/options.h"
#include "train/ema.h"
#include "train/optimizers/optimizer.h"
#include "train/range_test.h"
#include "train/schedules/schedule.h"

namespace assay::train {

/// How an interrupted training resumes.
struct CheckpointOptions {
  std::string resume = "auto";
  double every_s = 300.0;
  std::int64_t every_steps = 0;

  static auto schema() {
    return config::schema<CheckpointOptions>(
        config::field("resume", &CheckpointOptions::resume, config::one_of("auto", "never"),
                      "auto: resume from the newest intact checkpoint in the run's folder"),
        config::field("every_s", &CheckpointOptions::every_s, config::at_least(0.0).in("s"),
                      "time between two checkpoints, besides those after each epoch"),
        config::field("every_steps", &CheckpointOptions::every_steps, config::at_least(0),
                      "steps between two checkpoints; 0: by time only"));
  }
};

/// Shortens a training for trials.
struct TrialOptions {
  std::int64_t limit_batches = 0;
  std::int64_t overfit_batches = 0;
  bool fast_dev_run = false;

  static auto schema() {
    return config::schema<TrialOptions>(
        config::field("limit_batches", &TrialOptions::limit_batches, config::at_least(0),
                      "batches of an epoch, and of a validation; 0: all"),
        config::field(
            "overfit_batches", &TrialOptions::overfit_batches, config::at_least(0),
            "train and validate on this many batches without augmentation: a sound network memorizes them; 0: off"),
        config::field("fast_dev_run", &TrialOptions::fast_dev_run,
                      "one batch of each split, to see whether everything runs"));
  }
};

struct TrainOptions {
  std::int64_t epochs = 15;
  std::int64_t patience = 10;
  double max_time_s = 0.0;
  double label_smoothing = 0.1;
  std::string class_weights = "none";
  double dropout = -1.0;
  double clip_norm = 0.0;
  std::string precision = "auto";
  std::string not_finite = "stop";
  double max_skipped = 0.1;
  std::string keep = "auto";
  std::optional<std::int64_t> batch_norm_batches;
  bool deterministic = false;
  bool profile = false;
  bool gradient_checkpointing = false;
  bool launch_graph = true;
  std::int64_t freeze_epochs = 0;
  double backbone_lr_factor = 1.0;
  EmaOptions ema;
  CheckpointOptions checkpoint;
  TrialOptions trial;
  RangeTestOptions range_test;
  device::BatchOptions batch;
  config::Section optimizer;
  config::Section schedule;

  static auto schema() {
    return config::schema<TrainOptions>(
        config::field("epochs", &TrainOptions::epochs, config::at_least(0),
                      "passes over the training images; 0: the network stays as model.weights brings it"),
        config::field("patience", &TrainOptions::patience, config::at_least(1),
                      "epochs without a better validation accuracy after which training ends"),
        config::field("max_time_s", &TrainOptions::max_time_s, config::at_least(0.0).in("s"),
                      "time after which training ends as if this were its last epoch; 0: no limit"),
        config::field("label_smoothing", &TrainOptions::label_smoothing, config::between(0.0, 0.99),
                      "probability spread over all classes"),
        config::field("class_weights", &TrainOptions::class_weights, config::one_of("none", "balanced", "sqrt"),
                      "weights of the classes in the loss: balanced: as if each had equally many images; sqrt: halfway "
                      "there, the square root of that"),
        config::field("dropout", &TrainOptions::dropout, config::between(-1.0, 0.99),
                      "rate of all dropout layers; negative: the network's own"),
        config::field("clip_norm", &TrainOptions::clip_norm, config::at_least(0.0),
                      "largest norm of all gradients together; 0: no limit"),
        config::field("precision", &TrainOptions::precision, config::one_of("auto", "fp32", "tf32", "bf16", "fp16"),
                      "precision of the network's computation; auto: the default of the device class"),
        config::field("not_finite", &TrainOptions::not_finite, config::one_of("stop", "skip"),
                      "what to do when a loss or a gradient is NaN or infinity; the first such batches are saved"),
        config::field("max_skipped", &TrainOptions::max_skipped, config::between(0.0, 1.0),
                      "share of an epoch's steps that not_finite = skip may skip, but at least one step; beyond it "
                      "the run fails"),
        config::field("keep", &TrainOptions::keep, config::one_of("auto", "best", "last"),
                      "final weights: those of the best validation accuracy or of the last epoch; auto: the "
                      "last when weights are averaged, else the best"),
        config::field("batch_norm_batches", &TrainOptions::batch_norm_batches, config::at_least(0),
                      "batches over which BatchNorm's statistics are recomputed at the end; auto: 200 when weights "
                      "are averaged, else 0"),
        config::field("deterministic", &TrainOptions::deterministic,
                      "equal bits from run to run; an operation without a deterministic form is an error"),
        config::field("profile", &TrainOptions::profile,
                      "write a trace of some steps for chrome://tracing, and a table of its operations")
            .outside_run_key(),
        config::field("gradient_checkpointing", &TrainOptions::gradient_checkpointing,
                      "keep few values for the backward pass and recompute the others: less memory, a third more "
                      "time, the same bits"),
        config::field("launch_graph", &TrainOptions::launch_graph,
                      "record the kernels of a pass once and launch them together; CUDA"),
        config::field("freeze_epochs", &TrainOptions::freeze_epochs, config::at_least(0),
                      "epochs at the beginning in which only the last linear layer is trained and BatchNorm keeps its "
                      "statistics"),
        config::field("backbone_lr_factor", &TrainOptions::backbone_lr_factor, config::between(0.0, 1.0),
                      "factor on the learning rate of everything but the last linear layer"),
        config::field("ema", &TrainOptions::ema, "moving average of the weights, used as the final weights"),
        config::field("checkpoint", &TrainOptions::checkpoint, "how an interrupted training resumes").outside_run_key(),
        config::field("trial", &TrainOptions::trial, "shorter trainings, for trials"),
        config::field("range_test", &TrainOptions::range_test,
                      "a search for the learning rate before training, which it does not change")
            .outside_run_key(),
        config::field("batch", &TrainOptions::batch, "batch size"),
        config::plugin("optimizer", &TrainOptions::optimizer, describe_optimizers, "how the weights are updated"),
        config::plugin("schedule", &TrainOptions::schedule, describe_schedules,
                       "how the learning rate changes from step to step"));
  }
};

}  // namespace assay::train
