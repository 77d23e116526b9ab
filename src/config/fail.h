#pragma once

#include <string>

#include "config/value.h"
#include "core/error.h"

namespace assay::config {

/// Throws Error(kConfig) for what stands at `origin`.
[[noreturn]] inline void fail(const std::string& message, const Origin& origin, const std::string& hint = "") {
  throw Error(ErrorKind::kConfig, message, origin.to_string(), hint);
}

}  // namespace assay::config
