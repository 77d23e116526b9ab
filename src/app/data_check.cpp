#include "app/data_check.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/cache_folder.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/sha256.h"
#include "data/health.h"
#include "data/health_json.h"
#include "data/health_report.h"

namespace assay::app {
namespace {

constexpr auto kFile = "data_health.json";
constexpr std::size_t kMostInRecord = 20;
constexpr int kFormat = 1;  // to be raised whenever the same images give another answer

std::vector<data::NamedSplit> splits_of(const ClassificationData& data) {
  return {{"training", data.train}, {"validation", data.validation}, {"test", data.test}};
}

// A run's seed decides which images are split off for validation: the places are part of the question.
std::string digest_of(const std::vector<std::int64_t>& places) {
  return sha256({reinterpret_cast<const char*>(places.data()), places.size() * sizeof(std::int64_t)});
}

Json describe_question(const RunContext& context, const ClassificationData& data) {
  Json question = {{"format", kFormat},
                   {"data", context.record.at("dataset").at("digest")},
                   {"classes", data.class_names},
                   {"image", {data.image_height(), data.image_width()}},
                   {"fit", data.preprocessing.fit},
                   {"near_duplicates", data.loading.near_duplicates}};
  for (const auto& [name, samples] : splits_of(data)) {
    question["splits"][name] = {{"num_images", samples.size()}, {"places", digest_of(samples.places)}};
  }
  return question;
}

struct Answer {
  data::Health health;
  std::string how;  // it was come by
};

Answer answer(const RunContext& context, const ClassificationData& data) {
  const Stopwatch watch;
  const auto folder = cache_folder();
  const data::HealthCache cache(folder / "health", describe_question(context, data));
  if (!folder.empty()) {
    if (auto known = cache.find()) {
      return {std::move(*known), fmt::format("as found before and kept in {}", cache.file().string())};
    }
  }
  auto health = data::check_health(splits_of(data), data.class_names,
                                   {data.preprocessing, data.loading.near_duplicates, at::get_num_threads()});
  // A file may be unreadable for a reason that passes.
  if (!folder.empty() && health.unreadable.empty()) cache.keep(health);
  return {std::move(health), "in " + format_duration(watch.seconds())};
}

// Empty for a check without a run.
std::filesystem::path file_of(const RunContext& context) {
  return context.folder.empty() ? std::filesystem::path() : context.folder / kFile;
}

void keep(RunContext& context, const data::Health& health, const data::Normalization& configured) {
  auto json = data::to_json(health);
  json["configured"] = {{"mean", configured.mean}, {"std", configured.std}};
  if (const auto file = file_of(context); !file.empty()) {
    write_json(file, json);
    context.run.log_artifact(file, kFile);
  }
  context.record["data"]["health"] = data::shorten(std::move(json), kMostInRecord);
}

}  // namespace

void check_data(RunContext& context, const ClassificationData& data) {
  if (data.loading.check == "off") return;
  const auto [health, how] = answer(context, data);
  const auto summary = data::summarize(health);
  const auto& configured = data.preprocessing.normalization;
  print_panel(fmt::format("data check: {}, {}", summary, how), data::describe(health, configured));
  keep(context, health, configured);
  if (data.loading.check != "stop" || !data::is_grave(health)) return;
  const auto file = file_of(context).string();
  throw Error(ErrorKind::kData, fmt::format("the data check found {}", summary), file,
              fmt::format("{}data.check=warn trains nevertheless", file.empty() ? "" : "the file lists all of them; "));
}

void check_data_alone(RunContext& context, ClassificationData data) {
  if (data.loading.check == "off") data.loading.check = "warn";
  check_data(context, data);
}

}  // namespace assay::app
