#include "report/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "core/build_info.h"
#include "report/comparison.h"
#include "report/sections.h"

namespace assay::report {
namespace {

constexpr std::size_t kMaxSlug = 60;

struct Experiment {
  std::string name;
  std::string anchor;
  std::vector<const Record*> runs;  // newest first
  const Record* shown = nullptr;    // the newest that finished, else the newest
};

std::vector<Experiment> group_by_experiment(const std::vector<Record>& records) {
  std::map<std::string, std::vector<const Record*>> groups;
  for (const auto& record : records) groups[record.experiment].push_back(&record);
  std::vector<Experiment> experiments;
  std::set<std::string> anchors;
  for (auto& [name, runs] : groups) {
    std::stable_sort(runs.begin(), runs.end(),
                     [](const Record* left, const Record* right) { return left->started > right->started; });
    const auto newest = std::find_if(runs.begin(), runs.end(), [](const Record* run) { return run->finished(); });
    auto anchor = slug(name);
    for (int i = 2; !anchors.insert(anchor).second; ++i) anchor = fmt::format("{}-{}", slug(name), i);
    const auto* shown = newest == runs.end() ? runs.front() : *newest;
    experiments.push_back({name, std::move(anchor), std::move(runs), shown});
  }
  return experiments;
}

void add_overview(const std::vector<Experiment>& experiments, Document& document) {
  document.blocks.emplace_back(Heading{2, "Overview", "overview"});
  Table table;
  table.columns = {{"Experiment"}, {"Runs", true}, {"Finished", true}, {"Newest result"}};
  for (const auto& experiment : experiments) {
    const auto num_finished = std::count_if(experiment.runs.begin(), experiment.runs.end(),
                                            [](const Record* run) { return run->finished(); });
    table.rows.push_back(
        {{{{experiment.name, Style::kPlain, "#" + experiment.anchor}},
          plain(fmt::format("{}", experiment.runs.size())),
          plain(fmt::format("{}", num_finished)),
          num_finished == 0 ? plain("No run finished")
                            : verdict_sentence(*experiment.shown, compare_with_baseline(*experiment.shown))},
         false});
  }
  document.blocks.emplace_back(std::move(table));
}

void add_experiment(const Experiment& experiment, Document& document) {
  const auto& record = *experiment.shown;
  document.blocks.emplace_back(Heading{2, experiment.name, experiment.anchor});
  document.blocks.emplace_back(Paragraph{
      {{fmt::format("{} on {}, run {}, {}", record.model_name.empty() ? "An unnamed model" : record.model_name,
                    record.dataset.name.empty() ? "an unnamed data set" : record.dataset.name,
                    record.run_name.empty() ? "without a name" : record.run_name, record.started),
        Style::kQuiet}}});
  if (!record.finished()) {
    document.blocks.emplace_back(
        Notice{Style::kMissed,
               {{fmt::format("No run of this experiment finished; the newest, {}, is shown as far as it got.",
                             record.status)}}});
  }
  const auto comparisons = compare_with_baseline(record);
  add_headline(record, comparisons, document);
  add_techniques(record, comparisons, document);
  add_tradeoff_charts(record, experiment.anchor, document);
  add_training(record, experiment.anchor, document);
  add_facts(record, document);
  add_runs(experiment.runs, record, document);
}

void add_unreadable(const std::vector<Unreadable>& unreadable, Document& document) {
  if (unreadable.empty()) return;
  document.blocks.emplace_back(Heading{2, "Skipped records", "left-out"});
  for (const auto& record : unreadable) {
    document.blocks.emplace_back(Notice{Style::kMissed, {{record.origin, Style::kCode}, {": " + record.reason}}});
  }
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

std::string slug(std::string_view name) {
  std::string safe;
  for (const auto byte : name.substr(0, kMaxSlug)) {
    const auto character = static_cast<unsigned char>(byte);
    const bool kept = character < 0x80 && (std::isalnum(character) != 0 || byte == '_');
    safe += kept ? static_cast<char>(std::tolower(character)) : '-';
  }
  return safe.empty() ? "experiment" : safe;
}

Document compose_report(const LoadedRecords& loaded, std::string_view generated_utc) {
  const auto experiments = group_by_experiment(loaded.records);
  Document document;
  document.title = "Assay report";
  document.subtitle = fmt::format("{}, {}; made {} by assay {}", count(experiments.size(), "experiment"),
                                  count(loaded.records.size(), "run"), generated_utc, build_info().version);
  if (experiments.size() > 1) add_overview(experiments, document);
  for (const auto& experiment : experiments) add_experiment(experiment, document);
  add_unreadable(loaded.unreadable, document);
  return document;
}

}  // namespace assay::report
