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

/// Makes an array of texts, as an option of plugin_section().
inline config::Value::Data text_array(const std::vector<std::string>& texts) {
  config::Array array;
  for (const auto& text : texts) array.emplace_back(text, config::Origin{"test.toml", 1, 1});
  return array;
}

/// Names a network by its model, or "resnet20_padded" and "resnet32", which are models with options.
inline config::Section network_section(const std::string& name) {
  if (name == "resnet20_padded") return plugin_section("resnet20", {{"shortcut", std::string("padded")}});
  if (name == "resnet32") return plugin_section("resnet20", {{"blocks_per_stage", std::int64_t{5}}});
  return plugin_section(name);
}

/// Names MobileNetV3-Small as used on small images.
inline config::Section small_image_model() {
  return plugin_section("mobilenet_v3_small", {{"stem_stride", std::int64_t{1}}});
}

}  // namespace assay
