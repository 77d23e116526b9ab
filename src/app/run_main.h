#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/run_context.h"
#include "config/catalogue.h"
#include "config/schema.h"

namespace assay::app {

/// Describes an experiment whose configuration is read into `Options`, a struct with a schema and the members `run`,
/// `device` and `track` of CommonOptions.
template <typename Options>
struct Experiment {
  std::string name;     ///< of the binary, its primary configuration file and its runs
  std::string summary;  ///< one line for --help
  /// Makes every plug-in once and finds whatever can be found out without computing, so that all mistakes are known
  /// before anything starts. Errors: Error(kConfig), Error(kData).
  std::function<void(const Options& options, const Machine& machine)> check;
  /// Identifies the data, and whatever else a run reads; part of the run's key.
  std::function<std::string(const Options& options)> inputs_digest;
  std::function<std::string(const Options& options)> run_name;
  std::function<void(RunContext& context, const Options& options)> run;
  /// Does what --data-check asks for, in a context without a folder; empty where there is no data to check.
  std::function<void(RunContext& context, const Options& options)> check_data = nullptr;
  /// Describes the network for --summary; none: there is none to describe. Errors: as check.
  std::function<std::string(const Options& options)> model_summary = nullptr;
  /// Computes what is needed to know that a run fits into memory at all; none: that shows when it runs.
  /// Errors: Error(kConfig).
  std::function<void(const Options& options, const Machine& machine)> check_memory = nullptr;
};

namespace detail {

/// Is Experiment without its type of options.
struct AnyExperiment {
  config::Catalogue catalogue;
  std::function<CommonOptions(const config::Section& root)> read;
  std::function<void(const Machine& machine)> check;
  std::function<std::string()> inputs_digest;
  std::function<std::string()> run_name;
  std::function<void(RunContext& context)> run;
  std::function<void(RunContext& context)> check_data;
  std::function<std::string()> model_summary = nullptr;
  std::function<void(const Machine& machine)> check_memory = nullptr;
};

int run_any(const AnyExperiment& experiment, int argc, char** argv);

}  // namespace detail

/// Runs an experiment from its command line to its exit code: composes and checks the configuration, finds the device,
/// opens the run folder and the tracking run, runs, and closes the run rightly however it ends. The only place that
/// catches. Returns 0 done, 1 internal error, 2 configuration or usage, 3 data, 4 done but tracking incomplete, 128 + n
/// on signal n. `--catalogue FILE` alone writes the catalogue of its options.
template <typename Options>
int run_main(const Experiment<Options>& experiment, int argc, char** argv) {
  Options options;
  detail::AnyExperiment any;
  any.catalogue = {experiment.name, experiment.summary, config::describe<Options>()};
  any.read = [&options](const config::Section& root) {
    config::Problems problems;
    config::read_into(root, options, problems);
    problems.throw_if_any();
    return CommonOptions{options.run, options.device, options.track};
  };
  any.check = [&](const Machine& machine) { experiment.check(options, machine); };
  any.inputs_digest = [&] { return experiment.inputs_digest(options); };
  any.run_name = [&] { return experiment.run_name(options); };
  any.run = [&](RunContext& context) { experiment.run(context, options); };
  if (experiment.check_data) any.check_data = [&](RunContext& context) { experiment.check_data(context, options); };
  if (experiment.model_summary) any.model_summary = [&] { return experiment.model_summary(options); };
  if (experiment.check_memory)
    any.check_memory = [&](const Machine& machine) { experiment.check_memory(options, machine); };
  return detail::run_any(any, argc, argv);
}

}  // namespace assay::app
