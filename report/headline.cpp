// The verdict on the three targets.

#include <fmt/format.h>

#include "report/format.h"
#include "report/sections.h"
#include "report/statistics.h"

namespace assay::report {
namespace {

Style style_of(Verdict verdict) {
  if (verdict == Verdict::kMet) return Style::kMet;
  return verdict == Verdict::kMissed ? Style::kMissed : Style::kUnknown;
}

std::optional<double> negative(const std::optional<double>& value) {
  return value ? std::optional(-*value) : std::nullopt;
}

std::string size_figure(const Comparison& comparison, const Targets& targets) {
  return format_change(comparison.size_change, negative(targets.size_reduction));
}

std::string latency_figure(const Comparison& comparison, const Targets& targets) {
  return format_change(comparison.latency_change, negative(targets.latency_reduction));
}

std::string accuracy_figure(const Comparison& comparison, const Targets& targets) {
  return format_points(comparison.accuracy_change_points, negative(targets.accuracy_drop_points));
}

std::string size_target(const Targets& targets) {
  return targets.size_reduction ? fmt::format("at least {} smaller", format_limit_percent(*targets.size_reduction))
                                : "no target recorded";
}

std::string latency_target(const Targets& targets) {
  return targets.latency_reduction
             ? fmt::format("median at least {} shorter", format_limit_percent(*targets.latency_reduction))
             : "no target recorded";
}

std::string accuracy_target(const Targets& targets) {
  return targets.accuracy_drop_points
             ? fmt::format("at most {} points lost", format_limit_points(*targets.accuracy_drop_points))
             : "no target recorded";
}

// Whether the float network may know no more than whoever guesses: then no target says anything.
bool may_guess(const Record& record) {
  const auto& baseline = record.variants.front();
  const auto num_classes = record.dataset.classes.size();
  if (num_classes < 2 || !baseline.num_correct || baseline.num_test.value_or(0) <= 0) return false;
  return wilson_interval(*baseline.num_correct, *baseline.num_test).low <= 1.0 / static_cast<double>(num_classes);
}

// Of a run that compressed nothing.
Text float_sentence(const Record& record) {
  const bool was_measured = !record.variants.empty() && record.variants.front().accuracy;
  if (!was_measured) return plain("No compressed variant was measured");
  return {{format_percent(record.variants.front().accuracy), Style::kStrong}, {" of the test images are right"}};
}

Cards make_cards(const Record& record, const Comparison& best) {
  const auto& baseline = record.variants.front();
  const auto& variant = *best.variant;
  const auto& targets = record.targets;
  const auto points = best.accuracy_change_points ? " points" : "";
  return {{{"Size", size_figure(best, targets),
            fmt::format("{} → {}", format_bytes(baseline.size_bytes), format_bytes(variant.size_bytes)),
            size_target(targets), style_of(best.size)},
           {"Latency", latency_figure(best, targets),
            fmt::format("{} → {}", format_latency(baseline.latency_us_p50), format_latency(variant.latency_us_p50)),
            latency_target(targets), style_of(best.latency)},
           {"Accuracy", accuracy_figure(best, targets) + points,
            fmt::format("{} → {}", format_percent(baseline.accuracy), format_percent(variant.accuracy)),
            accuracy_target(targets), style_of(best.accuracy)}}};
}

Text verdict_cell(const std::string& figure, Verdict verdict) {
  const auto style = style_of(verdict);
  return {{figure + "  "}, {std::string(verdict_word(style)), style}};
}

Table make_target_table(const Record& record, const std::vector<Comparison>& comparisons) {
  const auto& targets = record.targets;
  Table table;
  table.columns = {{"Variant"},
                   {fmt::format("Size: {}", size_target(targets)), true},
                   {fmt::format("Latency: {}", latency_target(targets)), true},
                   {fmt::format("Accuracy: {}", accuracy_target(targets)), true},
                   {"Targets met", true}};
  for (const auto& comparison : comparisons) {
    table.rows.push_back({{{{comparison.variant->title, Style::kStrong}},
                           verdict_cell(size_figure(comparison, targets), comparison.size),
                           verdict_cell(latency_figure(comparison, targets), comparison.latency),
                           verdict_cell(accuracy_figure(comparison, targets), comparison.accuracy),
                           plain(fmt::format("{} of 3", comparison.num_met()))}});
  }
  return table;
}

}  // namespace

Text verdict_sentence(const Record& record, const std::vector<Comparison>& comparisons) {
  const auto* best = choose_best(comparisons);
  if (best == nullptr) return float_sentence(record);
  if (may_guess(record)) {
    return {{"No verdict", Style::kStrong},
            {fmt::format(": the float network may only guess, with {} of {} classes right",
                         format_percent(record.variants.front().accuracy), record.dataset.classes.size())}};
  }
  const auto& targets = record.targets;
  const auto figures = fmt::format("size {}, latency {}, accuracy {} points", size_figure(*best, targets),
                                   latency_figure(*best, targets), accuracy_figure(*best, targets));
  if (best->meets_all()) {
    return {{best->variant->title, Style::kStrong}, {" meets all three targets: " + figures}};
  }
  return {{"No variant meets all three targets", Style::kStrong},
          {"; the closest is "},
          {best->variant->title, Style::kStrong},
          {fmt::format(" with {} of 3: {}", best->num_met(), figures)}};
}

void add_headline(const Record& record, const std::vector<Comparison>& comparisons, Document& document) {
  auto sentence = verdict_sentence(record, comparisons);
  sentence.push_back({"."});
  const auto* best = choose_best(comparisons);
  if (best == nullptr) {
    document.blocks.emplace_back(Notice{Style::kUnknown, std::move(sentence)});
    return;
  }
  const auto verdict = best->meets_all() ? Style::kMet : Style::kMissed;
  document.blocks.emplace_back(Notice{may_guess(record) ? Style::kUnknown : verdict, std::move(sentence)});
  document.blocks.emplace_back(make_cards(record, *best));
  if (comparisons.size() > 1) document.blocks.emplace_back(make_target_table(record, comparisons));
}

}  // namespace assay::report
