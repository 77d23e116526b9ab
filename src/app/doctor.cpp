#include "app/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <exception>

#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"
#include "core/stop.h"
#include "core/terminal.h"

namespace assay::app {
namespace {

constexpr std::array kVerdicts = {"pass", "not available", "FAIL"};  // in the order of Verdict

const char* to_string(Finding::Verdict verdict) { return kVerdicts.at(static_cast<std::size_t>(verdict)); }

Finding examine(const Examination& examination) {
  try {
    return examination.examine();
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& error) {
    return {Finding::Verdict::kFail, error.what()};
  }
}

}  // namespace

void examine_all(RunContext& context, const std::vector<Examination>& examinations) {
  auto& lines = context.record["doctor"] = Json::array();
  std::vector<std::string> failed;
  for (const auto& examination : examinations) {
    throw_if_stopped();
    const Stopwatch watch;
    auto finding = examine(examination);
    finding.text = finding.text.substr(0, finding.text.find('\n'));
    print_status("{:<18} {:<14} {}\n", examination.name, to_string(finding.verdict), finding.text);
    lines.push_back({{"name", examination.name},
                     {"verdict", to_string(finding.verdict)},
                     {"text", finding.text},
                     {"seconds", watch.seconds()}});
    if (finding.verdict == Finding::Verdict::kFail) failed.push_back(examination.name);
  }
  const auto file = context.folder / "doctor.json";
  write_json(file, lines);
  context.run.log_artifact(file, "doctor.json");
  if (failed.empty()) return;
  throw Error(ErrorKind::kConfig, fmt::format("failed: {}", fmt::join(failed, ", ")), file.string(),
              "the lines above say what is wrong");
}

}  // namespace assay::app
