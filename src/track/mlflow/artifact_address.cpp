#include "track/mlflow/artifact_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "track/entities.h"

namespace assay::track {
namespace {

constexpr std::string_view kApi = "/api/2.0/mlflow-artifacts/";
constexpr std::string_view kFiles = "artifacts";
constexpr std::string_view kProxyScheme = "mlflow-artifacts:";

/// Says whether a path leads out of where it begins. Servers and curl would follow it.
bool climbs(std::string_view path) {
  const std::filesystem::path parts(path);
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part == "." || part == ".."; });
}

/// Returns where MLflow's part of an address begins; npos when it has none.
std::size_t find_api(std::string_view url) { return url.find(fmt::format("{}{}/", kApi, kFiles)); }

}  // namespace

Outcome<std::string> artifact_url(const TrackingServer& server, std::string_view artifact_uri, std::string_view path) {
  if (climbs(artifact_uri) || climbs(path))
    return rejection(fmt::format("`{}` in `{}` is no file of a run", path, artifact_uri));
  const auto file = "/" + percent_encode(path);
  if (artifact_uri.starts_with("http://") || artifact_uri.starts_with("https://"))
    return std::string(artifact_uri) + file;
  if (!artifact_uri.starts_with(kProxyScheme)) {
    return rejection(fmt::format("the server keeps this run's files at `{}`, which only it can reach", artifact_uri),
                     "start the server with --serve-artifacts, its default");
  }
  auto rest = artifact_uri.substr(kProxyScheme.size());
  std::string base = server.url;
  if (rest.starts_with("//")) {  // a host of its own instead of the server's
    const auto path_start = std::min(rest.find('/', 2), rest.size());
    const auto host = rest.substr(2, path_start - 2);
    if (!host.empty()) base = fmt::format("{}://{}", server.url.substr(0, server.url.find("://")), host);
    rest = rest.substr(path_start);
  }
  return fmt::format("{}{}{}{}{}", base, kApi, kFiles, percent_encode(rest), file);
}

Outcome<std::string> multipart_url(const TrackingServer& server, std::string_view call, std::string_view artifact_uri,
                                   std::string_view path) {
  const auto url = artifact_url(server, artifact_uri, path);
  if (!url) return url.failure();
  const auto api = find_api(*url);
  if (api == std::string::npos) return std::string();
  const auto rest = url->substr(api + kApi.size() + kFiles.size());
  return fmt::format("{}{}mpu/{}{}", url->substr(0, api), kApi, call, rest.substr(0, rest.rfind('/')));
}

Outcome<std::string> server_info_url(const TrackingServer& server, std::string_view artifact_uri) {
  const auto url = artifact_url(server, artifact_uri, "");
  if (!url) return url.failure();
  const auto api = find_api(*url);
  if (api == std::string::npos) return std::string();
  return url->substr(0, api) + "/api/3.0/mlflow/server-info";
}

std::string_view file_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace assay::track
