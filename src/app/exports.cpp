#include "app/exports.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "deploy/exporter.h"

namespace assay::app {
namespace {

void check_technique(const deploy::Exporter& exporter, const Technique& technique) {
  for (const auto& step : technique.steps) {
    const auto why = exporter.why_not(step->name());
    if (why.empty()) continue;
    throw Error(ErrorKind::kConfig,
                fmt::format("exports: {} cannot write what {} makes: {}", exporter.name(), step->name(), why), "",
                fmt::format("leave out {} in exports or \"{}\" in techniques", exporter.name(), technique.name));
  }
}

}  // namespace

void check_exports(const std::vector<std::string>& exports, const std::vector<Technique>& techniques,
                   config::Problems& problems) {
  std::set<std::string> seen;
  for (const auto& name : exports) {
    problems.collect([&] {
      if (!seen.insert(name).second) {
        throw Error(ErrorKind::kConfig, fmt::format("exports: \"{}\" is there twice", name), "", "name it once");
      }
      const auto exporter = deploy::make_exporter(name);
      for (const auto& technique : techniques) check_technique(*exporter, technique);
    });
  }
  if (seen.count(kMeasuredExporter) > 0) return;
  problems.collect([] {
    throw Error(ErrorKind::kConfig, fmt::format("exports: \"{}\" is absent", kMeasuredExporter), "",
                "name it too: accuracy, size and latency are measured from its file");
  });
}

}  // namespace assay::app
