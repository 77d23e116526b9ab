#include "report/generate.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/json.h"
#include "report/compose.h"
#include "report/renderer.h"

namespace assay::report {
namespace {

constexpr const char* kChartsFolder = "charts";

// Charts of an earlier report must not be mistaken for this one's.
void write_charts(const std::vector<Chart>& charts, const std::filesystem::path& folder) {
  for (const auto& chart : charts) {
    write_json(folder / (chart.name + ".vl.json"), chart.specification);
    if (chart.svg.empty()) {
      std::error_code ignored;
      std::filesystem::remove(folder / (chart.name + ".svg"), ignored);
      std::filesystem::remove(folder / (chart.name + ".png"), ignored);
      continue;
    }
    write_file_atomically(folder / (chart.name + ".svg"), chart.svg);
    write_file_atomically(folder / (chart.name + ".png"), chart.png);
  }
}

}  // namespace

GeneratedReport generate_report(const LoadedRecords& loaded, const std::filesystem::path& out) {
  make_writable_folder(out);
  auto document = compose_report(loaded, format_utc(wall_clock_ms()));
  GeneratedReport report{out / "report.md", out / "report.html", render_charts(document.charts, out)};
  for (const auto& warning : report.warnings) {
    document.notices.push_back({Style::kUnknown, plain(warning)});
  }
  write_charts(document.charts, out / kChartsFolder);
  write_file_atomically(report.markdown, to_markdown(document, kChartsFolder));
  write_file_atomically(report.html, to_html(document));
  return report;
}

}  // namespace assay::report
