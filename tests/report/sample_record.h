#pragma once

#include <filesystem>
#include <string>

#include "core/json.h"
#include "report/record.h"

namespace assay::report {

/// Returns the committed record of a finished run: a baseline, dynamic int8 and static int8.
inline Json sample_json() {
  return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) /
                   "tests/report/runs/household_compression/ca978112ca1b/record.json");
}

inline Record sample_record() { return parse_record(sample_json(), "sample.json"); }

/// Returns the sample with one value changed; `pointer` is a JSON pointer.
inline Json changed_sample(const std::string& pointer, Json value) {
  auto json = sample_json();
  json[Json::json_pointer(pointer)] = std::move(value);
  return json;
}

}  // namespace assay::report
