#include "app/session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>

#include "app/ending.h"
#include "app/machine_panel.h"
#include "app/note.h"
#include "app/provenance.h"
#include "app/resolvers.h"
#include "app/run_folder.h"
#include "app/run_log.h"
#include "config/fingerprint.h"
#include "config/toml.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/terminal.h"
#include "train/snapshot.h"

namespace assay::app::detail {
namespace {

// What a finished run no longer needs to be resumed, of its training and of all stages after it.
void clear_snapshots(const std::filesystem::path& folder) {
  train::SnapshotFolder(folder / "checkpoints").clear();
  std::error_code none;
  for (std::filesystem::directory_iterator stage(folder / "stages", none), end; stage != end; stage.increment(none)) {
    train::SnapshotFolder(stage->path() / "checkpoints").clear();
  }
}

class Session {
 public:
  Session(const AnyExperiment& experiment, const front::CommandLine& command_line)
      : experiment_(experiment), command_line_(command_line) {}

  /// Runs with one set of overrides, none of them a sweep.
  int run(config::ConfigFiles& files, const std::vector<config::Override>& overrides) {
    const auto ending = end_of([&] {
      prepare(files, overrides);
      if (command_line_.data_check) return check_data();
      if (command_line_.summary) return print_model_summary();
      check_memory();
      outside_run_key_ = config::keys_outside_run_key(experiment_.catalogue.options);
      run_key_ = make_run_key(configuration_.resolved, outside_run_key_, experiment_.inputs_digest());
      if (command_line_.dry_run) return announce();
      RunFolder folder(options_.run.dir, options_.run.experiment, run_key_);
      if (folder.is_finished() && !command_line_.force) {
        check_asked_files(folder.path());
        print_status("already done: {}\n  hint: --force runs it again\n", (folder.path() / "record.json").string());
        return;
      }
      exit_code_ = run_in(folder.path());
    });
    if (ending.exit_code == 0) return exit_code_;
    tell(ending.error);
    return ending.exit_code;
  }

  /// Composes, checks and finds the device.
  void prepare(config::ConfigFiles& files, const std::vector<config::Override>& overrides) {
    configuration_ = front::configure(files, experiment_.catalogue, overrides, machine_resolvers());
    options_ = experiment_.read(config::Section(configuration_.resolved, "", {experiment_.catalogue.experiment, 0, 0}));
    tracked_experiment_ = options_.run.experiment;
    if (options_.run.experiment.empty()) options_.run.experiment = experiment_.catalogue.experiment;
    tracker_ = track::make_tracker(options_.track);
    host_ = device::inspect_host();
    device_ = device::choose_device(options_.device, host_);
    experiment_.check({options_.device, host_, device_});
  }

  /// Refuses a run that fits into no memory. After prepare().
  void check_memory() const {
    if (experiment_.check_memory) experiment_.check_memory({options_.device, host_, device_});
  }

 private:
  // What can be asked for without changing the result, and so the run's key, a finished run may not have.
  void check_asked_files(const std::filesystem::path& folder) const {
    const auto settings = config::flatten(configuration_.resolved);
    const std::map<std::string, std::string> asked(settings.begin(), settings.end());
    const auto check = [&](const std::string& key, const std::string& off, const char* file) {
      const auto found = asked.find(key);
      if (found == asked.end() || found->second == off || std::filesystem::exists(folder / file)) return;
      throw Error(ErrorKind::kConfig,
                  fmt::format("this run is already done, without what {}={} asks for", key, found->second),
                  folder.string(), "--force runs it again; run.dir=... keeps both");
    };
    check("train.profile", "false", "profile/trace.json");
    check("train.range_test.steps", "0", "range_test.json");
  }

  // Without a run: nothing is kept or tracked.
  void check_data() {
    if (!experiment_.check_data)
      throw Error(ErrorKind::kConfig, "--data-check: this experiment has no images to check");
    const config::Section off(config::parse_toml("name = \"off\"", "--data-check"), "track", {"--data-check", 1, 1});
    const auto run = track::make_tracker(off)->start({experiment_.catalogue.experiment, run_name(), {}});
    const std::vector<std::pair<std::string, std::string>> settings;
    RunContext context{options_, host_, device_, {}, {}, *run, settings, record_};
    experiment_.check_data(context);
  }

