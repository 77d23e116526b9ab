#include "device/batch_cache.h"

#include <spdlog/spdlog.h>

#include <cmath>
#include <cstdlib>

#include "core/build_info.h"
#include "core/cache_folder.h"
#include "core/error.h"
#include "core/sha256.h"
#include "core/system_file.h"

namespace assay::device {
namespace {

constexpr double kBudgetSteps = 8.0;  // a power of two

Json complete(Json question, std::int64_t budget_bytes) {
  const auto& build = build_info();
  const auto step = std::floor(std::log2(static_cast<double>(budget_bytes)) * kBudgetSteps);
  question["build"] = {build.version, build.commit, build.compiler, build.build_type, build.torch_version};
  question["budget"] = std::floor(std::exp2(step / kBudgetSteps));
  return question;
}

}  // namespace

BatchCache::BatchCache(const std::filesystem::path& folder, Json question, std::int64_t budget_bytes)
    : question_(complete(std::move(question), budget_bytes)),
      file_(folder / (sha256(format_json(question_)) + ".json")) {}

std::optional<std::int64_t> BatchCache::find() const {
  const auto text = read_system_file(file_);
  if (text.empty()) return std::nullopt;  // absent or not readable
  const auto kept = try_parse_json(text).value_or(Json());
  const auto size = kept.is_object() && kept.value("question", Json()) == question_ ? kept.find("micro") : kept.end();
  if (size == kept.end() || !size->is_number_integer() || size->get<std::int64_t>() < 1) {
    spdlog::warn("{} is damaged: searching the batch size again", file_.string());
    return std::nullopt;
  }
  return size->get<std::int64_t>();
}

void BatchCache::keep(const FoundBatch& found) const {
  try {
    write_json(file_, {{"question", question_}, {"micro", found.num_samples}, {"peak_bytes", found.peak_bytes}});
  } catch (const Error& error) {
    spdlog::warn("cannot cache the batch size for later runs: {}", error.message());
  }
}

std::filesystem::path batch_cache_folder() {
  const auto cache = cache_folder();
  return cache.empty() ? cache : cache / "batch";
}

}  // namespace assay::device
