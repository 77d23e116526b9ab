#pragma once

#include <fmt/format.h>

#include <string_view>

#include "core/error.h"

namespace assay::config {

/// Bounds the nesting of interpolations, lists and tables, so that no configuration can exhaust the stack.
inline constexpr int kMaxDepth = 200;

/// Counts one level during its lifetime. Errors: whatever `fail` throws beyond kMaxDepth, by default Error(kConfig).
class Level {
 public:
  explicit Level(int& depth)
      : Level(depth,
              [] { throw Error(ErrorKind::kConfig, fmt::format("it nests more than {} levels deep", kMaxDepth)); }) {}

  template <typename Fail>
  Level(int& depth, const Fail& fail) : depth_(depth) {
    if (depth_ == kMaxDepth) fail();
    ++depth_;
  }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

}  // namespace assay::config