  void print_model_summary() const {
    if (!experiment_.model_summary)
      throw Error(ErrorKind::kConfig, "this experiment has no network to show", "--summary");
    fmt::print("{}", experiment_.model_summary());
  }

  void announce() {
    start_record(wall_clock_ms());
    const auto folder = RunFolder::path_of(options_.run.dir, options_.run.experiment, run_key_);
    print_panel(fmt::format("would run {}", run_name()), describe_machine(host_, device_, options_.device, folder));
  }

  // From the first line of the record to the last: whatever goes wrong in between, the record says how the run ended.
  int run_in(const std::filesystem::path& folder) {
    const Stopwatch watch;
    const RunLog log(folder);
    start_record(wall_clock_ms());
    write_json(folder / "record.json", record_);
    std::unique_ptr<track::Run> run;
    const auto ending = end_of([&] {
      start_tracking(folder, run);
      print_panel(experiment_.catalogue.experiment, describe_machine(host_, device_, options_.device, folder));
      const auto settings = config::flatten(configuration_.resolved, outside_run_key_);
      RunContext context{options_, host_, device_, folder, {}, *run, settings, record_};
      experiment_.run(context);
    });
    if (ending.status == track::RunStatus::kFinished) clear_snapshots(folder);
    record_["status"] = track::to_string(ending.status);
    record_["error"] = ending.error;
    record_["duration_s"] = watch.seconds();
    if (ending.status == track::RunStatus::kKilled) {
      print_status("{}: what is done is saved, and the same command goes on from there\n", ending.error);
    } else if (!ending.error.empty()) {
      tell(ending.error);
    }
    const auto file = folder / "record.json";
    const auto writing = end_of([&] { write_json(file, record_); });
    if (writing.exit_code != 0) tell(writing.error);
    const auto delivering = end_of([&] {
      if (run != nullptr) deliver(*run, file, ending);
    });
    if (delivering.exit_code != 0) tell(delivering.error);
    print_status("record: {}\n", file.string());
    const bool is_tracked = run != nullptr && delivering.exit_code == 0 && run->delivery().complete();
    return exit_code_of(ending, writing, is_tracked);
  }

  // `run` is there as soon as it has begun, so that it is ended whatever comes next.
  void start_tracking(const std::filesystem::path& folder, std::unique_ptr<track::Run>& run) {
    write_file_atomically(folder / "config.toml", config::write_toml(configuration_.resolved));
    write_file_atomically(folder / "composed.toml", config::write_toml(configuration_.composition.table));
    const auto provenance =
        find_provenance(command_line_.config_dirs.front(), track::sends_untracked_sources(options_.track));
    record_["source"] = provenance.record;
    run = tracker_->start(describe_start(folder, provenance));
    if (const auto fault = track::keep_untracked(provenance.git, folder / "untracked"); !fault.empty())
      spdlog::warn("{}", fault);
    if (!provenance.diff.empty()) {
      write_file_atomically(folder / "source.diff", provenance.diff);
      run->log_artifact(folder / "source.diff", "source.diff");
    }
    run->log_params(params());
    run->set_tag("mlflow.note.content", make_note(record_));
    for (const auto* name : {"config.toml", "composed.toml"}) run->log_artifact(folder / name, name);
  }

  // Sends the record, ends the tracked run, and keeps in the record what became of both.
  void deliver(track::Run& run, const std::filesystem::path& file, const Ending& ending) {
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
      print_status("tracked otherwise than logged: {}\n", delivery.difference);
    } else if (!delivery.complete()) {
      print_status("tracking incomplete: {} of {} entries were not delivered ({})\n  hint: `assay sync {}`\n",
                   delivery.undelivered, delivery.sent + delivery.undelivered, delivery.first_error,
                   file.parent_path().string());
    } else if (!delivery.url.empty()) {
      print_status("tracked: {}{}\n", delivery.url, delivery.verified ? " (read back: all there)" : "");
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
  std::vector<std::string> outside_run_key_;
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

void check_session(const AnyExperiment& experiment, config::ConfigFiles& files,
                   const std::vector<config::Override>& overrides) {
  Session session(experiment, {});
  session.prepare(files, overrides);
  session.check_memory();
}

}  // namespace assay::app::detail
