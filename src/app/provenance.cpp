#include "app/provenance.h"

#include "core/build_info.h"

namespace assay::app {

Provenance find_provenance(const std::filesystem::path& folder, bool has_untracked) {
  const auto& build = build_info();
  Provenance provenance;
  const auto tag = [&](const char* key, const std::string& value) {
    if (!value.empty()) provenance.tags.emplace_back(key, value);
  };
  tag("assay.build.commit", build.commit);
  tag("assay.build.dirty", *build.commit == '\0' ? "" : build.dirty ? "true" : "false");
  const auto found = track::inspect_git(folder, has_untracked);
  if (!found.state) {
    tag("mlflow.source.git.commit", build.commit);
    tag("mlflow.source.git.branch", build.branch);
    provenance.record = {{"unknown", found.reason}};
    return provenance;
  }
  const auto& git = *found.state;
  tag("mlflow.source.git.commit", git.commit);
  tag("mlflow.source.git.branch", git.branch);
  tag("mlflow.source.git.repoURL", git.url);
  tag("mlflow.source.git.dirty", git.dirty ? "true" : "false");
  provenance.record = {{"commit", git.commit},
                       {"branch", git.branch},
                       {"url", git.url},
                       {"dirty", git.dirty},
                       {"num_untracked", git.num_untracked}};
  provenance.diff = git.diff;
  provenance.git = git;
  return provenance;
}

}  // namespace assay::app
