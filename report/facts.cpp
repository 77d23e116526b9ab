// The information needed to judge and repeat a run: data, model, machine, command, tracking, gaps, and the other runs.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/clock.h"
#include "report/format.h"
#include "report/sections.h"

namespace assay::report {
namespace {

constexpr std::size_t kShortKey = 12;
constexpr std::size_t kMaxMissing = 40;

std::string or_none(const std::string& text) { return text.empty() ? kNoFigure : text; }

std::string duration_text(const Record& record) {
  if (record.has_clock_gone_back) return "unknown: the clock was set back during the run";
  return record.duration_s ? format_duration(*record.duration_s) : kNoFigure;
}

Style status_style(const std::string& status) {
  if (status == "FINISHED") return Style::kMet;
  return status == "FAILED" ? Style::kMissed : Style::kUnknown;
}

void add_dataset_and_model(const Record& record, Document& document) {
  const auto& dataset = record.dataset;
  Facts facts;
  auto name = or_none(dataset.name);
  if (!dataset.description.empty()) name += ": " + dataset.description;
  facts.items = {
      {"Data set", plain(name)},
      {"Images", plain(fmt::format("{} training, {} validation, {} test", format_count(dataset.num_train),
                                   format_count(dataset.num_validation), format_count(dataset.num_test)))},
      {"Image size", plain(dataset.image_size ? fmt::format("{0} × {0}", *dataset.image_size) : kNoFigure)},
      {"Classes", plain(dataset.classes.empty()
                            ? kNoFigure
                            : fmt::format("{}: {}", dataset.classes.size(), fmt::join(dataset.classes, ", ")))},
      {"Digest", {{or_none(dataset.digest), Style::kCode}}},
      {"Model",
       plain(fmt::format("{}, {} parameters", or_none(record.model_name), format_count(record.num_parameters)))}};
  document.blocks.emplace_back(Heading{3, "Data and model", ""});
  document.blocks.emplace_back(std::move(facts));
}

Text commit_text(const Environment& environment) {
  Text text = {{or_none(environment.commit), Style::kCode}};
  if (!environment.dirty) text.push_back({" (unknown whether files had changed)"});
  if (environment.dirty == true)
    text.push_back({" with uncommitted changes: the commit alone does not reproduce this program"});
  return text;
}

void add_environment(const Environment& environment, Document& document) {
  Facts facts;
  facts.items = {
      {"Processor", plain(fmt::format("{}, {} cores", or_none(environment.cpu), format_count(environment.cores)))},
      {"Instruction sets",
       plain(environment.isa.empty() ? kNoFigure : fmt::format("{}", fmt::join(environment.isa, ", ")))},
      {"Threads", plain(format_count(environment.threads))},
      {"Memory", plain(format_memory(environment.memory_bytes))},
      {"Device", plain(or_none(environment.device))},
      {"System", plain(or_none(environment.os))},
      {"Compiler", plain(fmt::format("{}, {}", or_none(environment.compiler), or_none(environment.build_type)))},
      {"LibTorch", plain(or_none(environment.torch))},
      {"Commit", commit_text(environment)}};
  document.blocks.emplace_back(Heading{3, "Environment", ""});
  document.blocks.emplace_back(std::move(facts));
}

void add_reproduction(const Record& record, Document& document) {
  document.blocks.emplace_back(Heading{3, "Run it again", ""});
  if (!record.command.empty()) document.blocks.emplace_back(CodeBlock{single_line(record.command)});
  Facts facts;
  facts.items = {{"Run key", {{or_none(record.run_key), Style::kCode}}},
                 {"Started", plain(fmt::format("{}, took {}", or_none(record.started), duration_text(record)))},
                 {"Record", {{record.origin, Style::kCode}}}};
  Text tracking = {{or_none(record.tracking_backend)}};
  if (!record.tracking_url.empty()) {
    tracking.push_back({", "});
    tracking.push_back({record.tracking_url, Style::kPlain, record.tracking_url});
  }
  if (record.tracking_complete == false) tracking.push_back({" (incomplete: not everything was delivered)"});
  facts.items.emplace_back("Tracking", std::move(tracking));
  document.blocks.emplace_back(std::move(facts));
}

// Merges "variants[1].agreement" and "variants[2].agreement" into one line with a count.
std::vector<Text> summarize_missing(const std::vector<std::string>& missing) {
  std::map<std::string, int> counts;
  for (const auto& path : missing) {
    std::string pattern;
    bool inside = false;
    for (const auto byte : path) {
      if (byte == ']') inside = false;
      if (!inside) pattern += byte;
      if (byte == '[') inside = true;
    }
    ++counts[pattern];
  }
  std::vector<Text> lines;
  for (const auto& [pattern, count] : counts) {
    if (lines.size() == kMaxMissing) {
      lines.push_back(plain(fmt::format("and {} more", counts.size() - kMaxMissing)));
      break;
    }
    Text line = {{pattern, Style::kCode}};
    if (count > 1) line.push_back({fmt::format(" ({} times)", count)});
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string best_accuracy(const Record& run) {
  return run.variants.empty() ? kNoFigure : format_percent(run.variants.front().accuracy);
}

}  // namespace

void add_facts(const Record& record, Document& document) {
  add_dataset_and_model(record, document);
  add_environment(record.environment, document);
  add_reproduction(record, document);
  if (record.missing.empty()) return;
  document.blocks.emplace_back(Heading{3, "Missing from this record", ""});
  document.blocks.emplace_back(
      Details{fmt::format("Values not recorded: {}; they show as {} above", record.missing.size(), kNoFigure),
              summarize_missing(record.missing)});
}

void add_runs(const std::vector<const Record*>& runs, const Record& shown, Document& document) {
  document.blocks.emplace_back(Heading{3, runs.size() == 1 ? "Runs" : "All runs", ""});
  Table table;
  table.columns = {{"Run"}, {"Status"}, {"Started"}, {"Duration", true}, {"Baseline accuracy", true}, {"Key"}};
  for (const auto* run : runs) {
    Text name = {{or_none(run->run_name), run == &shown ? Style::kStrong : Style::kPlain, run->tracking_url}};
    if (run == &shown && runs.size() > 1) name.push_back({" (shown above)", Style::kQuiet});
    table.rows.push_back({{std::move(name),
                           {{run->status, status_style(run->status)}},
                           plain(or_none(run->started)),
                           plain(duration_text(*run)),
                           plain(best_accuracy(*run)),
                           {{or_none(run->run_key.substr(0, kShortKey)), Style::kCode}}},
                          false});
  }
  document.blocks.emplace_back(std::move(table));
  for (const auto* run : runs) {
    if (run->finished()) continue;
    document.blocks.emplace_back(Notice{status_style(run->status),
                                        {{fmt::format("{} {}", run->status, or_none(run->run_name)), Style::kStrong},
                                         {": " + (run->error.empty() ? "no error text was recorded" : run->error)},
                                         {fmt::format(" ({})", run->origin), Style::kQuiet}}});
  }
}

}  // namespace assay::report
