#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/section.h"

namespace assay {

/// Makes the section of a plug-in called `name` from option values.
inline config::Section plugin_section(const std::string& name,
                                      const std::vector<std::pair<std::string, config::Value::Data>>& options = {}) {
  const config::Origin origin{"test.toml", 1, 1};
  config::Table table;
  table.set("name", config::Value(name, origin));
  for (const auto& [key, data] : options) table.set(key, config::Value(data, origin));
  return {table, "section", origin};
}

/// Names MobileNetV3-Small as used on small images.
inline config::Section small_image_model() {
  return plugin_section("mobilenet_v3_small", {{"stem_stride", std::int64_t{1}}});
}

}  // namespace assay
