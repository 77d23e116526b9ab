#include "track/backends/journaled_run.h"

#include <fmt/format.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "track/mlflow/credentials.h"
#include "track/mlflow/environment.h"

namespace assay::track {
namespace {

std::string user_name() {
  if (auto name = environment_text("MLFLOW_TRACKING_USERNAME"); !name.empty()) return name;
  if (auto name = read_credentials().username; !name.empty()) return name;
  const passwd* const entry = getpwuid(geteuid());
  return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

/// Returns 128 random bits as hexadecimal digits.
std::string make_uuid() {
  std::random_device random;
  std::string digits;
  for (int i = 0; i < 4; ++i) digits += fmt::format("{:08x}", random());
  return digits;
}

/// Completes the tags: the environment's win, since they say what a container cannot know of itself.
std::vector<KeyValue> tags_of(const RunStart& start) {
  auto tags = environment_of_runs().tags;
  const auto add_default = [&](const std::string& key, std::string value) {
    const auto same_key = [&](const KeyValue& tag) { return tag.first == key; };
    if (std::none_of(tags.begin(), tags.end(), same_key)) tags.emplace_back(key, std::move(value));
  };
  for (const auto& [key, value] : start.tags) add_default(key, value);
  for (auto& [key, value] : tags) {
    check_key("tag", key);
    value = cut_text(value, kMaxTagLength);
  }
  add_default("mlflow.user", user_name());
  add_default("mlflow.source.type", "LOCAL");
  return tags;
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

/// Names a file as the journal keeps it: one in the run's folder by its place there, since that folder may be moved.
std::filesystem::path place_in_journal(const std::filesystem::path& file, const std::filesystem::path& record_folder) {
  const auto path = std::filesystem::absolute(file).lexically_normal();
  const auto folder = std::filesystem::absolute(record_folder).lexically_normal();
  return is_inside(path, folder) ? path.lexically_relative(folder) : path;
}

/// Refuses what only seems to lie in the run's folder: whoever prepared that folder could have any file sent.
void refuse_link_outside(const std::filesystem::path& file, const std::filesystem::path& record_folder) {
  std::error_code ignored;
  const auto target = std::filesystem::weakly_canonical(file, ignored);
  if (!is_inside(file, record_folder) || is_inside(target, std::filesystem::weakly_canonical(record_folder, ignored)))
    return;
  throw Error(ErrorKind::kData, fmt::format("is a link out of the run's folder, to {}", target.string()), file.string(),
              "copy the file into the folder instead");
}

/// Says where an outermost run belongs.
RecordedRun place_of(const RunStart& start) {
  const auto environment = environment_of_runs();
  RecordedRun place;
  place.resume_id = environment.run_id;
  place.experiment = start.experiment;
  if (!place.experiment.empty()) return place;
  place.experiment = environment.experiment;
  place.experiment_id = environment.experiment_id;
  if (place.experiment.empty() && place.experiment_id.empty())
    place.experiment = find_value(start.tags, "mlflow.source.name");
  ASSAY_CHECK((place.experiment + place.experiment_id).empty() == false);
  return place;
}

std::shared_ptr<Journal> make_journal(const std::filesystem::path& record_folder) {
  ASSAY_CHECK(!record_folder.empty());
  const auto folder = record_folder / "journals";
  make_writable_folder(folder);
  constexpr std::size_t kNameLength = 12;
  return std::make_shared<Journal>(folder / (make_uuid().substr(0, kNameLength) + ".journal"));
}

}  // namespace

std::unique_ptr<JournaledRun> JournaledRun::start(const RunStart& start, const std::shared_ptr<Sender>& sender,
                                                  const RunExtras& extras) {
  const auto outermost = place_of(start);
  auto journal = make_journal(start.record_folder);
  std::unique_ptr<JournaledRun> run(new JournaledRun(journal, sender, start, outermost, extras.registration));
  if (!outermost.resume_id.empty()) forget_run_id();
  if (sender != nullptr) {
    sender->add(journal);
    sender->await_start(*journal);
  }
  if (extras.watching.enabled) {
    auto watching = extras.watching;
    if (sender != nullptr) watching.first_step = sender->next_system_step(*journal);
    run->system_metrics_ = std::make_unique<SystemMetrics>(*run, watching);
  }
  return run;
}

JournaledRun::JournaledRun(std::shared_ptr<Journal> journal, std::shared_ptr<Sender> sender, const RunStart& start,
                           RecordedRun run, Registration registration)
    : journal_(std::move(journal)),
      sender_(std::move(sender)),
      run_(std::move(run)),
      registration_(std::move(registration)) {
  run_.uuid = make_uuid();
  run_.name = start.name;
  run_.start_ms = wall_clock_ms();
  run_.tags = tags_of(start);
  if (sender_ != nullptr) run_.target = sender_->server_url();
  run_.id = journal_->store().begin_run(run_);
}

JournaledRun::~JournaledRun() {
  try {
    if (!is_finished_) finish(RunStatus::kFailed);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
  }
}

void JournaledRun::log_params(const std::vector<KeyValue>& params) {
  check_open(is_finished_, run_.name);
  const std::lock_guard lock(params_mutex_);
  for (const auto& [key, value] : take_new_params(params, known_params_)) {
    journal_->log({.kind = EntryKind::kParam, .run = run_.id, .time_ms = wall_clock_ms(), .key = key, .text = value});
  }
  for (const auto& [key, value] : params) {
    if (known_params_.at(key) != value) keep_whole(key, value);
  }
}

void JournaledRun::keep_whole(const std::string& key, const std::string& value) {
  const auto path = fmt::format("params/{}.txt", key);
  const auto file = journal_->record_folder() / "long_params" / run_.uuid / path;
  write_file_atomically(file, value);
  log_artifact(file, path);
}

void JournaledRun::log_metric(std::string_view key, double value, std::int64_t step) {
  check_open(is_finished_, run_.name);
  check_key("metric", key);
  journal_->log({.run = run_.id, .time_ms = wall_clock_ms(), .step = step, .number = value, .key = key});
}

void JournaledRun::set_tag(std::string_view key, std::string_view value) {
  check_open(is_finished_, run_.name);
  check_key("tag", key);
  const auto text = cut_text(value, kMaxTagLength);
  journal_->log({.kind = EntryKind::kTag, .run = run_.id, .time_ms = wall_clock_ms(), .key = key, .text = text});
}

void JournaledRun::log_artifact(const std::filesystem::path& file, std::string_view artifact_path) {
  check_open(is_finished_, run_.name);
  check_artifact_path(artifact_path);
  const auto path = std::filesystem::absolute(file);
  refuse_link_outside(path, std::filesystem::absolute(journal_->record_folder()));
  journal_->log({.kind = EntryKind::kFile,
                 .run = run_.id,
                 .time_ms = wall_clock_ms(),
                 .key = artifact_path,
                 .text = place_in_journal(file, journal_->record_folder()).native()});
  if (sender_ != nullptr) sender_->wake();
}

void JournaledRun::log_dataset(const DatasetInput& dataset) {
  check_dataset(dataset);
  log_item(EntryKind::kDataset, dataset.name, to_json(dataset));
}

void JournaledRun::log_model(const LoggedModel& model) {
  auto kept = registered(model, registration_);
  check_model(kept);
  kept.folder = place_in_journal(model.folder, journal_->record_folder());
  log_item(EntryKind::kModel, model.name, to_json(kept));
  if (sender_ != nullptr) sender_->wake();
}

void JournaledRun::log_item(EntryKind kind, const std::string& name, const Json& description) {
  check_open(is_finished_, run_.name);
  const auto text = format_json(description);
  journal_->log({.kind = kind, .run = run_.id, .time_ms = wall_clock_ms(), .key = name, .text = text});
}

std::unique_ptr<Run> JournaledRun::start_child(const RunStart& start) {
  RecordedRun place;
  place.parent = run_.id;
  place.experiment = run_.experiment;
  std::unique_ptr<Run> child(new JournaledRun(journal_, sender_, start, place, registration_));
  if (sender_ != nullptr) sender_->wake();
  return child;
}

void JournaledRun::finish(RunStatus status) {
  system_metrics_.reset();
  if (is_finished_.exchange(true)) return;
  const auto end_ms = wall_clock_ms();
  for (const auto& run : family()) {
    journal_->log({.kind = EntryKind::kEnd, .run = run.id, .time_ms = end_ms, .key = to_string(status), .text = ""});
  }
  if (run_.parent != 0) return;
  journal_->settle();
  if (sender_ != nullptr) sender_->finish(*journal_);
}

std::vector<RecordedRun> JournaledRun::family() const {
  std::vector<RecordedRun> family;
  std::set<std::int64_t> ids = {run_.id};
  for (auto& run : journal_->store().runs()) {
    if (run.id != run_.id && !ids.contains(run.parent)) continue;
    ids.insert(run.id);
    family.push_back(std::move(run));
  }
  return family;
}

Delivery JournaledRun::delivery() const {
  journal_->settle();
  Delivery delivery;
  delivery.backend = sender_ == nullptr ? "journal" : "mlflow";
  if (sender_ == nullptr) return delivery;
  delivery.verified = true;
  for (const auto& run : family()) {
    const auto counts = journal_->store().count(run.id);
    delivery.sent += counts.delivered;
    delivery.undelivered += counts.undelivered();
    if (delivery.first_error.empty()) delivery.first_error = counts.first_refusal;
    delivery.verified = delivery.verified && run.verification == kVerified;
    const bool is_different = !run.verification.empty() && run.verification != kVerified;
    if (is_different && counts.undelivered() == 0 && delivery.difference.empty())
      delivery.difference = fmt::format("run `{}` on the server: {}", run.name, run.verification);
    if (run.id != run_.id || run.run_id.empty()) continue;
    delivery.run_id = run.run_id;
    delivery.url = sender_->run_page(run);
  }
  delivery.retried = sender_->num_retried();
  if (delivery.undelivered > 0 && delivery.first_error.empty()) delivery.first_error = sender_->last_error();
  return delivery;
}

}  // namespace assay::track
