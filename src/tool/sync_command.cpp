// assay sync: delivers data that runs tracked while the server was unreachable, or before they died.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "core/error.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "tool/commands.h"
#include "track/delivery/deliverer.h"
#include "track/delivery/delivery_bar.h"
#include "track/journal/journal.h"
#include "track/mlflow/backoff.h"
#include "track/mlflow/environment.h"

namespace assay::tool {
namespace {

using track::Journal;
using track::RecordedRun;

constexpr int kIncomplete = 4;

struct SyncOptions {
  std::vector<std::filesystem::path> places = {"runs"};
  std::string tracking_uri;
  double patience_s = 30.0;
  double watch_s = 0.0;
};

void sleep_until(track::SteadyTime time) {
  while (std::chrono::steady_clock::now() < time) {
    throw_if_stopped();
    std::this_thread::sleep_for(
        std::min<track::SteadyTime::duration>(time - std::chrono::steady_clock::now(), std::chrono::milliseconds(200)));
  }
}

/// Ends the runs of a process that died before it could end them, at the time of the last log entry.
void close_dead_runs(Journal& journal) {
  for (const auto& run : journal.store().runs()) {
    if (run.status) continue;
    const auto end_ms = journal.store().last_time_ms(run.id);
    journal.log({.kind = track::EntryKind::kTag,
                 .run = run.id,
                 .time_ms = end_ms,
                 .key = "assay.error",
                 .text = "the process died without ending the run"});
    journal.log({.kind = track::EntryKind::kEnd,
                 .run = run.id,
                 .time_ms = end_ms,
                 .key = to_string(track::RunStatus::kKilled),
                 .text = ""});
  }
  journal.settle();
}

/// Finds the server for a journal: the requested one, else the one that has its runs or was meant to get them.
std::string choose_uri(const SyncOptions& options, const std::vector<RecordedRun>& runs) {
  if (!options.tracking_uri.empty() || runs.empty()) return options.tracking_uri;
  return runs.front().server.empty() ? runs.front().target : runs.front().server;
}

/// Delivers one journal. Returns why something is left, or "".
std::string deliver(const SyncOptions& options, Journal& journal, std::int64_t num_waiting) {
  const auto uri = choose_uri(options, journal.store().runs());
  track::MlflowApi api(track::find_tracking_server(uri, "--tracking-uri"), track::environment_http_options());
  track::Deliverer deliverer(
      api, {.moves = !options.tracking_uri.empty(), .multipart = track::environment_multipart_policy()});
  track::Backoff backoff(options.patience_s, std::random_device{}(), track::environment_retry_policy());
  const track::DeliveryBar bar("delivering " + journal.record_folder().string(), num_waiting, [&] {
    const auto num_delivered = std::max<std::int64_t>(0, num_waiting - journal.store().num_waiting());
    return track::DeliveryBar::State{num_delivered, deliverer.uploads()};
  });
  std::string refusal;
  while (true) {
    throw_if_stopped();
    const auto step = deliverer.step(journal.store());
    if (step.is_idle) return refusal;
    if (!step.failure) {
      backoff.succeed();
    } else if (step.failure->kind == track::Failure::Kind::kRejected) {
      refusal = fmt::format("{} cannot be tracked: {}", step.what, step.failure->to_string());
    } else if (step.failure->is_pending) {
      sleep_until(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    } else {
      const auto again = backoff.fail(std::chrono::steady_clock::now(), step.failure->retry_after_s);
      const bool is_hopeless = !step.failure->connected || step.failure->kind == track::Failure::Kind::kUnusable;
      if (is_hopeless || backoff.is_long(again)) return step.failure->to_string();
      sleep_until(again);
    }
  }
}

/// Reports the runs for which the server returns something else than was logged. Returns whether there is none.
bool tell_differences(track::JournalStore& store) {
  bool is_as_logged = true;
  for (const auto& run : store.runs()) {
    if (run.verification.empty() || run.verification == track::kVerified) continue;
    print_status("  run `{}` on the server: {}\n", run.name, run.verification);
    is_as_logged = false;
  }
  return is_as_logged;
}

/// Returns whether the whole journal is delivered. Errors: JournalBusy; Error(kData) for a damaged one.
bool sync_journal(const SyncOptions& options, const std::filesystem::path& path, std::int64_t& num_delivered) {
  Journal journal(path);
  close_dead_runs(journal);
  journal.store().reopen_incomplete();
  const auto before = journal.store().count();
  if (before.waiting == 0) return true;
  const auto reason = deliver(options, journal, before.waiting);
  const auto after = journal.store().count();
  const auto num_left = after.undelivered();
  const auto num_sent = std::max<std::int64_t>(0, after.delivered - before.delivered);
  num_delivered += num_sent;
  fmt::print("{}: {} delivered{}\n", path.string(), num_sent, num_left > 0 ? fmt::format(", {} left", num_left) : "");
  if (!reason.empty()) print_status("  {}\n", reason);
  const bool is_as_logged = tell_differences(journal.store());
  return num_left == 0 && is_as_logged;
}

int sync_once(const SyncOptions& options) {
  std::int64_t num_delivered = 0;
  std::size_t num_incomplete = 0;
  const auto journals = track::find_journals(options.places);
  for (const auto& path : journals) {
    try {
      if (!sync_journal(options, path, num_delivered)) ++num_incomplete;
    } catch (const track::JournalBusy&) {
      fmt::print("{}: still being written\n", path.string());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kConfig) throw;
      print_status("{}\n", error.what());
      ++num_incomplete;
    }
  }
  fmt::print("{} journals, {} entries delivered, {} journals incomplete\n", journals.size(), num_delivered,
             num_incomplete);
  return num_incomplete == 0 ? 0 : kIncomplete;
}

int sync(const SyncOptions& options) {
  install_stop_handlers();
  while (true) {
    const auto exit_code = sync_once(options);
    if (options.watch_s <= 0) return exit_code;
    sleep_until(std::chrono::steady_clock::now() + track::seconds(options.watch_s));
  }
}

}  // namespace

void add_sync_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<SyncOptions>();
  auto* command = app.add_subcommand("sync", "Deliver tracked data that the server does not have yet");
  command->add_option("PLACES", options->places, "folders of runs, or *.journal files")->capture_default_str();
  command->add_option("--tracking-uri", options->tracking_uri,
                      "address of the MLflow server (default: the one that has the run, or was meant to)");
  command->add_option("--patience", options->patience_s, "seconds after which to give up a server that only fails")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--watch", options->watch_s, "repeat at this interval in seconds, until interrupted")
      ->check(CLI::PositiveNumber);
  command->callback([options, &action] { action = [options] { return sync(*options); }; });
}

}  // namespace assay::tool
