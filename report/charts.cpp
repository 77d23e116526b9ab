#include "report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/assets.h"
#include "report/format.h"
#include "report/label_layout.h"
#include "report/statistics.h"

namespace assay::report {
namespace {

// The baseline first; all colours can be distinguished without seeing red and green.
constexpr std::array<const char*, 7> kColors = {"#334155", "#d97706", "#2563eb", "#0f9b8e",
                                                "#9b4dca", "#c2410c", "#64748b"};
constexpr std::size_t kMaxEpochsWithPoints = 40;

struct Point {
  const Variant* variant;
  std::string color;
  double x, accuracy, low, high;
};

struct Range {
  double low, high;
};

Json load_template(const char* name) {
  auto specification = parse_json(asset(name), name);
  specification["config"] = parse_json(asset("theme.json"), "theme.json");
  return specification;
}

// Returns the cost in the unit of the axis: MB or ms.
std::optional<double> cost_of(const Variant& variant, Cost cost) {
  if (cost == Cost::kSize)
    return variant.size_bytes ? std::optional(static_cast<double>(*variant.size_bytes) / 1e6) : std::nullopt;
  return variant.latency_us_p50 ? std::optional(*variant.latency_us_p50 / 1e3) : std::nullopt;
}

std::vector<Point> collect_points(const Record& record, Cost cost) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < record.variants.size(); ++i) {
    const auto& variant = record.variants[i];
    const auto x = cost_of(variant, cost);
    if (!x || !variant.accuracy) continue;
    Interval interval{*variant.accuracy, *variant.accuracy};
    if (variant.num_correct && variant.num_test && *variant.num_test > 0) {
      interval = wilson_interval(*variant.num_correct, *variant.num_test);
    }
    points.push_back({&variant, kColors[std::min(i, kColors.size() - 1)], *x, *variant.accuracy * 100.0,
                      interval.low * 100.0, interval.high * 100.0});
  }
  return points;
}

// Returns the corner of the region in which both targets are met: at most x, at least y.
std::optional<std::pair<double, double>> target_corner(const Record& record, Cost cost) {
  if (record.variants.empty()) return std::nullopt;
  const auto& baseline = record.variants.front();
  const auto x = cost_of(baseline, cost);
  const auto reduction = cost == Cost::kSize ? record.targets.size_reduction : record.targets.latency_reduction;
  if (!x || !baseline.accuracy || !reduction || !record.targets.accuracy_drop_points) return std::nullopt;
  return std::pair(*x * (1.0 - *reduction), *baseline.accuracy * 100.0 - *record.targets.accuracy_drop_points);
}

Range accuracy_range(const std::vector<Point>& points, const std::optional<std::pair<double, double>>& corner) {
  Range range{100.0, 0.0};
  for (const auto& point : points) range = {std::min(range.low, point.low), std::max(range.high, point.high)};
  if (corner) range.low = std::min(range.low, corner->second);
  const auto margin = std::max(0.5, 0.12 * (range.high - range.low));
  return {std::max(0.0, range.low - margin), std::min(100.0, range.high + margin)};
}

Json data_of(const std::vector<Point>& points, Range xs, Range ys, double width, double height) {
  std::vector<Label> labels;
  for (const auto& point : points) {
    const auto pixel = [&](double accuracy) { return (ys.high - accuracy) / (ys.high - ys.low) * height; };
    labels.push_back({point.x / xs.high * width, pixel(point.accuracy), pixel(point.high), pixel(point.low),
                      single_line(point.variant->title)});
  }
  place_labels(labels, width, height);
  auto rows = Json::array();
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& [variant, color, x, accuracy, low, high] = points[i];
    rows.push_back({{"name", variant->name},
                    {"title", labels[i].text},
                    {"x", x},
                    {"accuracy", accuracy},
                    {"low", low},
                    {"high", high},
                    {"color", color},
                    {"align", labels[i].align},
                    {"dx", labels[i].dx},
                    {"dy", labels[i].dy}});
  }
  return rows;
}

std::string describe(const std::vector<Point>& points, Cost cost) {
  std::string text = fmt::format("Test accuracy against {}:", cost == Cost::kSize ? "file size" : "median latency");
  for (const auto& point : points) {
    text += fmt::format(" {} {:.2f} % at {:.3g} {};", single_line(point.variant->title), point.accuracy, point.x,
                        cost == Cost::kSize ? "MB" : "ms");
  }
  text.back() = '.';
  return text;
}

void add_point(Json& rows, std::int64_t epoch, const char* series, const std::optional<double>& value) {
  if (value) rows.push_back({{"epoch", epoch}, {"series", series}, {"value", *value}});
}

}  // namespace

Chart make_tradeoff_chart(const Record& record, Cost cost, std::string_view name) {
  Chart chart;
  chart.name = name;
  const auto points = collect_points(record, cost);
  if (points.size() < 2) return chart;
  const auto corner = target_corner(record, cost);
  const auto ys = accuracy_range(points, corner);
  Range xs{0.0, 0.0};
  for (const auto& point : points) xs.high = std::max(xs.high, point.x * 1.12);
  if (xs.high <= 0.0) return chart;
  auto specification = load_template("tradeoff.vl.json");
  auto& encoding = specification["encoding"];
  encoding["x"]["title"] = cost == Cost::kSize ? "size on disk (MB)" : "median latency (ms)";
  encoding["x"]["scale"] = {{"domain", {0.0, xs.high}}, {"nice", false}};
  encoding["y"]["scale"] = {{"domain", {ys.low, ys.high}}, {"nice", false}};
  const auto width = specification["width"].get<double>();
  specification["datasets"]["variants"] = data_of(points, xs, ys, width, specification["height"].get<double>());
  if (corner) {
    specification["datasets"]["target"] = {
        {{"x_low", 0.0}, {"x_high", corner->first}, {"y_low", corner->second}, {"y_high", ys.high}}};
  }
  chart.description = describe(points, cost);
  chart.specification = std::move(specification);
  return chart;
}

Chart make_training_chart(const Record& record, std::string_view name) {
  Chart chart;
  chart.name = name;
  auto loss = Json::array();
  auto accuracy = Json::array();
  auto best = Json::array();
  for (const auto& epoch : record.training.history) {
    add_point(loss, epoch.number, "training", epoch.train_loss);
    add_point(loss, epoch.number, "validation", epoch.validation_loss);
    if (!epoch.validation_accuracy) continue;
    const auto percent = *epoch.validation_accuracy * 100.0;
    accuracy.push_back({{"epoch", epoch.number}, {"accuracy", percent}});
    if (epoch.number == record.training.best_epoch) {
      best.push_back(
          {{"epoch", epoch.number}, {"accuracy", percent}, {"label", fmt::format("best: {:.2f} %", percent)}});
    }
  }
  if (loss.empty() && accuracy.empty()) return chart;
  auto specification = load_template("training.vl.json");
  chart.description = fmt::format("Loss and validation accuracy over {} epochs", record.training.history.size());
  if (!best.empty()) chart.description += fmt::format("; best epoch {}", *record.training.best_epoch);
  chart.description += ".";
  if (record.training.history.size() > kMaxEpochsWithPoints) {
    specification["hconcat"][0]["mark"]["point"] = false;
    specification["hconcat"][1]["layer"][0]["mark"]["point"] = false;
  }
  specification["datasets"] = {{"loss", std::move(loss)}, {"accuracy", std::move(accuracy)}, {"best", std::move(best)}};
  chart.specification = std::move(specification);
  return chart;
}

}  // namespace assay::report
