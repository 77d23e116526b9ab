#include "config/sweep.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "config/fail.h"

namespace assay::config {
namespace {

constexpr std::size_t kMostRuns = 100'000;

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
}

std::vector<Value> choices_of(const Override& one, const ConfigFiles& files) {
  if (!one.glob) return one.values;
  std::vector<Value> choices;
  for (const auto& option : files.options(one.key)) {
    if (matches_any(one.glob->include, option) && !matches_any(one.glob->exclude, option))
      choices.emplace_back(option, one.origin);
  }
  if (choices.empty()) fail(fmt::format("glob() matches no option of {}", one.key), one.origin);
  return choices;
}

std::string spell_text(const std::string& text) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '/'; };
  const bool is_word = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
                       std::all_of(text.begin(), text.end(), is_plain);
  if (is_word) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("\\'") : std::string(1, c);
  quoted += '\'';
  return quoted;
}

// Formats a value so that the override parser reads the same value back.
std::string spell(const Value& value) {
  if (value.get_if<Null>() != nullptr) return "null";
  if (const auto* text = value.get_if<std::string>()) return spell_text(*text);
  std::string inner;
  if (const auto* array = value.get_if<Array>()) {
    for (const auto& element : *array) inner += (inner.empty() ? "" : ",") + spell(element);
    return fmt::format("[{}]", inner);
  }
  if (const auto* table = value.get_if<Table>()) {
    for (const auto& [key, element] : table->entries())
      inner += (inner.empty() ? "" : ",") + key + ": " + spell(element);
    return fmt::format("{{{}}}", inner);
  }
  return value.to_toml();
}

Override single(const Override& sweep, const Value& choice) {
  auto one = sweep;
  one.values = {choice};
  one.is_sweep = false;
  one.is_zipped = false;
  one.glob.reset();
  one.text = sweep.text.substr(0, sweep.text.find('=') + 1) + spell(choice);
  return one;
}

/// A group of overrides that vary together: one sweep, or all zipped ones.
struct Axis {
  std::vector<std::size_t> places;          // among the overrides
  std::vector<std::vector<Value>> choices;  // of each place
};

std::vector<Axis> find_axes(const std::vector<Override>& overrides, const ConfigFiles& files) {
  std::vector<Axis> axes;
  std::optional<std::size_t> zipped;
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const auto& one = overrides[i];
    if (!one.is_sweep) continue;
    const bool joins = one.is_zipped && zipped;
    if (!joins) axes.emplace_back();
    if (one.is_zipped && !zipped) zipped = axes.size() - 1;
    auto& axis = joins ? axes[*zipped] : axes.back();
    axis.places.push_back(i);
    axis.choices.push_back(choices_of(one, files));
    if (axis.choices.back().size() != axis.choices.front().size()) {
      fail(fmt::format("zip() of {} values together with one of {}", axis.choices.back().size(),
                       axis.choices.front().size()),
           one.origin, fmt::format("the other is {}", overrides[axis.places.front()].origin.to_string()));
    }
  }
  return axes;
}

}  // namespace

std::vector<std::vector<Override>> expand_sweeps(const std::vector<Override>& overrides, const ConfigFiles& files) {
  std::vector<std::vector<Override>> runs = {overrides};
  const auto axes = find_axes(overrides, files);
  std::size_t num_runs = 1;
  for (const auto& axis : axes) {
    num_runs *= axis.choices.front().size();
    if (num_runs > kMostRuns) fail(fmt::format("more than {} runs", kMostRuns), overrides[axis.places.front()].origin);
  }
  for (const auto& axis : axes) {
    const auto num_choices = axis.choices.front().size();
    std::vector<std::vector<Override>> longer;
    longer.reserve(runs.size() * num_choices);
    for (const auto& run : runs) {
      for (std::size_t c = 0; c < num_choices; ++c) {
        longer.push_back(run);
        for (std::size_t k = 0; k < axis.places.size(); ++k)
          longer.back()[axis.places[k]] = single(overrides[axis.places[k]], axis.choices[k][c]);
      }
    }
    runs = std::move(longer);
  }
  return runs;
}

}  // namespace assay::config
