#include "config/plugins.h"

#include <fmt/format.h>

#include "config/suggest.h"
#include "core/error.h"

namespace assay::config {

void fail_unknown_plugin(const Section& section, const std::vector<std::string>& known) {
  const auto name = section.name();
  throw Error(ErrorKind::kConfig, fmt::format("{} = \"{}\": there is no such choice", section.key_path("name"), name),
              section.table().find("name")->origin().to_string(), suggest(name, known));
}

}  // namespace assay::config
