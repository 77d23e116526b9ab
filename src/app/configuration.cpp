#include "app/configuration.h"

#include "config/resolve.h"
#include "core/build_info.h"
#include "core/error.h"
#include "device/discovery.h"

namespace assay::app {
namespace {

using config::Origin;
using config::Value;

template <typename Compute>
config::Resolver constant(const std::string& name, const Compute& compute) {
  return [=](const std::vector<Value>& arguments, const Origin& origin) {
    if (!arguments.empty()) throw Error(ErrorKind::kConfig, name + " takes no arguments", origin.to_string());
    return Value(compute(), origin);
  };
}

std::map<std::string, config::Resolver> make_resolvers() {
  return {
      {"assay.cores", constant("assay.cores", [] { return std::int64_t{device::inspect_host().num_cores}; })},
      {"assay.commit", constant("assay.commit", [] { return std::string(build_info().commit); })},
      {"assay.device",
       constant("assay.device", [] { return device::choose_device({}, device::inspect_host()).device.str(); })},
  };
}

}  // namespace

Configuration configure(config::ConfigFiles& files, const std::string& primary,
                        const std::vector<config::Override>& overrides) {
  Configuration configuration;
  configuration.composition = config::compose(files, primary, overrides, config::NewKeys::kAllowed);
  config::Problems problems;
  configuration.resolved = config::resolve(configuration.composition.table, make_resolvers(), problems);
  problems.throw_if_any();
  return configuration;
}

}  // namespace assay::app
