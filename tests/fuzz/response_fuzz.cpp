// Feeds arbitrary server responses to all their readers: two bytes give the status, then come a line with a redirect's
// target, and the body. Nothing may throw, and no explanation may contain control characters. Run: scripts/fuzz

#include <cstdint>
#include <cstdlib>
#include <string>

#include "track/mlflow/mlflow_json.h"

namespace {

using namespace assay::track;

void check(const Failure& failure) {
  if (failure.message.empty()) std::abort();
  for (const char c : failure.message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  }
  if (failure.to_string().find("secret") != std::string::npos) std::abort();
}

void read_all(const assay::Json& answer) {
  read_experiment(read_member(answer, "experiment"));
  read_run(read_member(answer, "run")).tag("assay.run_uuid");
  for (const auto& run : read_member(answer, "runs")) read_run(run);
  for (const auto& metric : read_member(answer, "metrics")) read_metric(metric);
  for (const auto& file : read_member(answer, "files")) read_artifact(file);
  read_text(answer, "next_page_token");
  read_text(answer, "experiment_id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const TrackingServer server{"http://127.0.0.1:5000", "the fuzzer", "user", "secret", ""};
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto end_of_line = text.find('\n');
  HttpResponse response;
  response.status = 100 + (data[0] * 256 + data[1]) % 500;
  response.redirect_url = text.substr(0, end_of_line);
  response.body = end_of_line == std::string::npos ? "" : text.substr(end_of_line + 1);
  if (response.redirect_url.find("secret") != std::string::npos) response.redirect_url.clear();
  const auto answer = read_answer(response, server, 1.0);
  if (answer) {
    read_all(*answer);
  } else {
    check(answer.failure());
  }
  check(explain_garbage(response, server));
  return 0;
}
