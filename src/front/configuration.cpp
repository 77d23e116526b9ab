#include "front/configuration.h"

#include "config/fill_defaults.h"
#include "core/build_info.h"
#include "core/error.h"

namespace assay::front {
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

}  // namespace

Resolvers make_resolvers(const std::function<std::int64_t()>& count_cores,
                         const std::function<std::string()>& name_device) {
  return {
      {"assay.commit", constant("assay.commit", [] { return std::string(build_info().commit); })},
      {"assay.cores", constant("assay.cores", count_cores)},
      {"assay.device", constant("assay.device", name_device)},
  };
}

config::Composition compose(config::ConfigFiles& files, const config::Catalogue& catalogue,
                            const std::vector<config::Override>& overrides) {
  auto composition = config::compose(files, catalogue.experiment, overrides, config::NewKeys::kAllowed);
  composition.table = config::fill_defaults(composition.table, catalogue.options);
  return composition;
}

Configuration configure(config::ConfigFiles& files, const config::Catalogue& catalogue,
                        const std::vector<config::Override>& overrides, const Resolvers& resolvers) {
  Configuration configuration;
  configuration.composition = compose(files, catalogue, overrides);
  config::Problems problems;
  configuration.resolved = config::resolve(configuration.composition.table, resolvers, problems);
  problems.throw_if_any();
  // The name of a plug-in may have been an interpolation.
  configuration.resolved = config::fill_defaults(configuration.resolved, catalogue.options);
  return configuration;
}

}  // namespace assay::front
