#include "app/session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/ending.h"
#include "app/machine_panel.h"
#include "app/note.h"
#include "app/provenance.h"
#include "app/resolvers.h"
#include "app/run_folder.h"
#include "config/fingerprint.h"
#include "config/toml.h"
#include "core/clock.h"
#include "core/file.h"
#include "train/snapshot.h"

namespace assay::app::detail {
namespace {

constexpr int kTrackingIncomplete = 4;

class Session {
 public:
  Session(const AnyExperiment& experiment, const front::CommandLine& command_line)
      : experiment_(experiment), command_line_(command_line) {}

  /// Runs with one set of overrides, none of them a sweep.
  int run(config::ConfigFiles& files, const std::vector<config::Override>& overrides) {
    const auto ending = end_of([&] {
      prepare(files, overrides);
      if (command_line_.dry_run) return announce();
      RunFolder folder(options_.run.dir, options_.run.experiment, run_key_);
      if (folder.is_finished() && !command_line_.force) {
        fmt::print(stderr, "already done: {}\n  hint: --force runs it again\n",
                   (folder.path() / "record.json").string());
        return;
      }
      exit_code_ = run_in(folder.path());
    });
    if (ending.exit_code == 0) return exit_code_;
    tell(ending.error);
    return ending.exit_code;
  }

 private:
  void prepare(config::ConfigFiles& files, const std::vector<config::Override>& overrides) {
    configuration_ = front::configure(files, experiment_.catalogue.experiment, overrides, machine_resolvers());
    options_ = experiment_.read(config::Section(configuration_.resolved, "", {experiment_.catalogue.experiment, 0, 0}));
    tracked_experiment_ = options_.run.experiment;
    if (options_.run.experiment.empty()) options_.run.experiment = experiment_.catalogue.experiment;
    tracker_ = track::make_tracker(options_.track);
    run_key_ = make_run_key(configuration_.resolved, experiment_.check());
    host_ = device::inspect_host();
    device_ = device::choose_device(options_.device, host_);
  }

  void announce() {
    start_record(wall_clock_ms());
    const auto folder = RunFolder::path_of(options_.run.dir, options_.run.experiment, run_key_);
    print_panel(fmt::format("would run {}", run_name()), describe_machine(host_, device_, options_.device, folder));
  }

  int run_in(const std::filesystem::path& folder) {
    const auto start_ms = wall_clock_ms();
    start_record(start_ms);
    write_json(folder / "record.json", record_);
    write_file_atomically(folder / "config.toml", config::write_toml(configuration_.resolved));
    write_file_atomically(folder / "composed.toml", config::write_toml(configuration_.composition.table));
    const auto provenance =
        find_provenance(command_line_.config_dirs.front(), track::sends_untracked_sources(options_.track));
    record_["source"] = provenance.record;
    const auto run = tracker_->start(describe_start(folder, provenance));
    if (const auto fault = track::keep_untracked(provenance.git, folder / "untracked"); !fault.empty())
      spdlog::warn("{}", fault);
    if (!provenance.diff.empty()) {
      write_file_atomically(folder / "source.diff", provenance.diff);
      run->log_artifact(folder / "source.diff", "source.diff");
    }
    run->log_params(params());
    run->set_tag("mlflow.note.content", make_note(record_));
    for (const auto* file : {"config.toml", "composed.toml"}) run->log_artifact(folder / file, file);
    print_panel(experiment_.catalogue.experiment, describe_machine(host_, device_, options_.device, folder));

    const auto settings = semantic_settings(configuration_.resolved);
    RunContext context{options_, host_, device_, folder, *run, settings, record_};
    auto ending = end_of([&] { experiment_.run(context); });
    if (ending.status == track::RunStatus::kFinished) train::SnapshotFolder(folder / "checkpoints").clear();
    record_["status"] = track::to_string(ending.status);
    record_["error"] = ending.error;
    record_["duration_s"] = static_cast<double>(wall_clock_ms() - start_ms) / 1e3;
    if (!ending.error.empty()) tell(ending.error);
    const auto writing = end_of([&] { deliver(*run, folder, ending); });
    if (writing.exit_code != 0) {
      tell(writing.error);
      if (ending.exit_code == 0) ending.exit_code = writing.exit_code;
    }
    fmt::print(stderr, "record: {}\n", (folder / "record.json").string());
    const bool incomplete = !run->delivery().complete();
    return ending.exit_code == 0 && incomplete ? kTrackingIncomplete : ending.exit_code;
  }

