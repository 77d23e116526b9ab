#pragma once

#include <string>
#include <vector>

#include "track/tracker.h"

namespace assay::track {

/// Says under which names the models of runs are registered.
struct Registration {
  std::string prefix;  ///< "flowers" makes a model `float` the registered model `flowers-float`; empty: none
  std::vector<std::string> aliases;  ///< of each new version
};

// Describe the options of backends.
inline constexpr const char* kRegisterAsHelp =
    "each model becomes a new version of the registered model `<this>-<model's name>`; empty: none does";
inline constexpr const char* kAliasesHelp = "of each new version, which the version before loses";

/// Refuses names that MLflow does not take. Errors: Error(kConfig) naming the option.
void check_registration(const Registration& registration);

/// Returns the model with the names that it lacks.
LoggedModel registered(LoggedModel model, const Registration& registration);

}  // namespace assay::track
