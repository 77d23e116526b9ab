#include "report/renderer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "report/assets.h"
#include "report/process.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

constexpr auto kTimeout = std::chrono::minutes(2);
constexpr int kNoVlConvert = 3;  // exit code of scripts/render_charts
constexpr const char* kRemedy = "; run `make setup`, or set ASSAY_PYTHON to a Python that has vl-convert-python";

// A folder that is removed when the work is done.
class ScratchFolder {
 public:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) { make_writable_folder(path_); }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string explain(const ProcessResult& result, const fs::path& python) {
  const auto output = result.output.substr(0, result.output.find_last_not_of(" \n") + 1);
  switch (result.end) {
    case ProcessResult::End::kNotStarted:
      return fmt::format("charts not rendered: cannot start {}: {}{}", python.string(), std::strerror(result.code),
                         kRemedy);
    case ProcessResult::End::kTimedOut:
      return fmt::format("charts not rendered: {} did not finish within {} s", python.string(),
                         std::chrono::seconds(kTimeout).count());
    case ProcessResult::End::kSignalled:
      return fmt::format("charts not rendered: {} was killed by signal {}", python.string(), result.code);
    case ProcessResult::End::kExited:
      break;
  }
  if (result.code == kNoVlConvert)
    return fmt::format("charts not rendered: {} has no vl-convert ({}){}", python.string(), output, kRemedy);
  return fmt::format("charts not rendered: {}", output.empty() ? fmt::format("exit code {}", result.code) : output);
}

void take_pictures(Chart& chart, const fs::path& folder) {
  const auto svg = folder / (chart.name + ".svg");
  const auto png = folder / (chart.name + ".png");
  if (!fs::exists(svg) || !fs::exists(png)) return;
  chart.svg = read_file(svg);
  chart.png = read_file(png);
}

}  // namespace

fs::path find_python(const fs::path& folder) {
  if (const char* chosen = std::getenv("ASSAY_PYTHON"); chosen != nullptr && *chosen != '\0') return chosen;
  const auto inside = fs::path(".venv") / "bin" / "python";
  std::error_code ignored;
  if (fs::exists(folder / inside, ignored)) return folder / inside;
  for (auto above = own_executable().parent_path(); !above.empty(); above = above.parent_path()) {
    if (fs::exists(above / inside, ignored)) return above / inside;
    if (above == above.root_path()) break;
  }
  return {};
}

std::vector<std::string> render_charts(std::vector<Chart>& charts, const fs::path& scratch) {
  if (charts.empty()) return {};
  const auto python = find_python();
  if (python.empty()) return {fmt::format("charts not rendered: no Python with vl-convert found{}", kRemedy)};
  const ScratchFolder folder(scratch / fmt::format(".charts-{}", ::getpid()));
  std::vector<std::string> command = {python.string(), "-c", std::string(asset("render_charts"))};
  for (const auto& chart : charts) {
    const auto file = folder.path() / (chart.name + ".vl.json");
    write_json(file, chart.specification);
    command.push_back(file.string());
  }
  const auto result = run_process(command, kTimeout);
  for (auto& chart : charts) take_pictures(chart, folder.path());
  if (result.end == ProcessResult::End::kExited && result.code == 0) return {};
  return {explain(result, python)};
}

}  // namespace assay::report