  // Sends the record, ends the tracked run, and keeps in the record what became of both.
  void deliver(track::Run& run, const std::filesystem::path& folder, const Ending& ending) {
    const auto file = folder / "record.json";
    write_json(file, record_);
    run.set_tag("mlflow.note.content", make_note(record_));
    run.set_tag("assay.record", "record.json");
    if (!ending.error.empty()) run.set_tag("assay.error", ending.error);
    run.log_artifact(file, "record.json");
    run.finish(ending.status);
    const auto delivery = run.delivery();
    record_["tracking"] = {{"backend", delivery.backend},        {"url", delivery.url},
                           {"run_id", delivery.run_id},          {"complete", delivery.complete()},
                           {"verified", delivery.verified},      {"sent", delivery.sent},
                           {"retried", delivery.retried},        {"undelivered", delivery.undelivered},
                           {"first_error", delivery.first_error}};
    write_json(file, record_);
    if (!delivery.difference.empty()) {
      fmt::print(stderr, "tracked otherwise than logged: {}\n", delivery.difference);
    } else if (!delivery.complete()) {
      fmt::print(stderr, "tracking incomplete: {} of {} entries were not delivered ({})\n  hint: `assay sync {}`\n",
                 delivery.undelivered, delivery.sent + delivery.undelivered, delivery.first_error, folder.string());
    } else if (!delivery.url.empty()) {
      fmt::print(stderr, "tracked: {}{}\n", delivery.url, delivery.verified ? " (read back: all there)" : "");
    }
  }

  void start_record(std::int64_t start_ms) {
    record_ = {{"format", 1},
               {"experiment", options_.run.experiment},
               {"run_key", run_key_},
               {"run_name", run_name()},
               {"status", "RUNNING"},
               {"error", ""},
               {"started", format_utc(start_ms)},
               {"command", command_line_.text},
               {"environment", describe_environment(host_, device_)}};
  }

  std::string run_name() const { return options_.run.name.empty() ? experiment_.run_name() : options_.run.name; }

  track::RunStart describe_start(const std::filesystem::path& folder, const Provenance& provenance) const {
    track::RunStart start{tracked_experiment_,
                          run_name(),
                          {{"mlflow.source.name", experiment_.catalogue.experiment}, {"assay.run_key", run_key_}},
                          folder};
    start.tags.insert(start.tags.end(), provenance.tags.begin(), provenance.tags.end());
    return start;
  }

  std::vector<track::KeyValue> params() const {
    auto params = config::flatten(configuration_.resolved);
    params.emplace_back("environment.device", device_.device.str());
    params.emplace_back("environment.threads", format_json(record_["environment"]["threads"]));
    return params;
  }

  const AnyExperiment& experiment_;
  const front::CommandLine& command_line_;
  front::Configuration configuration_;
  CommonOptions options_;
  std::unique_ptr<track::Tracker> tracker_;
  std::string tracked_experiment_;  // empty: the tracker finds one
  std::string run_key_;
  device::Host host_;
  device::ChosenDevice device_;
  Json record_;
  int exit_code_ = 0;
};

}  // namespace

int run_session(const AnyExperiment& experiment, const front::CommandLine& command_line, config::ConfigFiles& files,
                const std::vector<config::Override>& overrides) {
  return Session(experiment, command_line).run(files, overrides);
}

}  // namespace assay::app::detail
