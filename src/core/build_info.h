#pragma once

namespace assay {

/// Source commit and tools of this build; filled in at build time.
struct BuildInfo {
  const char* version;
  const char* commit;  ///< empty outside a git checkout
  const char* branch;
  bool dirty;  ///< tracked files differed from the commit
  const char* compiler;
  const char* build_type;
  const char* torch_version;  ///< empty in a build without LibTorch
};

const BuildInfo& build_info();

}  // namespace assay
