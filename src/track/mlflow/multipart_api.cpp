#include "track/mlflow/multipart_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "track/mlflow/artifact_address.h"
#include "track/mlflow/mlflow_json.h"

namespace assay::track {
namespace {

bool is_control(char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }

/// A line break in a header would begin another one.
std::vector<std::string> read_part_headers(const Json& headers) {
  std::vector<std::string> lines;
  if (!headers.is_object()) return lines;
  for (const auto& [name, value] : headers.items()) {
    auto line = fmt::format("{}: {}", name, value.is_string() ? value.get<std::string>() : format_json(value));
    if (std::none_of(line.begin(), line.end(), is_control)) lines.push_back(std::move(line));
  }
  return lines;
}

/// Azure's uploads have no id.
Json encode_id(const std::string& id) { return id.empty() ? Json::object() : Json{{"upload_id", id}}; }

Json encode_parts(const std::vector<StoredPart>& parts) {
  auto list = Json::array();
  for (const auto& part : parts) list.push_back({{"part_number", part.number}, {"etag", part.etag}, {"url", part.url}});
  return list;
}

}  // namespace

Outcome<Json> MultipartApi::call(std::string_view name, std::string_view artifact_uri, std::string_view path,
                                 Json body) {
  const auto url = multipart_url(api_.server(), name, artifact_uri, path);
  if (!url) return url.failure();
  if (url->empty()) return rejection("the files are not kept behind MLflow's artifact proxy");
  body["path"] = file_name_of(path);
  HttpRequest request;
  request.method = "POST";
  request.url = *url;
  request.body = format_json(body);
  return api_.call(request);
}

Outcome<bool> MultipartApi::is_offered(std::string_view artifact_uri) {
  const auto url = server_info_url(api_.server(), artifact_uri);
  if (!url || url->empty()) return false;
  HttpRequest request;
  request.url = *url;
  const auto answer = api_.call(request);
  if (!answer && answer.failure().kind == Failure::Kind::kTransient) return answer.failure();
  if (!answer) return false;
  const auto& flag = read_member(*answer, "multipart_uploads_enabled");
  return flag.is_boolean() && flag.get<bool>();
}

Outcome<PendingUpload> MultipartApi::create(std::string_view artifact_uri, std::string_view path, int num_parts) {
  const auto answer = call("create", artifact_uri, path, {{"num_parts", num_parts}});
  if (!answer) return answer.failure();
  PendingUpload upload;
  upload.id = read_text(*answer, "upload_id");
  for (const Json& part : read_member(*answer, "credentials")) {
    upload.parts.push_back({static_cast<int>(read_integer(part, "part_number")), read_text(part, "url"),
                            read_part_headers(read_member(part, "headers"))});
  }
  const bool is_complete = std::none_of(upload.parts.begin(), upload.parts.end(),
                                        [](const auto& part) { return part.url.empty() || part.number <= 0; });
  if (!is_complete || upload.parts.size() != static_cast<std::size_t>(num_parts))
    return rejection("the server answers without an address for each part");
  return upload;
}

Done MultipartApi::complete(std::string_view artifact_uri, std::string_view path, const std::string& upload_id,
                            const std::vector<StoredPart>& parts) {
  auto body = encode_id(upload_id);
  body["parts"] = encode_parts(parts);
  return done(call("complete", artifact_uri, path, std::move(body)));
}

Done MultipartApi::abort(std::string_view artifact_uri, std::string_view path, const std::string& upload_id) {
  return done(call("abort", artifact_uri, path, encode_id(upload_id)));
}

}  // namespace assay::track
