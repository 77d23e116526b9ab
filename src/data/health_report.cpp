#include "data/health_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>

namespace assay::data {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kExamples = 2;

std::string count(std::int64_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

/// Lists what `tell` says of the first few of `number` things, and how many more there are.
std::vector<std::string> list_some(std::size_t number, std::size_t most,
                                   const std::function<std::string(std::size_t)>& tell) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(number, most); ++i) texts.push_back(tell(i));
  if (number > most) texts.back() += fmt::format("; and {} more", number - most);
  return texts;
}

std::string tell(const ImageName& image) { return fmt::format("{} {}", image.split, image.name); }

std::string tell_with_class(const ImageName& image) { return fmt::format("{} ({})", tell(image), image.class_name); }

void add_examples(Facts& facts, const std::string& name, const std::string& text,
                  const std::vector<std::string>& examples) {
  if (examples.empty()) return;
  facts.emplace_back(name, text);
  for (const auto& example : examples) facts.emplace_back("", example);
}

/// Shows the first of equal images beside the first other one for which `fits` holds.
template <typename Fits>
std::string tell_equal(const EqualImages& images, const Fits& fits) {
  const auto other = std::find_if(images.begin() + 1, images.end(), fits);
  return fmt::format("{} = {}", tell_with_class(images.front()), tell_with_class(*other));
}

std::vector<EqualImages> groups_with(const Health& health, bool (*is_so)(const EqualImages&)) {
  std::vector<EqualImages> groups;
  std::copy_if(health.equal.begin(), health.equal.end(), std::back_inserter(groups), is_so);
  return groups;
}

void tell_unreadable(const Health& health, Facts& facts) {
  const auto& files = health.unreadable;
  add_examples(facts, "unreadable",
               fmt::format("{}: a run ends where it reads one", count(static_cast<std::int64_t>(files.size()), "file")),
               list_some(files.size(), kExamples,
                         [&](std::size_t i) { return fmt::format("{}: {}", tell(files[i].image), files[i].reason); }));
}

void tell_leaks(const Health& health, Facts& facts) {
  const auto leaks = groups_with(health, is_leak);
  add_examples(facts, "leaks",
               count(static_cast<std::int64_t>(leaks.size()), "picture") +
                   " in more than one split: results look "
                   "better than they are",
               list_some(leaks.size(), kExamples, [&](std::size_t i) {
                 const auto& split = leaks[i].front().split;
                 return tell_equal(leaks[i], [&](const ImageName& image) { return image.split != split; });
               }));
}

void tell_label_conflicts(const Health& health, Facts& facts) {
  const auto conflicts = groups_with(health, has_label_conflict);
  add_examples(
      facts, "label conflicts",
      count(static_cast<std::int64_t>(conflicts.size()), "picture") + " with different labels: at least one is wrong",
      list_some(conflicts.size(), kExamples, [&](std::size_t i) {
        const auto& name = conflicts[i].front().class_name;
        return tell_equal(conflicts[i], [&](const ImageName& image) { return image.class_name != name; });
      }));
}

std::string tell_repeated(const EqualImages& images) {
  for (auto image = images.begin(); image != images.end(); ++image) {
    const auto again =
        std::find_if(image + 1, images.end(), [&](const ImageName& other) { return other.split == image->split; });
    if (again != images.end()) return fmt::format("{} = {}", tell(*image), tell(*again));
  }
  return "";
}

void tell_duplicates(const Health& health, Facts& facts) {
  const auto groups = groups_with(health, is_repeated);
  for (const auto& text : list_some(groups.size(), 1, [&](std::size_t i) { return tell_repeated(groups[i]); })) {
    facts.emplace_back("duplicates", fmt::format("{} several times in one split: {}",
                                                 count(static_cast<std::int64_t>(groups.size()), "picture"), text));
  }
}

void tell_near(const Health& health, Facts& facts) {
  const auto& pairs = health.near;
  for (const auto& text : list_some(pairs.size(), 1, [&](std::size_t i) {
         return fmt::format("{} ~ {} ({})", tell(pairs[i].earlier), tell(pairs[i].image),
                            count(pairs[i].distance, "bit"));
       })) {
    facts.emplace_back("near duplicates", fmt::format("{} almost like an earlier one: {}",
                                                      count(static_cast<std::int64_t>(pairs.size()), "picture"), text));
  }
}

