// The baseline, the table of all variants, and their charts.

#include <fmt/format.h>

#include <algorithm>

#include "report/charts.h"
#include "report/format.h"
#include "report/sections.h"

namespace assay::report {
namespace {

std::string interval_text(const Variant& variant) {
  if (!variant.num_correct || !variant.num_test || *variant.num_test == 0) return kNoFigure;
  const auto interval = wilson_interval(*variant.num_correct, *variant.num_test);
  return fmt::format("{:.2f} to {:.2f}", interval.low * 100.0, interval.high * 100.0);
}

Row make_row(const Variant& variant, const Comparison* comparison) {
  const auto none = plain(comparison == nullptr ? "baseline" : kNoFigure);
  Row row;
  row.quiet = comparison == nullptr;
  row.cells = {{{variant.title, Style::kStrong}},
               plain(format_percent(variant.accuracy)),
               plain(interval_text(variant)),
               comparison == nullptr ? none : plain(format_points(comparison->accuracy_change_points)),
               plain(format_bytes(variant.size_bytes)),
               comparison == nullptr ? none : plain(format_change(comparison->size_change)),
               plain(format_latency(variant.latency_us_p50)),
               plain(format_latency(variant.latency_us_p95)),
               comparison == nullptr ? none : plain(format_change(comparison->latency_change)),
               comparison == nullptr ? none : plain(format_percent(variant.agreement))};
  return row;
}

// Describes how certain the change of accuracy is, if the predictions of both networks were compared.
std::optional<Text> paired_note(const Comparison& comparison, const Record& record) {
  if (!comparison.accuracy_interval_points) return std::nullopt;
  const auto& interval = *comparison.accuracy_interval_points;
  auto text = fmt::format(
      " predicts another class than {} for {} of {} test images; its accuracy change is {} points, 95 % interval {} to "
      "{}.",
      record.variants.front().title, format_count(comparison.num_changed), format_count(comparison.variant->num_test),
      format_points(comparison.accuracy_change_points), format_points(interval.low), format_points(interval.high));
  const auto allowed = record.targets.accuracy_drop_points;
  if (allowed && comparison.accuracy == Verdict::kMet && -interval.low > *allowed) {
    text +=
        fmt::format(" The target of {} points is met, but lies inside this interval.", format_limit_points(*allowed));
  }
  return Text{{comparison.variant->title, Style::kStrong}, {text}};
}

// Describes how the latencies were measured; once if it was the same for all.
std::string latency_conditions(const Record& record) {
  std::vector<std::string> conditions;
  for (const auto& variant : record.variants) {
    if (!variant.latency_us_p50) continue;
    auto text = fmt::format("batch {}, {} threads, {} samples", format_count(variant.latency_batch),
                            format_count(variant.latency_threads), format_count(variant.latency_samples));
    if (std::find(conditions.begin(), conditions.end(), text) == conditions.end())
      conditions.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(conditions, "; or "));
}

void add_baseline(const Record& record, Document& document) {
  const auto& baseline = record.variants.front();
  Facts facts;
  facts.items = {
      {"Test accuracy", plain(fmt::format("{} ({} of {} images; 95 % interval {})", format_percent(baseline.accuracy),
                                          format_count(baseline.num_correct), format_count(baseline.num_test),
                                          interval_text(baseline)))},
      {"Size on disk", plain(format_bytes(baseline.size_bytes))},
      {"Latency", plain(fmt::format("{} median, {} at the 95th percentile", format_latency(baseline.latency_us_p50),
                                    format_latency(baseline.latency_us_p95)))}};
  document.blocks.emplace_back(Heading{3, "Baseline: " + baseline.title, ""});
  document.blocks.emplace_back(std::move(facts));
}

void add_files(const Record& record, Document& document) {
  Details details;
  details.summary = "Files and settings of the variants";
  for (const auto& variant : record.variants) {
    Text line = {
        {variant.title, Style::kStrong}, {": "}, {variant.file.empty() ? kNoFigure : variant.file, Style::kCode}};
    if (!variant.sha256.empty()) {
      line.push_back({", sha256 "});
      line.push_back({variant.sha256, Style::kCode});
    }
    for (const auto& [key, value] : variant.settings) {
      line.push_back({", "});
      line.push_back({key + " = " + value, Style::kCode});
    }
    details.lines.push_back(std::move(line));
  }
  document.blocks.emplace_back(std::move(details));
}

void add_chart(Chart chart, std::string caption, Figures& figures, Document& document) {
  if (chart.specification.is_null()) return;
  figures.charts.emplace_back(document.charts.size(), std::move(caption));
  document.charts.push_back(std::move(chart));
}

}  // namespace

void add_techniques(const Record& record, const std::vector<Comparison>& comparisons, Document& document) {
  if (record.variants.empty()) return;
  add_baseline(record, document);
  document.blocks.emplace_back(Heading{3, "Techniques", ""});
  Table table;
  table.columns = {{"Variant"},      {"Accuracy", true}, {"95 % interval", true}, {"Change, points", true},
                   {"Size", true},   {"Change", true},   {"Latency p50", true},   {"p95", true},
                   {"Change", true}, {"Agreement", true}};
  table.rows.push_back(make_row(record.variants.front(), nullptr));
  for (const auto& comparison : comparisons) table.rows.push_back(make_row(*comparison.variant, &comparison));
  document.blocks.emplace_back(std::move(table));
  bool paired = false;
  for (const auto& comparison : comparisons) {
    auto note = paired_note(comparison, record);
    paired = paired || note.has_value();
    if (note) document.blocks.emplace_back(Paragraph{std::move(*note)});
  }
  std::string method = "Accuracy intervals are Wilson score intervals at 95 %.";
  if (paired)
    method +=
        " Intervals of the change are paired over the test images and at least as wide as exact ones: not every "
        "changed prediction changes the accuracy.";
  method += " Both cover only the choice of test images: this is one training, and another seed may differ by more.";
  const auto conditions = latency_conditions(record);
  if (!conditions.empty()) method += fmt::format(" Latency: {}.", conditions);
  method += " Agreement is the share of test images with the same class as the baseline's.";
  document.blocks.emplace_back(Paragraph{{{method, Style::kQuiet}}});
  add_files(record, document);
}

void add_tradeoff_charts(const Record& record, std::string_view prefix, Document& document) {
  Figures figures;
  add_chart(
      make_tradeoff_chart(record, Cost::kSize, fmt::format("{}-size", prefix)),
      "Accuracy against size on disk. Bars: 95 % intervals. Shaded: where the size and accuracy targets are both met.",
      figures, document);
  add_chart(make_tradeoff_chart(record, Cost::kLatency, fmt::format("{}-latency", prefix)),
            "Accuracy against median latency. Bars: 95 % intervals. Shaded: where the latency and accuracy targets are "
            "both met.",
            figures, document);
  if (!figures.charts.empty()) document.blocks.emplace_back(std::move(figures));
}

void add_training(const Record& record, std::string_view prefix, Document& document) {
  const auto& training = record.training;
  if (training.history.empty()) return;
  document.blocks.emplace_back(Heading{3, "Training", ""});
  auto text = fmt::format("{} of {} planned epochs", training.history.size(), format_count(training.epochs_planned));
  if (training.stopped_early) text += *training.stopped_early ? ", stopped early" : ", not stopped early";
  if (training.best_epoch) text += fmt::format("; best epoch on the validation split: {}", *training.best_epoch);
  text += fmt::format("; batch {} (computed {} at a time).", format_count(training.batch_global),
                      format_count(training.batch_micro));
  std::int64_t num_skipped = 0;
  for (const auto& epoch : training.history) num_skipped += epoch.skipped_steps.value_or(0);
  if (num_skipped > 0) {
    text += fmt::format(" {} steps were skipped, since their loss or gradients were NaN or infinity.", num_skipped);
  }
  document.blocks.emplace_back(Paragraph{plain(text)});
  Figures figures;
  add_chart(make_training_chart(record, fmt::format("{}-training", prefix)),
            "Loss and validation accuracy by epoch; the ring marks the best epoch.", figures, document);
  if (!figures.charts.empty()) document.blocks.emplace_back(std::move(figures));
}

}  // namespace assay::report
