#include "track/media.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"

namespace assay::track {
namespace {

bool is_image_key(std::string_view key) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ ";
  return !key.empty() && key.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// Makes the id of an image out of everything that tells it apart, in the form of a UUID.
std::string image_id(std::string_view key, std::int64_t step, std::int64_t time_ms) {
  const auto digits = sha256(fmt::format("{}\n{}\n{}", key, step, time_ms));
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20, 12));
}

}  // namespace

void log_image(Run& run, const std::filesystem::path& png, std::string_view key, std::int64_t step) {
  if (!is_image_key(key)) {
    throw Error(ErrorKind::kInternal,
                fmt::format("image key `{}` cannot be tracked: only letters, digits and _ - . / and spaces", key));
  }
  std::string name(key);
  std::replace(name.begin(), name.end(), '/', '~');
  const auto time_ms = wall_clock_ms();
  const auto base = fmt::format("images/{}+step+{}+timestamp+{}+{}", name, step, time_ms, image_id(key, step, time_ms));
  run.log_artifact(png, base + ".png");
  run.log_artifact(png, base + "+compressed.png");  // what the grid loads; small pictures need no smaller copy
  run.set_tag("mlflow.loggedImages", "True");
}

void log_tables(Run& run, const std::filesystem::path& folder, const std::vector<Table>& tables) {
  Json list = Json::array();
  for (const auto& table : tables) {
    for (const auto& row : table.rows) ASSAY_CHECK(row.size() == table.columns.size());
    const Json content = {{"columns", table.columns}, {"data", table.rows}};
    write_file_atomically(folder / table.path, format_json(content));
    run.log_artifact(folder / table.path, table.path);
    list.push_back({{"path", table.path}, {"type", "table"}});
  }
  run.set_tag("mlflow.loggedArtifacts", format_json(list));
}

}  // namespace assay::track
