#include "deploy/exporter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace assay::deploy {

#define EXPORTER(name) std::unique_ptr<Exporter> exporter_##name();
#include "deploy/registry.def"
#undef EXPORTER

Json to_json(const ExportInfo& info) {
  Json json;
  json["format"] = 1;
  json["class_names"] = info.class_names;
  json["mean"] = info.mean;
  json["std"] = info.std;
  json["image_shape"] = info.image_shape;
  json["engine"] = info.engine;
  return json;
}

std::vector<std::string> exporter_names() {
  return {
#define EXPORTER(name) #name,
#include "deploy/registry.def"
#undef EXPORTER
  };
}

std::unique_ptr<Exporter> make_exporter(const std::string& name) {
#define EXPORTER(its_name) \
  if (name == #its_name) return exporter_##its_name();
#include "deploy/registry.def"
#undef EXPORTER
  throw Error(ErrorKind::kConfig, fmt::format("there is no exporter \"{}\"", name), "",
              fmt::format("one of: {}", fmt::join(exporter_names(), ", ")));
}

}  // namespace assay::deploy
