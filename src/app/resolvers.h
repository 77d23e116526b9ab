#pragma once

#include "front/configuration.h"

namespace assay::app {

/// Returns the resolvers `${assay...}` that ask this machine and its devices.
front::Resolvers machine_resolvers();

}  // namespace assay::app
