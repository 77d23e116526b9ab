#include "app/resolvers.h"

#include "device/discovery.h"

namespace assay::app {

front::Resolvers machine_resolvers() {
  return front::make_resolvers([] { return std::int64_t{device::inspect_host().num_cores}; },
                               [] { return device::choose_device({}, device::inspect_host()).device.str(); });
}

}  // namespace assay::app