std::string tell_balance(const Health& health) {
  std::string text;
  const auto name = [&](std::int64_t label) { return health.class_names[static_cast<std::size_t>(label)]; };
  for (const auto& [split, num_images] : health.balance) {
    std::vector<std::int64_t> missing;
    for (std::size_t label = 0; label < num_images.size(); ++label) {
      if (num_images[label] == 0) missing.push_back(static_cast<std::int64_t>(label));
    }
    const auto names = list_some(missing.size(), 3, [&](std::size_t i) { return name(missing[i]); });
    if (!missing.empty()) text += fmt::format("no {} images of {}; ", split, fmt::join(names, ", "));
  }
  if (health.balance.empty() || health.class_names.empty()) return text;
  const auto& [split, counts] = health.balance.front();
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  if (*least == *most) return text + fmt::format("{} {} images of each", *least, split);
  return text + fmt::format("{} ({}) to {} ({}) {} images a class", *least, name(least - counts.begin()), *most,
                            name(most - counts.begin()), split);
}

std::string tell_sizes(const std::vector<ImageSize>& sizes) {
  const auto tell = [](const ImageSize& size) { return fmt::format("{} x {}", size.width, size.height); };
  if (sizes.front() == sizes.back()) return fmt::format("{} pixels", tell(sizes.front()));
  return fmt::format("{} to {} pixels, median {}", tell(sizes[0]), tell(sizes[2]), tell(sizes[1]));
}

std::string tell_values(const std::array<float, 3>& values) {
  return fmt::format("{:.3f} {:.3f} {:.3f}", values[0], values[1], values[2]);
}

std::string tell_statistics(const Normalization& measured, const Normalization& configured) {
  constexpr float kSame = 0.01F, kFar = 0.1F, kFarRatio = 1.5F;
  float difference = 0.0F, farthest_mean = 0.0F, ratio = 1.0F;
  for (std::size_t channel = 0; channel < measured.mean.size(); ++channel) {
    const auto of_mean = std::abs(measured.mean[channel] - configured.mean[channel]);
    farthest_mean = std::max(farthest_mean, of_mean);
    difference = std::max({difference, of_mean, std::abs(measured.std[channel] - configured.std[channel])});
    const auto larger = std::max(measured.std[channel], configured.std[channel]);
    ratio = std::max(ratio, larger / std::max(1e-3F, std::min(measured.std[channel], configured.std[channel])));
  }
  const auto text = fmt::format("mean {}, deviation {}", tell_values(measured.mean), tell_values(measured.std));
  if (difference < kSame) return text + ", as configured";
  const bool is_far = farthest_mean > kFar || ratio > kFarRatio;
  return text + fmt::format("; configured {}{} and {}", is_far ? "far from it: " : "", tell_values(configured.mean),
                            tell_values(configured.std));
}

}  // namespace

std::string summarize(const Health& health) {
  std::string text;
  const auto add = [&](std::size_t number, const std::string& what) {
    if (number > 0) text += (text.empty() ? "" : ", ") + count(static_cast<std::int64_t>(number), what);
  };
  const auto groups = [&](bool (*is_so)(const EqualImages&)) {
    return static_cast<std::size_t>(count_equal(health, is_so));
  };
  add(health.unreadable.size(), "unreadable file");
  add(groups(is_leak), "leak");
  add(groups(has_label_conflict), "label conflict");
  add(groups(is_repeated), "duplicate");
  add(health.near.size(), "near duplicate");
  return text.empty() ? fmt::format("nothing wrong with {}", count(health.num_images, "image")) : text;
}

Facts describe(const Health& health, const Normalization& configured) {
  Facts facts;
  tell_unreadable(health, facts);
  tell_leaks(health, facts);
  tell_label_conflicts(health, facts);
  tell_duplicates(health, facts);
  tell_near(health, facts);
  facts.emplace_back("classes", tell_balance(health));
  if (health.sizes.empty()) return facts;
  facts.emplace_back("sizes", tell_sizes(health.sizes));
  facts.emplace_back("pixels", tell_statistics(health.statistics, configured));
  return facts;
}

}  // namespace assay::data
