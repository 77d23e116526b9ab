#pragma once

#include <string>
#include <vector>

#include "app/run_main.h"
#include "app/variants.h"
#include "deploy/exporter.h"
#include "train/options.h"

namespace assay::app {

/// Options of a compression study.
struct StudyOptions {
  RunOptions run;
  config::Section data;
  config::Section model;
  train::TrainOptions train;
  std::vector<std::string> techniques;
  config::Section compress;
  std::vector<std::string> exports = {kMeasuredExporter};
  LatencyBenchmark latency;
  Targets targets;
  device::DeviceOptions device;
  config::Section track;

  static auto schema() {
    return config::schema<StudyOptions>(
        config::field("run", &StudyOptions::run, "identity of the run"),
        config::plugin("data", &StudyOptions::data, data::describe_datasets, "which images"),
        config::plugin("model", &StudyOptions::model, models::describe_models, "which network"),
        config::field("train", &StudyOptions::train, "training"),
        config::field("techniques", &StudyOptions::techniques,
                      "tables of compress that are used, in this order; several in turn on one network: "
                      "\"finetune+static_int8\""),
        config::plugins("compress", &StudyOptions::compress, compress::describe_steps,
                        "one table a step of a technique"),
        config::field("exports", &StudyOptions::exports,
                      config::Limits{std::nullopt, std::nullopt, deploy::exporter_names(), ""},
                      "formats in which each variant is written; torchscript, from whose file all is measured, is one"),
        config::field("latency", &StudyOptions::latency, "how latency is measured"),
        config::field("targets", &StudyOptions::targets, "what compression should reach"),
        config::field("device", &StudyOptions::device, "where to train, within which memory"),
        config::plugin("track", &StudyOptions::track, track::describe_backends,
                       "where runs are recorded beside their folder")
            .outside_run_key());
  }
};

/// Returns the experiment that trains a classifier, compresses it by each technique, and compares all variants on test
/// images that nothing was chosen on. `name` is that of the binary and of its primary configuration file.
Experiment<StudyOptions> compression_study(std::string name, std::string summary);

}  // namespace assay::app
