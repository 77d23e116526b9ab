#include "front/configuration.h"

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

Configuration configure(config::ConfigFiles& files, const std::string& primary,
                        const std::vector<config::Override>& overrides, const Resolvers& resolvers) {
  Configuration configuration;
  configuration.composition = config::compose(files, primary, overrides, config::NewKeys::kAllowed);
  config::Problems problems;
  configuration.resolved = config::resolve(configuration.composition.table, resolvers, problems);
  problems.throw_if_any();
  return configuration;
}

}  // namespace assay::front
