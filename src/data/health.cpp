#include "data/health.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "core/progress.h"
#include "core/stop.h"
#include "data/gradient_hash.h"
#include "data/survey.h"

namespace assay::data {
namespace {

/// Where an image is: the number of its split, and its number in it.
struct ImagePlace {
  std::size_t split = 0;
  std::int64_t number = 0;
  auto operator<=>(const ImagePlace&) const = default;
};

struct LocatedImage {
  PixelDigest digest;
  ImagePlace place;
  std::uint64_t gradient_hash = 0;
  auto operator<=>(const LocatedImage&) const = default;
};

/// Collects the images of all splits and compares them.
class Examination {
 public:
  Examination(const std::vector<NamedSplit>& splits, const std::vector<std::string>& class_names) : splits_(splits) {
    health_.class_names = class_names;
  }

  void add(std::size_t split, const Survey& survey) {
    for (const auto& [number, reason] : survey.faults) health_.unreadable.push_back({name({split, number}), reason});
    for (std::size_t i = 0; i < survey.images.size(); ++i) {
      const auto& image = survey.images[i];
      if (survey.faults.contains(static_cast<std::int64_t>(i))) continue;
      images_.push_back({image.digest, {split, static_cast<std::int64_t>(i)}, image.gradient_hash});
      sizes_.push_back(image.full_size);
    }
    health_.num_images += static_cast<std::int64_t>(survey.images.size());
    health_.balance.push_back({splits_[split].name, count_classes(split)});
    if (split == 0) health_.statistics = survey.sums.statistics();
  }

  Health finish(std::int64_t near_distance) {
    auto different = join_equal();
    if (near_distance > 0) find_near_images(different, near_distance);
    measure_sizes();
    return std::move(health_);
  }

 private:
  std::int64_t label(const ImagePlace& place) const {
    const auto& samples = splits_[place.split].samples;
    return samples.source->labels()
        .const_data_ptr<std::int64_t>()[samples.places[static_cast<std::size_t>(place.number)]];
  }

  ImageName name(const ImagePlace& place) const {
    const auto& [split, samples] = splits_[place.split];
    return {split, samples.source->name_of(samples.places[static_cast<std::size_t>(place.number)]),
            health_.class_names.at(static_cast<std::size_t>(label(place)))};
  }

  std::vector<std::int64_t> count_classes(std::size_t split) const {
    std::vector<std::int64_t> counts(health_.class_names.size());
    for (std::int64_t i = 0; i < splits_[split].samples.size(); ++i) {
      ++counts.at(static_cast<std::size_t>(label({split, i})));
    }
    return counts;
  }

  /// Finds groups of equal images. Returns the first of each group, in the order of the splits.
  std::vector<LocatedImage> join_equal() {
    std::sort(images_.begin(), images_.end());
    std::vector<LocatedImage> different;
    std::vector<std::pair<ImagePlace, EqualImages>> groups;
    for (auto first = images_.begin(); first != images_.end();) {
      const auto last =
          std::find_if(first, images_.end(), [&](const auto& image) { return image.digest != first->digest; });
      different.push_back(*first);
      if (last - first > 1) {
        EqualImages group;
        std::transform(first, last, std::back_inserter(group), [&](const auto& image) { return name(image.place); });
        groups.emplace_back(first->place, std::move(group));
      }
      first = last;
    }
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      const auto order = [](const auto& group) {
        return std::tuple(!is_leak(group.second), !has_label_conflict(group.second), group.first);
      };
      return order(a) < order(b);
    });
    for (auto& group : groups) health_.equal.push_back(std::move(group.second));
    std::sort(different.begin(), different.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
    return different;
  }

  void find_near_images(const std::vector<LocatedImage>& images, std::int64_t distance) {
    std::vector<std::uint64_t> hashes;
    for (const auto& image : images) hashes.push_back(image.gradient_hash);
    const auto place = [&](std::int64_t i) { return images[static_cast<std::size_t>(i)].place; };
    auto pairs = find_near(hashes, distance);
    // Those across two splits come first: they may be leaks.
    std::stable_partition(pairs.begin(), pairs.end(),
                          [&](const NearPair& pair) { return place(pair.image).split != place(pair.earlier).split; });
    for (const auto& pair : pairs) {
      health_.near.push_back({name(place(pair.image)), name(place(pair.earlier)), pair.distance});
    }
  }

  void measure_sizes() {
    if (sizes_.empty()) return;
    std::sort(sizes_.begin(), sizes_.end(), [](const ImageSize& a, const ImageSize& b) {
      return std::pair(a.height * a.width, a.width) < std::pair(b.height * b.width, b.width);
    });
    health_.sizes = {sizes_.front(), sizes_[(sizes_.size() - 1) / 2], sizes_.back()};
  }

  const std::vector<NamedSplit>& splits_;
  std::vector<LocatedImage> images_;
  std::vector<ImageSize> sizes_;
  Health health_;
};

}  // namespace

bool is_leak(const EqualImages& images) {
  return std::any_of(images.begin(), images.end(),
                     [&](const ImageName& image) { return image.split != images.front().split; });
}

bool has_label_conflict(const EqualImages& images) {
  return std::any_of(images.begin(), images.end(),
                     [&](const ImageName& image) { return image.class_name != images.front().class_name; });
}

bool is_repeated(const EqualImages& images) {
  std::set<std::string> splits;
  return std::any_of(images.begin(), images.end(),
                     [&](const ImageName& image) { return !splits.insert(image.split).second; });
}

std::int64_t count_equal(const Health& health, bool (*is_so)(const EqualImages&)) {
  return std::count_if(health.equal.begin(), health.equal.end(), is_so);
}

bool is_grave(const Health& health) {
  return !health.unreadable.empty() || count_equal(health, is_leak) > 0 || count_equal(health, has_label_conflict) > 0;
}

Health check_health(const std::vector<NamedSplit>& splits, const std::vector<std::string>& class_names,
                    const HealthOptions& options) {
  std::int64_t num_images = 0, num_done = 0;
  for (const auto& split : splits) num_images += split.samples.size();
  Progress progress("data check", num_images);
  Examination examination(splits, class_names);
  for (std::size_t i = 0; i < splits.size(); ++i) {
    const SurveyOptions survey_options{options.preprocessing, options.near_distance > 0, i == 0, options.num_threads};
    examination.add(i, survey(splits[i].samples, survey_options, [&](std::int64_t num_read) {
                      throw_if_stopped();
                      progress.update(num_done + num_read);
                    }));
    num_done += splits[i].samples.size();
  }
  progress.finish();
  return examination.finish(options.near_distance);
}

}  // namespace assay::data
