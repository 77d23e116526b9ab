#include "data/health_json.h"

#include <spdlog/spdlog.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/sha256.h"
#include "core/system_file.h"

namespace assay::data {
namespace {

Json json_of(const ImageName& image) {
  return {{"split", image.split}, {"name", image.name}, {"class", image.class_name}};
}

ImageName image_of(const Json& json) { return {json.at("split"), json.at("name"), json.at("class")}; }

Json json_of(const EqualImages& images) {
  auto names = Json::array();
  for (const auto& image : images) names.push_back(json_of(image));
  return {{"leak", is_leak(images)},
          {"label_conflict", has_label_conflict(images)},
          {"duplicate", is_repeated(images)},
          {"images", std::move(names)}};
}

EqualImages equal_of(const Json& json) {
  EqualImages images;
  for (const auto& image : json.at("images")) images.push_back(image_of(image));
  return images;
}

NearImages near_of(const Json& json) {
  const auto& images = json.at("images");
  return {image_of(images.at(1)), image_of(images.at(0)), json.at("distance")};
}

Json json_of(const ImageSize& size) { return {{"width", size.width}, {"height", size.height}}; }

template <typename Items, typename Make>
Json list(const Items& items, const Make& make) {
  auto list = Json::array();
  for (const auto& item : items) list.push_back(make(item));
  return list;
}

std::array<float, 3> three_of(const Json& json) { return {json.at(0), json.at(1), json.at(2)}; }

}  // namespace

Json to_json(const Health& health) {
  auto classes = Json::object();
  for (const auto& [split, num_images] : health.balance) classes[split] = num_images;
  return {{"num_images", health.num_images},
          {"num_unreadable", health.unreadable.size()},
          {"num_leaks", count_equal(health, is_leak)},
          {"num_label_conflicts", count_equal(health, has_label_conflict)},
          {"num_duplicates", count_equal(health, is_repeated)},
          {"num_near_duplicates", health.near.size()},
          {"unreadable", list(health.unreadable,
                              [](const auto& file) {
                                auto json = json_of(file.image);
                                json["reason"] = file.reason;
                                return json;
                              })},
          {"equal_images", list(health.equal, [](const EqualImages& images) { return json_of(images); })},
          {"near_duplicates", list(health.near,
                                   [](const auto& pair) {
                                     const auto images = Json::array({json_of(pair.earlier), json_of(pair.image)});
                                     return Json{{"distance", pair.distance}, {"images", images}};
                                   })},
          {"classes", health.class_names},
          {"images_of_classes", classes},
          {"sizes", list(health.sizes, [](const ImageSize& size) { return json_of(size); })},
          {"mean", health.statistics.mean},
          {"std", health.statistics.std}};
}

Health health_from_json(const Json& json) {
  Health health;
  health.num_images = json.at("num_images");
  for (const auto& file : json.at("unreadable")) health.unreadable.push_back({image_of(file), file.at("reason")});
  for (const auto& images : json.at("equal_images")) health.equal.push_back(equal_of(images));
  for (const auto& pair : json.at("near_duplicates")) health.near.push_back(near_of(pair));
  for (const auto& name : json.at("classes")) health.class_names.push_back(name);
  for (const auto& [split, counts] : json.at("images_of_classes").items()) health.balance.push_back({split, counts});
  for (const auto& size : json.at("sizes")) health.sizes.push_back({size.at("height"), size.at("width")});
  health.statistics = {three_of(json.at("mean")), three_of(json.at("std"))};
  return health;
}

Json shorten(Json health, std::size_t most) {
  for (const auto* key : {"unreadable", "equal_images", "near_duplicates"}) {
    auto& list = health.at(key);
    if (list.size() > most) list.erase(list.begin() + static_cast<std::ptrdiff_t>(most), list.end());
  }
  return health;
}

HealthCache::HealthCache(const std::filesystem::path& folder, Json question)
    : question_(std::move(question)), file_(folder / (sha256(format_json(question_)) + ".json")) {}

std::optional<Health> HealthCache::find() const {
  const auto text = read_system_file(file_);
  if (text.empty()) return std::nullopt;  // absent or not readable
  try {
    const auto kept = try_parse_json(text).value_or(Json::object());
    if (kept.at("question") == question_) return health_from_json(kept.at("health"));
  } catch (const Json::exception&) {
  }
  spdlog::warn("{} is damaged: checking the data again", file_.string());
  return std::nullopt;
}

void HealthCache::keep(const Health& health) const {
  try {
    write_json(file_, {{"question", question_}, {"health", to_json(health)}});
  } catch (const Error& error) {
    spdlog::warn("cannot remember the check of the data: {}", error.message());
  }
}

}  // namespace assay::data
